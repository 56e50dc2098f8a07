"""`macaron audit`: what is unsafe in services, as diagnostics with a severity of their own."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from macaron_runner.cli.forms import describe_format, gathered, print_report
from macaron_runner.cli.selection import describe_selections, selections_of
from macaron_runner.cli.terminal import hide_secrets
from macaron_runner.diagnostics import Diagnostic, Severity
from macaron_runner.git import committed_by_git
from macaron_runner.inspection.audit import Report, audit
from macaron_runner.inspection.inspect import inspect_service

_RANKS: Final = (Severity.INFO, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.ERROR)


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the files, the form of the report, and which findings make the audit fail."""
    describe_selections(parser)
    describe_format(parser)
    parser.add_argument(
        "--fail-on",
        choices=("high", "medium", "low"),
        default="low",
        help="the least severity that makes the exit code 1; what is only info never does",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print the findings on stdout, what is ignored and sums on stderr; return 1 where findings are bad enough."""
    inspections = [inspect_service(each, environ=os.environ) for each in selections_of(arguments)]
    for each in inspections:
        hide_secrets(each.configuration)
    reports = [(each.selection.file, audit(each, committed=committed_by_git)) for each in inspections]
    found = gathered(finding for _, report in reports for finding in report.findings)
    print_report(found, arguments.format)
    for file, report in reports:
        for line in _asides(report):
            print(f"macaron: {file}: {line}" if len(reports) > 1 else f"macaron: {line}", file=sys.stderr)
    print(f"macaron: {_sum(found)}", file=sys.stderr)
    least = _RANKS.index(Severity(arguments.fail_on))
    return 1 if any(_RANKS.index(each.severity) >= least for each in found) else 0


def _asides(report: Report) -> Iterator[str]:
    """Yield what is not among the findings, and why."""
    for each in report.ignored:
        yield f"ignored {each.finding.code} ({each.finding.location}): {' '.join(each.reason.split())}"
    if report.absent:
        yield f"not looked at, for here {'; '.join(dict.fromkeys(each.message for each in report.absent))}"


def _sum(found: Sequence[Diagnostic]) -> str:
    """Return how many findings there are, the worst first: "3 findings: 1 high, 2 low"."""
    counts = Counter(each.severity for each in found)
    words = [f"{counts[severity]} {severity}" for severity in reversed(_RANKS) if counts[severity]]
    if not words:
        return "nothing unsafe found"
    return f"{len(found)} finding{'' if len(found) == 1 else 's'}: {', '.join(words)}"
