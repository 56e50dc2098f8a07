"""The APIs of a service as far as their documents tell: operations, who checks their callers, what they say twice.

Not for the documents themselves (documents), nor for the functions behind operations (handlers).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from macaron_runner.assembly import answered_here
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.diagnostics import BadConfiguration, Diagnostic, has_errors
from macaron_runner.documents import ApiDocument, read_apis
from macaron_runner.inspection.doubts import Doubts
from macaron_runner.inspection.headers import headers_that_never_arrive
from macaron_runner.inspection.inspection import InspectedApi, InspectedOperation
from macaron_runner.inspection.security import verifiers_of_api
from macaron_runner.openapi.operation import Api
from macaron_runner.server.conflicts import claimed_twice
from macaron_runner.validation.examples import check_examples
from macaron_runner.validation.formats import check_formats, own_formats
from macaron_runner.validation.identifiers import parameter_identifiers


def inspect_apis(
    configuration: Configuration, documents: Iterable[ApiDocument], doubts: Doubts
) -> tuple[tuple[InspectedApi, ...], tuple[Diagnostic, ...]]:
    """Return the APIs that could be read, and what is wrong with them and between them."""
    sources = tuple(documents)
    read, found = read_apis(sources)
    apis: list[InspectedApi] = []
    problems = [*found, *check_formats(configuration)]
    for source in sources:
        api, wrong = _inspected(configuration, source, read[source.name], doubts)
        apis.append(api)
        problems += wrong
    placed = [api for api in apis if not doubts.about("apis", api.name, "base_path")]
    problems += claimed_twice(each.operation for api in placed for each in api.operations)
    return tuple(apis), tuple(problems)


def _inspected(
    configuration: Configuration, source: ApiDocument, api: Api, doubts: Doubts
) -> tuple[InspectedApi, list[Diagnostic]]:
    verifiers, problems = verifiers_of_api(
        configuration,
        api,
        source.settings.security,
        builtin=source.builtin,
        doubts=doubts,
        unsure=source.unsure,
    )
    operations = tuple(InspectedOperation(operation, None) for operation in answered_here(api))
    inspected = InspectedApi(
        source.name, source.settings, api, source.builtin, operations, verifiers, source.document
    )
    found = [*problems, *_check_names(inspected)]
    found += headers_that_never_arrive(configuration, inspected)
    formats = own_formats(configuration.config.formats)
    found += check_examples(api, formats, whole=not has_errors(source.problems))
    return inspected, found


def _check_names(api: InspectedApi) -> Iterator[Diagnostic]:
    """Yield a problem for each two parameters of an operation that have one name in Python (MAC375)."""
    for each in api.operations:
        try:
            parameter_identifiers(each.operation)
        except BadConfiguration as problem:
            yield from problem.diagnostics
