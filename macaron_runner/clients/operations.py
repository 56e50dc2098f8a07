"""The operations of an API compiled for calling, each once: what writes its requests, reads its answers, carries both.

Not for calling them (client), nor for their names (naming), nor for what help() shows (describing).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from macaron_runner.clients.decoding import AnswerDecoder, Mode, compile_answers
from macaron_runner.clients.describing import documentation_of, signature_of
from macaron_runner.clients.encoding import RequestEncoder, compile_request
from macaron_runner.clients.naming import operation_names

if TYPE_CHECKING:
    from inspect import Signature

    from macaron_runner.clients.client import Caller
    from macaron_runner.openapi.operation import Api, Operation, Schema


class Modelling(Protocol):
    """The models of an API, as far as calling it needs them (models.build)."""

    def adapt(self, schema: Schema) -> Callable[[Any], Any]:
        """Return what makes the Python value of a JSON value that fits a schema."""
        ...

    def annotation(self, schema: Schema) -> str:
        """Return what a value of a schema is in Python, as source: "Order", "list[int]"."""
        ...


@dataclass(frozen=True, slots=True)
class ClientApi:
    """What all operations of a client share. `caller` gives what carries the calls of one operation."""

    api: Api
    models: Modelling
    definitions: Mapping[str, Schema]
    caller: Callable[[Operation], Caller]
    validate_responses: Mode = "enforce"
    raise_errors: bool = False


class CompiledOperation:
    """One operation, compiled when it is first asked for, or by `prepare()`; threads may ask at once."""

    def __init__(
        self, name: str, operation: Operation, shared: ClientApi, compiling: threading.RLock
    ) -> None:
        self.name = name
        self.operation = operation
        self.raise_errors = shared.raise_errors
        self._shared = shared
        self._compiling = compiling

    @property
    def title(self) -> str:
        """What messages call it: "inventory.get_item"."""
        return f"{self.operation.api}.{self.name}"

    @cached_property
    def encode(self) -> RequestEncoder:
        """What makes its requests."""
        with self._compiling:
            return compile_request(self.operation, self._shared.definitions, self.title)

    @cached_property
    def decode(self) -> AnswerDecoder:
        """What makes results of its answers."""
        shared = self._shared
        with self._compiling:  # models are written as they are asked for
            return compile_answers(
                self.operation, shared.definitions, shared.models.adapt, shared.validate_responses
            )

    @cached_property
    def caller(self) -> Caller:
        """What carries its calls."""
        with self._compiling:
            return self._shared.caller(self.operation)

    @cached_property
    def signature(self) -> Signature:
        """What it takes and gives, for people."""
        with self._compiling:
            return signature_of(self.operation, self._shared.models.annotation)

    @cached_property
    def documentation(self) -> str:
        """What its document says of it, for people."""
        return documentation_of(self.operation, self.title, self.signature)

    def prepare(self) -> None:
        """Compile now. The engines of its checks are compiled when they are first needed: few operations are called."""
        _ = self.encode, self.decode, self.caller


def compile_operations(shared: ClientApi) -> dict[str, CompiledOperation]:
    """Return the operations of an API by their names in Python."""
    compiling = threading.RLock()
    return {
        name: CompiledOperation(name, operation, shared, compiling)
        for name, operation in operation_names(shared.api.operations).items()
    }
