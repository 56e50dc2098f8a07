"""Whether a service may be deployed: as the target sees it nothing is wrong, and no secret stands in its files.

Not for what the target itself says to that (deploy).
"""

from __future__ import annotations

import os
import sys
from typing import Final

from macaron_runner.cli.targets import Chosen
from macaron_runner.cli.terminal import colored
from macaron_runner.diagnostics import BadConfiguration, raise_errors
from macaron_runner.inspection.audit import audit
from macaron_runner.inspection.inspect import inspect_service
from macaron_runner.inspection.inspection import Inspection
from macaron_runner.rendering import render_text

_IN_CLEAR: Final = frozenset({"MAC210", "MAC708"})
"""Findings of an audit that say that a credential stands in macaron.yaml, and would go wherever the file goes."""


def ready(chosen: Chosen) -> Inspection:
    """Return the inspection of a service that may be deployed; print what is doubtful. Raises BadConfiguration."""
    inspection = inspect_service(chosen.selection, environ=os.environ, seen=chosen.seen)
    doubtful = raise_errors(inspection.diagnostics)
    if doubtful:
        print(render_text(doubtful, color=colored(sys.stderr)), end="\n\n", file=sys.stderr)
    findings = audit(inspection, committed=lambda *_: frozenset()).findings
    if in_clear := tuple(each for each in findings if each.code in _IN_CLEAR):
        raise BadConfiguration(in_clear)
    return inspection
