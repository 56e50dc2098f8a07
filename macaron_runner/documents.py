"""The documents of a service: read, checked, and made into APIs, as far as they can be told.

Used by whatever assembles a service (assembly), and by what only looks at one (inspection, scaffold).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from macaron_runner.configuration.clients import Client as ClientSettings
from macaron_runner.configuration.files import shown_name
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.model import Api as ApiSettings
from macaron_runner.diagnostics import BadConfiguration, Diagnostic, Location, Severity, has_errors, near_word
from macaron_runner.openapi.builtin import BUILTIN_PREFIX, find_document
from macaron_runner.openapi.cache import ParsedCache
from macaron_runner.openapi.document import Document, Place, read_document
from macaron_runner.openapi.referrers import note_references
from macaron_runner.openapi.rules import check_document, check_rules
from macaron_runner.openapi.sound import sound_part
from macaron_runner.openapi.surroundings import read_surroundings
from macaron_runner.openapi.survey import Survey
from macaron_runner.openapi.touched import OperationKey, touched_by
from macaron_runner.openapi.unsure import SURE, Unsure, unsure_of
from macaron_runner.validation.document import check_against_specification
from macaron_runner.validation.leniency import NEVER_TOLERATED, leave_out, tolerate

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Api

PING = ApiSettings(spec=f"{BUILTIN_PREFIX}ping", base_path="")
"""The built-in API that every service serves."""


@dataclass(frozen=True, slots=True)
class ApiDocument:
    """One API of `apis:` or `clients:`, its document read; `problems` is what was found wrong with it.

    Where its form is wrong, `document` is its sound part. `unsure` are the operations where what is wrong may change
    what they take or who may call them: a parameter or a security scheme at fault, a reference that leads nowhere.

    Where the API is not strict, `left_out` are the operations that what is wrong is about; all others are served, and
    sure. None where it is strict, or nothing is left to serve.
    """

    name: str
    settings: ApiSettings
    document: Document
    problems: tuple[Diagnostic, ...] = ()
    unsure: Unsure = SURE
    left_out: frozenset[OperationKey] | None = None

    @property
    def builtin(self) -> bool:
        """Whether it is one of macaron's own APIs."""
        return self.settings.spec.startswith(BUILTIN_PREFIX)


def configured_apis(configuration: Configuration) -> dict[str, ApiSettings]:
    """Return the APIs to serve by name, the built-in ping among them."""
    return {"ping": PING, **configuration.config.apis}


def read_documents(
    configuration: Configuration, cache: ParsedCache | None = None
) -> tuple[tuple[ApiDocument, ...], tuple[Diagnostic, ...]]:
    """Return the documents of all APIs that can be read, and everything found wrong with any of them."""
    return _read_all("apis", configured_apis(configuration), configuration, cache)


def read_client_documents(
    configuration: Configuration, cache: ParsedCache | None = None
) -> tuple[tuple[ApiDocument, ...], tuple[Diagnostic, ...]]:
    """Return the documents of `clients:` as `read_documents` does; of those that have one of their own."""
    settings = {
        name: ApiSettings.model_construct(
            spec=client.spec, base_path=base_path_of(client), strict=client.strict
        )
        for name, client in configuration.config.clients.items()
        if client.spec is not None
    }
    return _read_all("clients", settings, configuration, cache)


def base_path_of(client: ClientSettings) -> str | None:
    """Return what stands before every path of a client: the path of its `url`, else `base_path`; None: as described."""
    path = urlsplit(client.url.reveal()).path.rstrip("/") if client.url is not None else ""
    return path or client.base_path


def _read_all(
    section: str,
    several: Mapping[str, ApiSettings],
    configuration: Configuration,
    cache: ParsedCache | None,
) -> tuple[tuple[ApiDocument, ...], tuple[Diagnostic, ...]]:
    documents: list[ApiDocument] = []
    found: list[Diagnostic] = []
    for name, settings in several.items():
        place = configuration.locate(section, name, "spec")
        try:
            document = _read_document(settings, configuration, place, cache)
        except BadConfiguration as problem:
            found += (replace(each, location=each.location or place) for each in problem.diagnostics)
            continue
        if settings.spec.startswith(BUILTIN_PREFIX):  # the tests have looked at our own
            documents.append(ApiDocument(name, settings, document))
            continue
        checked = check_with_surroundings(document)
        left_out = (
            None if settings.strict else checked.touched(base_path_known=settings.base_path is not None)
        )
        unsure = checked.unsure if left_out is None else SURE
        found += checked.problems if left_out is None else tolerate(checked.problems)
        documents.append(ApiDocument(name, settings, checked.sound, checked.problems, unsure, left_out))
    return tuple(documents), tuple(found)


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """What is wrong with the form of a document and of what it refers to, then with its meaning; and its sound part.

    Of the first there are at most _MOST errors, and as many warnings; `faults` are the places of all its errors.
    `unsure` as in ApiDocument.
    """

    form: tuple[Diagnostic, ...]
    meaning: tuple[Diagnostic, ...]
    sound: Document
    unsure: Unsure
    survey: Survey
    faults: tuple[Place, ...] = ()

    @property
    def problems(self) -> tuple[Diagnostic, ...]:
        """Everything that is wrong."""
        return (*self.form, *self.meaning)

    def touched(self, *, base_path_known: bool) -> frozenset[OperationKey] | None:
        """Return the operations that errors are about; None where that is all of them."""
        if not has_errors(self.problems):
            return frozenset()
        meaning = (*check_rules(self.survey, most=None), *self.survey.broken)
        errors = (each.location for each in meaning if each.severity is Severity.ERROR)
        faults = (*self.faults, *((place.file, place.pointer) for place in errors if place is not None))
        touched = touched_by(faults, self.survey, base_path_known=base_path_known)
        return touched if len(touched) < len(self.survey.endpoints) else None


_MOST: Final = 100
"""Mistakes of one severity in the form of a document that are told; nobody reads more."""
_OF_REFERENCES: Final = frozenset({"MAC304", "MAC305", "MAC306"})


def check_with_surroundings(document: Document) -> CheckedDocument:
    """Return what is wrong with a document and with what it refers to in other places.

    The rules about its meaning would answer with noise where its form is wrong: what counts is what they say of the
    whole document as well as of its sound part.
    """
    survey = Survey(document)
    surroundings = read_surroundings(document, survey)
    faults = check_against_specification(document)
    places = [(document.source.name, fault.spoilt) for fault in faults]
    if surroundings is not None:
        outside = check_against_specification(surroundings.document)
        faults += outside
        places += (
            surroundings.origin(fault.spoilt) or (document.source.name, fault.spoilt) for fault in outside
        )
    form = [fault.diagnostic for fault in faults]
    meaning, sound = check_rules(survey), document
    if has_errors(form):
        certain = set(check_document(sound_part(document, places)))
        meaning = tuple(found for found in meaning if found in certain or found.code in _OF_REFERENCES)
        sound = sound_part(document, places, halves=True)
    wrong = [place for place, found in zip(places, form, strict=True) if found.severity is Severity.ERROR]
    told = (islice((each for each in form if each.severity is severity), _MOST) for severity in Severity)
    return CheckedDocument(
        note_references(chain.from_iterable(told), survey),
        note_references(meaning, survey),
        sound,
        unsure_of(survey, places[:_MOST], meaning),
        survey,
        tuple(wrong),
    )


def _read_document(
    settings: ApiSettings, configuration: Configuration, place: Location, cache: ParsedCache | None
) -> Document:
    path = find_document(settings.spec, configuration.directory)
    if os.path.isfile(path):  # noqa: PTH113 - Path.is_file raises at odd names
        return read_document(Path(shown_name(path)), cache)
    message, label = f'the document "{settings.spec}" does not exist', "no such file"
    if os.path.lexists(path):
        message = f'the document "{settings.spec}" is not a file'
        label = "a folder, a pipe or a device" if os.path.exists(path) else "a link that leads nowhere"  # noqa: PTH110
    mend = _near_file(settings.spec, path) or f"the path is relative to {configuration.selection.file}"
    raise BadConfiguration([Diagnostic("MAC250", message, place, label, mend)])


_SUFFIXES: Final = frozenset({".yaml", ".yml", ".json"})


def _near_file(spec: str, path: str | os.PathLike[str]) -> str:
    """Return a sentence that offers the document whose name is nearest to the one that is not there."""
    folder = Path(path).parent
    try:
        names = [each.name for each in folder.iterdir() if each.suffix in _SUFFIXES and each.is_file()]
    except (OSError, ValueError):
        return ""
    return near_word(spec, [str(Path(spec).with_name(name)) for name in sorted(names)])


def read_apis(documents: Iterable[ApiDocument]) -> tuple[dict[str, Api], tuple[Diagnostic, ...]]:
    """Return the APIs by name, as far as they can be told, and what is wrong with them.

    What was told of a document before, as a reference that leads nowhere, is not told again.
    """
    from macaron_runner.openapi.api import examine_api

    apis: dict[str, Api] = {}
    found: list[Diagnostic] = []
    for source in documents:
        api, problems = examine_api(source.document, source.name, source.settings.base_path)
        told = {_subject(each) for each in source.problems}
        new = [each for each in problems if _subject(each) not in told]
        if source.left_out is not None:
            api, unserved = leave_out(api, source.left_out)
            new = [*tolerate(new, but=NEVER_TOLERATED), *unserved]
        apis[source.name] = api
        found += new
    return apis, tuple(found)


def _subject(diagnostic: Diagnostic) -> tuple[str, str, str]:
    """Return what a diagnostic is about, wherever in its file."""
    place = diagnostic.location
    return diagnostic.code, diagnostic.message, place.file if place is not None else ""
