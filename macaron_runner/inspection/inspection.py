"""What is known of a service without starting it: the value that `check`, `routes`, `audit` and `deploy` work from.

Pure data. Not for finding it out (inspect).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from macaron_runner.code.function import Function
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.model import Api as ApiSettings
from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import Diagnostic, has_errors
from macaron_runner.openapi.document import Document
from macaron_runner.openapi.operation import Api, Operation


@dataclass(frozen=True, slots=True)
class InspectedOperation:
    """One operation, and the function that answers it; None where there is none, or none can be told.

    `mocked`: there is none and need not be, answers are made up.
    """

    operation: Operation
    handler: Function | None
    mocked: bool = False


@dataclass(frozen=True, slots=True)
class InspectedApi:
    """One API that could be read, and its document.

    `verifiers` has the name of the verifier of each security scheme in use.
    """

    name: str
    settings: ApiSettings
    api: Api
    builtin: bool
    operations: tuple[InspectedOperation, ...]
    verifiers: Mapping[str, str]
    document: Document = field(repr=False)


@dataclass(frozen=True, slots=True)
class Inspection:
    """One service, looked through.

    `configuration` is None where not even its sound part is known; `apis` are those that could be read; `tasks` the
    tasks by full name; `diagnostics` everything found, in the order of the files; `read` the files that were read, but
    for the service's code.
    """

    selection: Selection
    configuration: Configuration | None
    apis: tuple[InspectedApi, ...] = ()
    tasks: Mapping[str, Function] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    read: tuple[Path, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing found is an error."""
        return not has_errors(self.diagnostics)
