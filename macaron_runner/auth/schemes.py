"""Which verifier checks which security scheme of a document, and every way in which that can be unclear.

Decided when the service starts. An operation that its document protects is never served open: a scheme
without verifier is an error. Not for guarding requests (security).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Generic

from macaron_runner.auth.fitting import Fits, Locate, carries_a_token
from macaron_runner.diagnostics import Diagnostic, Location, near_word, not_one_of
from macaron_runner.openapi.operation import Api, Operation, SecurityScheme


def resolve_schemes(
    api: Api, mapping: Mapping[str, str], verifiers: Mapping[str, Fits], locate: Locate | None = None
) -> tuple[dict[str, Fits], tuple[Diagnostic, ...]]:
    """Return the verifier of each security scheme that operations of the API use; and problems (MAC206, 321, 401-405).

    `mapping` is `apis.<api>.security` of macaron.yaml: scheme -> name of a verifier. A scheme it leaves out
    gets the one verifier that fits.
    """
    choice = _Choice(api, mapping, verifiers, locate)
    chosen, problems = _choose_for(api.operations, choice)
    return chosen, (*choice.unknown_schemes(), *problems)


def verifiers_of(
    operation: Operation, api: Api, mapping: Mapping[str, str], verifiers: Mapping[str, Fits]
) -> tuple[dict[str, Fits], tuple[Diagnostic, ...]]:
    """Return the verifier of each security scheme that one operation uses; and problems (MAC206, 321, 401-404)."""
    return _choose_for((operation,), _Choice(api, mapping, verifiers, None))


_BEARER: Final = SecurityScheme(name="Authorization", type="http", scheme="bearer")
"""What a decorator asks for, in the words of a document."""


def verifier_of_decorator(
    operation: Operation, mapping: Mapping[str, str], verifiers: Mapping[str, Fits]
) -> Fits | Diagnostic:
    """Return what checks the bearer token a decorated handler asks for where the document leaves its operation open.

    It is the only one there is, or the only one that the API's `security` names; else a problem (MAC407).
    """
    named = set(mapping.values()) & set(verifiers) or set(verifiers)
    fitting = sorted(name for name in named if verifiers[name].fits(_BEARER))
    if len(fitting) == 1:
        return verifiers[fitting[0]]
    return Diagnostic(
        "MAC407",
        f'the handler of "{operation.name}" is decorated to look at the token, and no verifier is chosen',
        operation.location,
        label=f"several could: {', '.join(fitting)}" if fitting else "auth: has none that reads tokens",
        help=f"name one in auth:, and in apis.{operation.api}.security where auth: has several",
    )


def _choose_for(
    operations: Iterable[Operation], choice: _Choice[Fits]
) -> tuple[dict[str, Fits], tuple[Diagnostic, ...]]:
    """Return the verifiers of the schemes in use, and a problem for each scheme that has none."""
    chosen: dict[str, Fits] = {}
    problems: list[Diagnostic] = []
    for scheme, operation in _schemes_in_use(operations):
        verifier = choice.verifier_of(scheme, operation)
        if isinstance(verifier, Diagnostic):
            problems.append(verifier)
        else:
            chosen[scheme] = verifier
    return chosen, tuple(problems)


def _schemes_in_use(operations: Iterable[Operation]) -> Iterator[tuple[str, Operation]]:
    """Yield each scheme that a requirement names, once, with the first operation that does."""
    seen = set()
    for operation in operations:
        for use in (use for requirement in operation.security for use in requirement):
            if use.scheme not in seen:
                seen.add(use.scheme)
                yield use.scheme, operation


@dataclass(frozen=True, slots=True)
class _Choice(Generic[Fits]):
    """Chooses verifiers for the schemes of one API, or says in a diagnostic why it cannot."""

    api: Api
    mapping: Mapping[str, str]
    verifiers: Mapping[str, Fits]
    locate: Locate | None

    def verifier_of(self, name: str, operation: Operation) -> Fits | Diagnostic:
        """Return the verifier of the scheme `name`, which `operation` needs."""
        scheme = self.api.security_schemes.get(name)
        if scheme is None:
            return self._undefined(name, operation)
        if name in self.mapping:
            return self._mapped(scheme)
        fitting = [name for name, verifier in self.verifiers.items() if verifier.fits(scheme)]
        if len(fitting) == 1:
            return self.verifiers[fitting[0]]
        return self._ambiguous(scheme, fitting, operation) if fitting else self._unserved(scheme, operation)

    def unknown_schemes(self) -> Iterator[Diagnostic]:
        """Yield a diagnostic for each scheme that macaron.yaml maps and the document does not have."""
        known = self.api.security_schemes
        for name in self.mapping:
            if name not in known:
                yield Diagnostic(
                    "MAC405",
                    f'API "{self.api.name}" has no security scheme "{name}"',
                    self._place("security", name, key=True),
                    label=not_one_of(sorted(known)),
                    help=near_word(name, known),
                )

    def _mapped(self, scheme: SecurityScheme) -> Fits | Diagnostic:
        wanted = self.mapping[scheme.name]
        verifier = self.verifiers.get(wanted)
        place = self._place("security", scheme.name)
        what = f'security scheme "{scheme.name}" of API "{self.api.name}"'
        if verifier is None:
            return Diagnostic(
                "MAC206",
                f'unknown verifier "{wanted}" for {what}',
                place,
                label=not_one_of(sorted(self.verifiers)),
                help=near_word(wanted, self.verifiers),
            )
        if not verifier.fits(scheme):
            label = f"the scheme is {_described(scheme)}"
            return Diagnostic("MAC404", f'verifier "{wanted}" cannot check {what}', place, label)
        return verifier

    def _undefined(self, name: str, operation: Operation) -> Diagnostic:
        known = self.api.security_schemes
        return Diagnostic(
            "MAC321",
            f'"{operation.name}" needs security scheme "{name}", which the document does not define',
            operation.location,
            label=not_one_of(sorted(known)),
            help=near_word(name, known),
        )

    def _unserved(self, scheme: SecurityScheme, operation: Operation) -> Diagnostic:
        place = self._place(key=True)
        return Diagnostic(
            "MAC401",
            f'no verifier checks security scheme "{scheme.name}", which "{operation.name}" needs',
            operation.location,
            label=f"the scheme is {_described(scheme)}",
            help=(
                "add a verifier of type jwt to auth: in macaron.yaml"
                if carries_a_token(scheme)
                else "no verifier of this version can; use http bearer, oauth2, openIdConnect or apiKey"
            ),
            related=((place, "the API is served here"),) if place else (),
        )

    def _ambiguous(self, scheme: SecurityScheme, fitting: list[str], operation: Operation) -> Diagnostic:
        api = self.api.name
        return Diagnostic(
            "MAC402",
            f'several verifiers fit security scheme "{scheme.name}" of API "{api}": {", ".join(sorted(fitting))}',
            self._place(key=True) or operation.location,
            help=f"choose one in macaron.yaml: apis.{api}.security: {{{scheme.name}: {fitting[0]}}}",
        )

    def _place(self, *path: str, key: bool = False) -> Location | None:
        """Return where macaron.yaml speaks of this API."""
        return self.locate("apis", self.api.name, *path, key=key) if self.locate else None


def _described(scheme: SecurityScheme) -> str:
    """Return a scheme in a few words: "http basic", "apiKey in header X-Key", "mutualTLS"."""
    if scheme.type == "apiKey":
        return f"apiKey in {scheme.carrier} {scheme.parameter_name}"
    return f"{scheme.type} {scheme.scheme}".strip()
