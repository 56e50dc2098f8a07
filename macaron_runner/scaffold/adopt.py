"""A new service from an API document that is there already: copied, bound to handlers, guarded by verifiers, tested.

    apis/petstore.yaml   the document (and what it refers to); an operation without operationId has got one
    petstore/…           a function for each operation
    macaron.yaml         a verifier for each security scheme in use

The original is only read. Not for templates (template).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from macaron_runner.diagnostics import Diagnostic, raise_errors
from macaron_runner.documents import check_with_surroundings
from macaron_runner.errors import UsageError
from macaron_runner.openapi.api import read_api
from macaron_runner.openapi.document import Document, read_document
from macaron_runner.openapi.operation import Api
from macaron_runner.scaffold.bindings import Bindings, bind
from macaron_runner.scaffold.documents import copy_document, stands_below
from macaron_runner.scaffold.files import NewFile
from macaron_runner.scaffold.first_tests import first_tests
from macaron_runner.scaffold.named import named_modules
from macaron_runner.scaffold.names import module_name
from macaron_runner.scaffold.service import NewService, NewVerifier, common_files
from macaron_runner.scaffold.stubs import handler_modules, package_files


@dataclass(frozen=True, slots=True)
class Adopted:
    """The files of the service; what is doubtful in the document; the operations that cannot be served."""

    files: tuple[NewFile, ...]
    warnings: tuple[Diagnostic, ...]
    unserved: tuple[str, ...]


def from_document(
    path: Path, directory: Path, name: str, package: str, *, macaron: str, installed: Collection[str]
) -> Adopted:
    """Return a service that serves the document at `path`, to be written into `directory`.

    A document that stands in `directory` with all its files is served from where it is. `macaron` is the requirement
    that installs macaron, `installed` the modules that the service must not hide. Raises BadConfiguration where the
    document is wrong, UsageError where it would have to be changed in place.
    """
    document = read_document(path)
    warnings = raise_errors(check_with_surroundings(document).problems)
    api = read_api(document, package)
    bindings = bind(api, document, package, installed)
    handlers = handler_modules(api, bindings)
    spec, copies = _placed(directory, document, bindings)
    service = NewService(name, package, spec, bindings.handlers, _verifiers(api, bindings))
    modules = {**handlers, **named_modules(api, bindings, installed)} or {
        f"{package}.api": f'"""{name}."""\n'
    }
    files = (
        *common_files(service, macaron),
        *copies,
        *package_files(modules, f"The code of {name}."),
        first_tests(api, bindings, service.verifiers),
    )
    return Adopted(files, warnings, tuple(each.operation.name for each in bindings.unserved))


def _placed(directory: Path, document: Document, bindings: Bindings) -> tuple[str, tuple[NewFile, ...]]:
    here = stands_below(directory, document)
    if here is None:
        return copy_document(document, bindings.additions)
    if bindings.additions:
        first = next(iter((*bindings.bound, *bindings.unserved))).operation.location
        count = len(bindings.additions)
        raise UsageError(
            f"{document.file} stands in the new service's folder, and {count} of its operations could only be served "
            f"if something were added to it (an operationId, as for the one at {first}); a document that stands "
            "elsewhere is copied, and the copy gets what is missing"
        )
    return here, ()


def _verifiers(api: Api, bindings: Bindings) -> tuple[NewVerifier, ...]:
    """Return a verifier for each security scheme that served operations use; the only one is called users."""
    schemes = dict.fromkeys(
        use.scheme
        for bound in bindings.bound
        for requirement in bound.operation.security
        for use in requirement
        if use.scheme in api.security_schemes
    )
    if len(schemes) <= 1:
        return tuple(NewVerifier("users", (scheme,)) for scheme in schemes)
    given: dict[str, str] = {}
    for scheme in schemes:
        wanted = module_name(scheme)
        name, number = wanted, 2
        while name in given.values():
            name, number = f"{wanted}_{number}", number + 1
        given[scheme] = name
    return tuple(NewVerifier(name, (scheme,)) for scheme, name in given.items())
