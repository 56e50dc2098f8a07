"""The modules of a new service's handlers: one function for each operation, with its arguments, ready to be filled in.

A function answers with an example of the document where there is one that fits, else with 501. Not for choosing names
(bindings); no text of the document becomes code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from macaron_runner.diagnostics import BadConfiguration, Diagnostic
from macaron_runner.openapi.operation import Api
from macaron_runner.scaffold.bindings import Bindings, Bound
from macaron_runner.scaffold.examples import Example, example_of
from macaron_runner.scaffold.files import NewFile
from macaron_runner.scaffold.hints import HOMES, Argument, Hints
from macaron_runner.scaffold.python import INDENT, definition, docstring, import_line, literal
from macaron_runner.validation.identifiers import parameter_identifiers
from macaron_runner.validation.schema import Definitions

_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_UNIMPLEMENTED: Final = "NotImplementedYet"
_IMPOSSIBLE: Final = frozenset({_UNIMPLEMENTED, "__debug__"})
"""Names of parameters that cannot be arguments of a stub: one it needs itself, and one no Python function can have."""


@dataclass(frozen=True, slots=True)
class Stub:
    """The text of one function, and the names it needs from elsewhere."""

    text: str
    names: frozenset[str]


def handler_modules(api: Api, bindings: Bindings) -> dict[str, str]:
    """Return the text of each module of handlers, by its full name.

    Raises BadConfiguration (MAC375) where two parameters of an operation are one name in Python.
    """
    writer = _Writer(api)
    stubs: dict[str, list[Stub]] = {}
    problems: list[Diagnostic] = []
    different = {(bound.module, bound.function): bound for bound in bindings.bound}
    for bound in different.values():
        try:
            stubs.setdefault(bound.module, []).append(writer.stub(bound))
        except BadConfiguration as error:
            problems += error.diagnostics
    if problems:
        raise BadConfiguration(problems)
    return {name: _module(api, several) for name, several in stubs.items()}


def package_files(modules: Mapping[str, str], purpose: str) -> Iterator[NewFile]:
    """Yield modules as files, with an `__init__.py` for every package; `purpose` is what these say."""
    packages = {name[:index] for name in modules for index, char in enumerate(name) if char == "."}
    for name in sorted(packages - modules.keys()):
        yield NewFile.of(f"{name.replace('.', '/')}/__init__.py", docstring(purpose, "", ""))
    for name, text in modules.items():
        path = name.replace(".", "/")
        yield NewFile.of(f"{path}/__init__.py" if name in packages else f"{path}.py", text)


class _Writer:
    """Writes the functions of one API."""

    def __init__(self, api: Api) -> None:
        self._definitions = Definitions(api.schemas)
        self._hints = Hints(api)

    def stub(self, bound: Bound) -> Stub:
        """Return the function that answers an operation. Raises BadConfiguration (MAC375)."""
        operation = bound.operation
        arguments = self._arguments(bound)
        example = example_of(operation, self._definitions)
        summary = operation.summary or operation.description
        rest = operation.description if operation.summary else ""
        doc = docstring(f"{operation.method} {operation.path}{_said(summary)}", rest, INDENT)
        text = definition(bound.function, [argument.text for argument in arguments]) + doc + _answer(example)
        hints = " ".join(argument.hint for argument in arguments)
        names = {*_WORD.findall(hints), *(() if example else (_UNIMPLEMENTED,))}
        return Stub(text, frozenset(names & {*HOMES, "apipool", _UNIMPLEMENTED}))

    def _arguments(self, bound: Bound) -> list[Argument]:
        """Return the arguments: the body, what is always there, what may be missing."""
        operation = bound.operation
        declared = dict(zip(parameter_identifiers(operation), operation.parameters, strict=True))
        arguments = [
            self._hints.parameter(name, parameter.schema, required=parameter.required)
            for name, parameter in declared.items()
            if name not in _IMPOSSIBLE
        ]
        if operation.body is not None:
            arguments.insert(0, self._hints.body(_free("body", declared), operation.body))
        arguments.sort(key=lambda argument: bool(argument.default))
        if declared.keys() & _IMPOSSIBLE:
            arguments.append(Argument(f"**{_free('parameters', declared)}", "", ""))
        return arguments


def _free(word: str, taken: Iterable[str]) -> str:
    while word in taken:
        word = f"{word}_"
    return word


def _said(summary: str) -> str:
    first = summary.strip().split("\n\n")[0]
    return f": {first}" if first else ""


def _answer(example: Example | None) -> str:
    if example is None:
        return f"{INDENT}raise {_UNIMPLEMENTED}\n"
    status = "" if example.status is None else f", {example.status}"
    value = literal(example.value, INDENT, len("return "), len(status))
    return f"{INDENT}return {value}{status}\n"


def _module(api: Api, stubs: Iterable[Stub]) -> str:
    """Return a module: its docstring, what it imports, its functions."""
    several = list(stubs)
    names = {word for stub in several for word in stub.names}
    blocks = [_imports(names), *(stub.text for stub in several)]
    title = f"Handlers of the API {api.name}, to be filled in."
    return "\n\n".join([docstring(title, "", "") + "\n" + blocks[0], *blocks[1:]]).replace(
        "\n\n\n\n", "\n\n\n"
    )


def _imports(names: Iterable[str]) -> str:
    wanted = set(names)
    homes: dict[str, list[str]] = {}
    for word in sorted(wanted & set(HOMES)):
        homes.setdefault(HOMES[word], []).append(word)
    ours = wanted - set(HOMES)
    groups = [
        "from __future__ import annotations\n" if wanted - {_UNIMPLEMENTED} else "",
        "".join(import_line(module, homes[module]) for module in sorted(homes)),
        import_line("macaron_runner", ours) if ours else "",
    ]
    return "\n".join(group for group in groups if group)
