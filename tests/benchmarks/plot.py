"""Results as a picture: small multiples of bars, one panel a workload, one row for each who was measured.

Every panel has a linear scale of its own that starts at zero. A bar more than CUT times the panel's median would leave
nothing to be seen of the others: it is cut, which its end shows, and its figure stays true. Not for tables (report).
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Final

from tests.benchmarks.report import shown
from tests.benchmarks.results import Results
from tests.benchmarks.workloads import WORKLOADS

CUT: Final = 3.0

_WIDTH: Final = 900
_LEFT: Final = 212
_TOP: Final = 72
_ROW: Final = 24
_PANEL: Final = 135
_BAR: Final = 78
_WHOLE_BAR: Final = 68
_STYLE: Final = """\
text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:#1f2328}
.head{font-size:15px;font-weight:600}.name{font-weight:600}.small{font-size:11px;fill:#57606a}
.ours{fill:#c2410c}.other{fill:#8c959f}.cut{stroke:#fff;stroke-width:2.5}.axis{stroke:#d0d7de}"""


def plot(
    results: Results, titles: Mapping[str, str], ours: Sequence[str], heading: str, notes: Sequence[str]
) -> str:
    """Return an SVG. The rows of `ours` stand out; `notes` are lines below them."""
    names = list(results.names())
    height = _TOP + _ROW * len(names) + 20 + 16 * len(notes)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}">',
        f"<title>{escape(heading)}</title><style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="12" y="24" class="head">{escape(heading)}</text>',
    ]
    for row, name in enumerate(names):
        weight = ' class="name"' if name in ours else ""
        parts.append(_text(_LEFT - 10, _middle(row), titles[name], f'{weight} text-anchor="end"'))
    workloads = [name for name in WORKLOADS if any((each, name) in results for each in names)]
    for column, workload in enumerate(workloads):
        parts += _panel(results, names, ours, workload, _LEFT + column * _PANEL)
    parts += [
        _text(12, _TOP + _ROW * len(names) + 24 + 16 * row, note, ' class="small"')
        for row, note in enumerate(notes)
    ]
    return "\n".join([*parts, "</svg>", ""])


def _panel(
    results: Results, names: Sequence[str], ours: Sequence[str], workload: str, left: int
) -> Iterator[str]:
    """Yield the bars of one workload."""
    figures = {name: results.median((name, workload)) for name in names if (name, workload) in results}
    limit = CUT * statistics.median(figures.values())
    scale = _WHOLE_BAR / max(figure for figure in figures.values() if figure <= limit)
    yield _text(left, 50, workload, ' class="name"')
    yield _text(left, 64, WORKLOADS[workload].title, ' class="small"')
    yield f'<path d="M{left} {_TOP}v{_ROW * len(names)}" class="axis"/>'
    for row, name in enumerate(names):
        if name in figures:
            kind = "ours" if name in ours else "other"
            yield from _bar(
                left, row, figures[name], min(figures[name] * scale, _BAR), kind, figures[name] > limit
            )


def _bar(left: int, row: int, figure: float, width: float, kind: str, cut: bool) -> Iterator[str]:
    top = _TOP + row * _ROW + 4
    yield f'<rect x="{left}" y="{top}" width="{width:.1f}" height="{_ROW - 8}" class="{kind}"/>'
    if cut:
        yield f'<path d="M{left + width - 12:.1f} {top + _ROW - 6}l5 {4 - _ROW}m3 0l-5 {_ROW - 4}" class="cut"/>'
    yield _text(left + width + 4, _middle(row), shown(figure), "")


def _middle(row: int) -> int:
    return _TOP + row * _ROW + 16


def _text(x: float, y: float, text: str, attributes: str) -> str:
    return f'<text x="{x:.1f}" y="{y}"{attributes}>{escape(text)}</text>'
