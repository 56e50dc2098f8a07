"""What must hold of security requirements beyond the meta-schema: one function a rule.

All rules are listed in rules. Not for who checks a scheme (auth.schemes).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from macaron_runner.diagnostics import Diagnostic, Severity, near_word, not_one_of
from macaron_runner.openapi.references import Node
from macaron_runner.openapi.survey import Survey


def security_schemes_are_defined(survey: Survey) -> Iterator[Diagnostic]:
    """Report security requirements that name an undefined scheme; warn of scopes that it does not have."""
    schemes = _security_schemes(survey)
    for requirement in _requirements(survey):
        for name, scopes in requirement.members():
            if name not in schemes:
                yield Diagnostic(
                    "MAC321",
                    f'the security scheme "{name}" is not defined',
                    scopes.locate(key=True),
                    not_one_of(schemes, "the document defines none"),
                    near_word(name, schemes),
                )
            else:
                yield from _undefined_scopes(name, schemes[name], scopes)


def _undefined_scopes(name: str, scheme: Node, scopes: Node) -> Iterator[Diagnostic]:
    if scheme.text("type") != "oauth2":
        return
    owners = [scheme, *(flow for _, flow in scheme.child("flows").fields())]
    known = [scope for owner in owners for scope, _ in owner.child("scopes").members()]
    for scope in scopes.elements():
        if isinstance(scope.value, str) and scope.value not in known:
            yield Diagnostic(
                "MAC322",
                f'the scheme "{name}" has no scope "{scope.value}"',
                scope.locate(),
                not_one_of(known, "it has none at all"),
                near_word(scope.value, known),
                Severity.WARNING,
            )


def _security_schemes(survey: Survey) -> Mapping[str, Node]:
    return {name: survey.follow(node) for name, node in survey.security_schemes.members()}


def _requirements(survey: Survey) -> Iterator[Node]:
    for owner in (survey.root, *survey.nodes("operation")):
        yield from owner.child("security").elements()
