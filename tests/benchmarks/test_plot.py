"""The picture is a sound SVG, honest about what it cuts."""

import xml.etree.ElementTree as ElementTree

from tests.benchmarks.plot import plot
from tests.benchmarks.results import Results

SVG = "{http://www.w3.org/2000/svg}"
TITLES = {"ours": "ours", "other": "one & other", "third": "third", "slow": "slow"}


def drawn(**figures: float) -> ElementTree.Element:
    results = Results("CPU us")
    for name, figure in figures.items():
        results.add((name, "W1"), figure)
    return ElementTree.fromstring(plot(results, TITLES, ("ours",), "CPU", ("measured today",)))


def test_bars_are_as_long_as_their_figures() -> None:
    widths = [float(bar.get("width", "")) for bar in drawn(ours=20, other=40, third=50).iter(f"{SVG}rect")][
        1:
    ]
    assert widths[1] == 2 * widths[0]
    assert widths[2] == 2.5 * widths[0]


def test_a_bar_that_dwarfs_the_others_is_cut_and_keeps_its_figure() -> None:
    picture = drawn(ours=20, other=40, third=50, slow=50_000)
    assert "50 000" in [text.text for text in picture.iter(f"{SVG}text")]
    assert [path.get("class") for path in picture.iter(f"{SVG}path")] == ["axis", "cut"]
    assert [bar.get("class") for bar in picture.iter(f"{SVG}rect")] == [
        None,
        "ours",
        "other",
        "other",
        "other",
    ]
