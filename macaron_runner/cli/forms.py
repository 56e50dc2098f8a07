"""The forms in which a verb shows diagnostics: `--format text|json|github|sarif`. Not for making them (reports)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from macaron_runner.cli.terminal import colored
from macaron_runner.diagnostics import Diagnostic
from macaron_runner.rendering import render_text


def describe_format(parser: argparse.ArgumentParser) -> None:
    """Add --format."""
    parser.add_argument("--format", choices=sorted(FORMS), default="text", help="the form of the report")


def gathered(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the diagnostics of several services, each fault once: a file they share is faulty once for all.

    What led to it from each of them is kept as its related places, the first services first.
    """
    found: dict[Diagnostic, Diagnostic] = {}
    for each in diagnostics:
        fault = replace(each, related=())
        known = found.get(fault, fault)
        related = dict.fromkeys((*known.related, *each.related))
        found[fault] = replace(
            known, related=tuple(related), confidential=known.confidential or each.confidential
        )
    return tuple(found.values())


def print_report(found: Sequence[Diagnostic], form: str) -> None:
    """Print diagnostics on stdout in one of the FORMS; nothing where the form has nothing for none."""
    report = FORMS[form](found)
    if report:
        print(report)
        sys.stdout.flush()


def _text(found: Sequence[Diagnostic]) -> str:
    return render_text(found, color=colored(sys.stdout))


def _json(found: Sequence[Diagnostic]) -> str:
    from macaron_runner.reports import render_json

    return render_json(found)


def _github(found: Sequence[Diagnostic]) -> str:
    from macaron_runner.reports import render_github

    return render_github(found)


def _sarif(found: Sequence[Diagnostic]) -> str:
    from importlib.metadata import version

    from macaron_runner.reports import render_sarif

    return render_sarif(found, version("macaron-runner"))


FORMS: Final[Mapping[str, Callable[[Sequence[Diagnostic]], str]]] = {
    "text": _text,
    "json": _json,
    "github": _github,
    "sarif": _sarif,
}
"""The forms by name, each a function from diagnostics to text."""
