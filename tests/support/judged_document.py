"""One document taken all the way that a service takes it before it serves: read, checked, models built, compiled.

As if it were not strict: what no error is about must compile. There are no handlers, and no `auth:`: whoever may be
asked fits every security scheme.
"""

from __future__ import annotations

import gc
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from macaron_runner.auth.security import compile_security
from macaron_runner.diagnostics import BadConfiguration, Diagnostic, Severity
from macaron_runner.documents import check_with_surroundings
from macaron_runner.models.build import build_models
from macaron_runner.openapi.api import examine_api
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.operation import Api, Operation, SecurityScheme
from macaron_runner.server.router import Router
from macaron_runner.validation.body import compile_body
from macaron_runner.validation.examples import check_examples
from macaron_runner.validation.leniency import leave_out
from macaron_runner.validation.parameters import Adapt, compile_parameters
from macaron_runner.validation.responses import compile_responses
from macaron_runner.validation.schema import Definitions


@dataclass
class Judged:
    """What became of a document; `failures` are tracebacks, of which there may be none, whatever the document."""

    name: str
    size: int
    operations: int = 0
    left_out: int = 0
    models: int = 0
    seconds: float = 0.0
    diagnostics: list[Diagnostic] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def errors(self) -> list[Diagnostic]:
        """What is told as an error."""
        return [each for each in self.diagnostics if each.severity is Severity.ERROR]

    @property
    def codes(self) -> Counter[str]:
        """How often each code is told."""
        return Counter(each.code for each in self.diagnostics)


class Anybody:
    """A verifier that checks whatever a scheme carries."""

    challenge = "Anything"

    def fits(self, scheme: SecurityScheme) -> bool:
        return True

    def __call__(self, credential: str) -> Any:
        raise AssertionError("nothing is served here")


def judge(name: str, path: Path) -> Judged:
    """Return what becomes of the document at `path`."""
    judged = Judged(name, path.stat().st_size)
    gc.disable()  # as where a service starts
    started = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            _judge(judged, path)
    except Exception:
        judged.failures.append(traceback.format_exc())
    judged.seconds = time.process_time() - started
    gc.enable()
    return judged


def _judge(judged: Judged, path: Path) -> None:
    try:
        document = read_document(path)
    except BadConfiguration as problem:
        judged.diagnostics += problem.diagnostics
        return
    checked = check_with_surroundings(document)
    judged.diagnostics += checked.problems
    api, problems = examine_api(checked.sound, "it")
    told = {(each.code, each.message) for each in judged.diagnostics}
    judged.diagnostics += (each for each in problems if (each.code, each.message) not in told)
    judged.diagnostics += check_examples(api, whole=not judged.errors)
    judged.operations = judged.left_out = len(api.operations)
    if (touched := checked.touched(base_path_known=True)) is None:
        return
    api, unserved = leave_out(api, touched)
    judged.diagnostics += unserved
    judged.left_out -= len(api.operations)
    models = build_models(api)
    judged.models = len(models)
    definitions = Definitions(api.schemas)
    for operation in api.operations:
        _compile(operation, api, definitions, models.adapt)
    models.prepare()
    Router((each.method, each.route, each) for each in api.operations)


def _compile(operation: Operation, api: Api, definitions: Mapping[str, Any], adapt: Adapt) -> None:
    compile_security(operation, api, {}, {"anybody": Anybody()})  # type: ignore[dict-item]
    compile_parameters(operation, definitions, adapt).prepare()
    compile_body(operation, definitions, adapt).prepare()
    compile_responses(operation, definitions, "enforce").prepare()
