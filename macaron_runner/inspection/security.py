"""Who may call what: a verifier for each security scheme in use, and keys that verifiers can use.

Known without PyJWT, but for a secret that looks like something else: what that is, is PyJWT's to say. Not for guarding
requests (auth.security).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from macaron_runner.assembly import answered_here
from macaron_runner.auth.fitting import ChecksTokens, Fitting, declared_verifiers, for_builtin
from macaron_runner.auth.schemes import resolve_schemes
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.model import JwtKey
from macaron_runner.diagnostics import BadConfiguration, Diagnostic
from macaron_runner.inspection.doubts import Doubts
from macaron_runner.openapi.operation import Api, Operation
from macaron_runner.openapi.unsure import SURE, Unsure

_AT_FAULT_ELSEWHERE = frozenset({"MAC206", "MAC321"})
"""What one file against itself has told already: a name that is not in `auth:`, a scheme that is not defined."""


def verifiers_of_api(
    configuration: Configuration,
    api: Api,
    mapping: Mapping[str, str],
    *,
    builtin: bool,
    doubts: Doubts,
    unsure: Unsure = SURE,
) -> tuple[dict[str, str], tuple[Diagnostic, ...]]:
    """Return the name of the verifier of each security scheme in use, and problems (MAC401, 402, 404, 405).

    Where `auth:` has faults of its own, nothing is said about what its entries might have checked; nor about operations
    of which the document makes one `unsure`.
    """
    declared = known_verifiers(configuration, builtin=builtin)
    answered = replace(api, operations=tuple(_defined_only(each, api) for each in answered_here(api)))
    chosen, problems = resolve_schemes(answered, mapping, declared, configuration.locate)
    names = {id(verifier): name for name, verifier in declared.items()}
    named = {scheme: names[id(verifier)] for scheme, verifier in chosen.items()}
    if unsure:
        problems = _certain(configuration, answered, mapping, declared, unsure)
    if doubts.about("auth"):
        problems = tuple(each for each in problems if each.code == "MAC405")
    if doubts.about("apis", api.name, "security"):
        problems = ()
    return named, tuple(each for each in problems if each.code not in _AT_FAULT_ELSEWHERE)


def _certain(
    configuration: Configuration,
    api: Api,
    mapping: Mapping[str, str],
    declared: Mapping[str, Fitting],
    unsure: Unsure,
) -> tuple[Diagnostic, ...]:
    """Return the problems of the operations and of the security schemes that no fault of the document is about."""
    schemes = {name: scheme for name, scheme in api.security_schemes.items() if name not in unsure.schemes}
    operations = tuple(each for each in api.operations if not unsure.about(each))
    sure = replace(api, security_schemes=schemes)
    sure = replace(sure, operations=tuple(_defined_only(each, sure) for each in operations))
    sure_mapping = (
        {}
        if unsure.everything
        else {name: verifier for name, verifier in mapping.items() if name not in unsure.schemes}
    )
    return resolve_schemes(sure, sure_mapping, declared, configuration.locate)[1]


def _defined_only(operation: Operation, api: Api) -> Operation:
    """Return the operation without schemes that its document does not define: its rules have told that (MAC321)."""
    security = tuple(
        tuple(use for use in requirement if use.scheme in api.security_schemes)
        for requirement in operation.security
    )
    return replace(operation, security=security)


def known_verifiers(configuration: Configuration, *, builtin: bool) -> dict[str, Fitting]:
    """Return what is known of the verifiers that an API may use."""
    declared = declared_verifiers(configuration.config.auth)
    return for_builtin(declared, ChecksTokens()) if builtin else declared


def check_keys(configuration: Configuration) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each key that cannot be used (MAC406): it is a PEM, a JWK, a certificate."""
    for name, verifier in configuration.config.auth.items():
        for kid, key in verifier.keys.items():
            if _may_be_no_shared_secret(key):
                yield from _unusable(configuration, name, kid, key)


def _unusable(configuration: Configuration, name: str, kid: str, key: JwtKey) -> Iterator[Diagnostic]:
    from macaron_runner.auth.tokens import prepare_key  # imports PyJWT

    try:
        prepare_key(name, kid, key, configuration.locate("auth", name, "keys", kid))
    except BadConfiguration as problem:
        yield from problem.diagnostics


def _may_be_no_shared_secret(key: JwtKey) -> bool:
    """Tell whether a secret has a mark of what PyJWT refuses; all that it refuses have one of these marks.

    An empty one is told by macaron.yaml's own checks (MAC208).
    """
    text = key.secret.reveal() if key.secret is not None else ""
    return (
        "BEGIN " in text
        or text.startswith(("ssh-", "ecdsa-"))
        or text.lstrip("﻿ \t\r\n").startswith("{")
        or not text.isprintable()
    )
