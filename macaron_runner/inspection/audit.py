"""What is unsafe in a service, though it works: `macaron audit`. The table RULES is the list of all it looks for.

Not for what is wrong (inspect): those errors are passed on, for what they hide could not be looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Final

from macaron_runner.configuration.deployment import Ignore
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.diagnostics import Diagnostic, Location, Severity
from macaron_runner.inspection.api_risks import (
    clear_credentials,
    keys_in_urls,
    mocked_operations,
    plain_servers,
    served_crash,
    unchecked_responses,
    unsaid_apis,
    unsaid_operations,
    unused_scopes,
)
from macaron_runner.inspection.audited import Audited, CommittedByGit, Risk
from macaron_runner.inspection.client_risks import credentials_in_clear, unverified_servers
from macaron_runner.inspection.deployment_risks import (
    changeable_files,
    floating_base,
    host_without_tls,
    root_in_image,
    unpinned_base,
)
from macaron_runner.inspection.inspection import Inspection
from macaron_runner.inspection.order import files_of, in_order
from macaron_runner.inspection.secret_risks import (
    committed_files,
    defaults_of_credentials,
    generic_claims,
    large_leeway,
    literal_credentials,
    long_tokens,
    made_up_secrets,
    plain_key_sets,
    readable_files,
    weak_secrets,
)
from macaron_runner.inspection.server_risks import (
    all_interfaces,
    huge_bodies,
    known_broker_password,
    open_broker,
    open_documentation,
    open_origins,
    open_origins_with_credentials,
    plain_broker,
    talkative_log,
    weak_server_settings,
    weak_task_settings,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing to look for: its code, how bad it is, and the function that finds it."""

    code: str
    severity: Severity
    look: Callable[[Audited], Iterator[Risk]]


_HIGH, _MEDIUM, _LOW, _INFO = Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO

RULES: Final = (
    Rule("MAC701", _HIGH, weak_secrets),
    Rule("MAC702", _MEDIUM, generic_claims),
    Rule("MAC703", _MEDIUM, long_tokens),
    Rule("MAC704", _LOW, large_leeway),
    Rule("MAC705", _HIGH, plain_key_sets),
    Rule("MAC706", _MEDIUM, made_up_secrets),
    Rule("MAC707", _HIGH, defaults_of_credentials),
    Rule("MAC708", _HIGH, literal_credentials),
    Rule("MAC709", _MEDIUM, readable_files),
    Rule("MAC710", _HIGH, open_origins_with_credentials),
    Rule("MAC711", _LOW, open_origins),
    Rule("MAC712", _MEDIUM, huge_bodies),
    Rule("MAC713", _LOW, open_documentation),
    Rule("MAC714", _LOW, talkative_log),
    Rule("MAC715", _INFO, all_interfaces),
    Rule("MAC716", _MEDIUM, weak_server_settings),
    Rule("MAC717", _HIGH, weak_task_settings),
    Rule("MAC718", _MEDIUM, plain_broker),
    Rule("MAC719", _HIGH, open_broker),
    Rule("MAC720", _HIGH, known_broker_password),
    Rule("MAC721", _HIGH, changeable_files),
    Rule("MAC722", _HIGH, committed_files),
    Rule("MAC723", _HIGH, unverified_servers),
    Rule("MAC724", _MEDIUM, credentials_in_clear),
    Rule("MAC730", _MEDIUM, unsaid_operations),
    Rule("MAC731", _MEDIUM, unsaid_apis),
    Rule("MAC732", _MEDIUM, keys_in_urls),
    Rule("MAC733", _HIGH, clear_credentials),
    Rule("MAC734", _INFO, unused_scopes),
    Rule("MAC735", _MEDIUM, plain_servers),
    Rule("MAC736", _LOW, unchecked_responses),
    Rule("MAC737", _MEDIUM, mocked_operations),
    Rule("MAC738", _MEDIUM, served_crash),
    Rule("MAC740", _MEDIUM, root_in_image),
    Rule("MAC741", _LOW, unpinned_base),
    Rule("MAC742", _MEDIUM, floating_base),
    Rule("MAC744", _MEDIUM, host_without_tls),
)

CHECKED: Final = {"MAC209": Severity.HIGH, "MAC210": Severity.HIGH}
"""What `macaron check` warns of already, and how bad it is here."""
ABSENT: Final = frozenset({"MAC110", "MAC113"})
"""Errors that say only that something is not set here, where the audit runs: no reason to fail."""
_OUTDATED: Final = "MAC749"


@dataclass(frozen=True, slots=True)
class Ignored:
    """A finding that may stay, and why."""

    finding: Diagnostic
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What an audit gives: `findings` (errors of the files among them), those `ignored`, what is `absent` here."""

    findings: tuple[Diagnostic, ...]
    ignored: tuple[Ignored, ...] = ()
    absent: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class _Finding:
    """A diagnostic, and what `audit.ignore` calls the thing it is about."""

    diagnostic: Diagnostic
    about: str


def audit(inspection: Inspection, *, committed: CommittedByGit) -> Report:
    """Return what is unsafe in an inspected service, in the order of its files; `committed` asks git.

    What the service ignores is not among the findings; an ignore that ignores nothing is (MAC749). No text of a finding
    has a secret's value in it, and the lines of files with one in clear are not shown.
    """
    wrong = [each for each in inspection.diagnostics if each.severity is Severity.ERROR]
    absent = tuple(each for each in wrong if each.code in ABSENT)
    errors = [each for each in wrong if each.code not in ABSENT]
    configuration = inspection.configuration
    if configuration is None:
        return Report(tuple(errors), absent=absent)
    found = [*_checked(inspection), *_risks(Audited(inspection, configuration, committed))]
    found = _without_doubles(found)
    kept, ignored, outdated = _ignore(configuration, found, complete=not wrong)
    files = files_of(configuration, inspection.apis)
    findings = _hidden([*errors, *kept, *outdated], [each.diagnostic for each in found])
    return Report(in_order(findings, files), ignored, absent)


def _checked(inspection: Inspection) -> Iterator[_Finding]:
    """Yield what check warns of already, as findings."""
    for each in inspection.diagnostics:
        if each.code in CHECKED:
            confidential = each.code == "MAC210" or each.confidential
            diagnostic = replace(each, severity=CHECKED[each.code], confidential=confidential)
            yield _Finding(diagnostic, _key_at(inspection, each.location))


def _key_at(inspection: Inspection, place: Location | None) -> str:
    """Return the key of a signing secret by its place: check's warnings do not tell it."""
    configuration = inspection.configuration
    auth = configuration.config.auth if configuration is not None else {}
    for name, verifier in auth.items():
        for key_id in verifier.keys:
            path = ("auth", name, "keys", key_id, "secret")
            if configuration is not None and configuration.locate(*path) == place:
                return ".".join(path)
    return "auth"


def _risks(audited: Audited) -> Iterator[_Finding]:
    for rule in RULES:
        for risk in rule.look(audited):
            diagnostic = Diagnostic(
                rule.code,
                risk.message,
                risk.place,
                help=risk.help,
                severity=risk.severity or rule.severity,
                confidential=risk.confidential,
            )
            yield _Finding(diagnostic, risk.about)


def _without_doubles(found: Sequence[_Finding]) -> list[_Finding]:
    """Return the findings without those that say less of one secret than another does: it is short, it is in a URL."""
    guessed = {each.diagnostic.location for each in found if each.diagnostic.code == "MAC701"}
    known = {each.diagnostic.location for each in found if each.diagnostic.code == "MAC720"}
    return [
        each
        for each in found
        if not (each.diagnostic.code == "MAC209" and each.diagnostic.location in guessed)
        and not (each.diagnostic.code == "MAC719" and each.diagnostic.location in known)
    ]


def _ignore(
    configuration: Configuration, found: Iterable[_Finding], *, complete: bool
) -> tuple[list[Diagnostic], tuple[Ignored, ...], list[Diagnostic]]:
    """Return the findings that count, those that are ignored, and the ignores that ignore nothing.

    Whether one of these is outdated can be told only where everything could be looked at.
    """
    wanted = configuration.config.audit.ignore
    kept: list[Diagnostic] = []
    ignored: list[Ignored] = []
    used: set[tuple[str, str]] = set()
    for each in found:
        ignore = wanted.get(each.diagnostic.code)
        pattern = _pattern_for(ignore, each) if ignore is not None else None
        if ignore is None or pattern is None:
            kept.append(each.diagnostic)
        else:
            ignored.append(Ignored(each.diagnostic, ignore.reason))
            used.add((each.diagnostic.code, pattern))
    return kept, tuple(ignored), list(_outdated(configuration, used)) if complete else []


def _pattern_for(ignore: Ignore, finding: _Finding) -> str | None:
    """Return which of an ignore's paths a finding fits ("" where it has none and takes all), or None."""
    file = finding.diagnostic.location.file if finding.diagnostic.location is not None else ""
    for pattern in ignore.paths:
        if any(
            fnmatchcase(name, wanted)
            for name in (finding.about, file)
            for wanted in (pattern, f"{pattern}.*")
        ):
            return pattern
    return None if ignore.paths else ""


def _outdated(configuration: Configuration, used: set[tuple[str, str]]) -> Iterator[Diagnostic]:
    for code, ignore in configuration.config.audit.ignore.items():
        for index, pattern in enumerate(ignore.paths or ("",)):
            if (code, pattern) not in used:
                path = ("audit", "ignore", code, *(("paths", index) if pattern else ()))
                what = f"{code} is not found" + (f' at "{pattern}"' if pattern else "")
                place = configuration.locate(*path, key=not pattern)
                message = f"{what} any more: this ignore could hide a new one"
                yield Diagnostic(_OUTDATED, message, place, help="take it away", severity=Severity.LOW)


def _hidden(diagnostics: Iterable[Diagnostic], found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return diagnostics without the source lines on which something confidential was found, whatever they tell."""
    lines = {_line(each) for each in found if each.confidential}
    return [replace(each, confidential=True) if _line(each) in lines else each for each in diagnostics]


def _line(diagnostic: Diagnostic) -> tuple[str, int] | None:
    place = diagnostic.location
    return (place.file, place.line) if place is not None and place.line else None
