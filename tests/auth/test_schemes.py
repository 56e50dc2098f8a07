"""Which verifier checks which scheme, and what is said where that is unclear."""

from __future__ import annotations

import pytest

from macaron_runner.auth.schemes import resolve_schemes
from macaron_runner.auth.verifiers import compile_verifiers
from macaron_runner.diagnostics import Diagnostic, Location
from macaron_runner.openapi.operation import SchemeUse, SecurityScheme
from macaron_runner.rendering import render_text
from tests.support.authentication import BEARER, api_with, operation_with, settings

BASIC = SecurityScheme(name="basic", type="http", scheme="basic")
CERTIFICATE = SecurityScheme(name="certificate", type="mutualTLS")
KEY = SecurityScheme(name="key", type="apiKey", carrier="header", parameter_name="X-Key")
OAUTH = SecurityScheme(name="oauth", type="oauth2", scopes=("a",))
OPENID = SecurityScheme(name="openid", type="openIdConnect")
BEARER_UPPER = SecurityScheme(name="upper", type="http", scheme="Bearer")
ALL = (BEARER, BASIC, CERTIFICATE, KEY, OAUTH, OPENID, BEARER_UPPER)


def locate(*path: str | int, key: bool = False) -> Location:
    return Location(f"macaron.yaml#{'/'.join(map(str, path))}{'~key' if key else ''}", 1, 1)


def resolve(
    used: list[str], mapping: dict[str, str] | None = None, verifiers: tuple[str, ...] = ("users",)
) -> tuple[dict[str, object], list[Diagnostic]]:
    """Return the verifiers' names by scheme, and the diagnostics."""
    operation = operation_with(
        *((SchemeUse(name),) for name in used), locate=lambda: Location("apis/shop.yaml", 7, 3)
    )
    known = compile_verifiers({name: settings() for name in verifiers})
    chosen, problems = resolve_schemes(api_with(*ALL, operations=(operation,)), mapping or {}, known, locate)
    names = {id(verifier): name for name, verifier in known.items()}
    return {scheme: names[id(verifier)] for scheme, verifier in chosen.items()}, list(problems)


@pytest.mark.parametrize("scheme", ["bearerAuth", "key", "oauth", "openid", "upper"])
def test_the_only_verifier_need_not_be_named(scheme: str) -> None:
    assert resolve([scheme]) == ({scheme: "users"}, [])


def test_a_scheme_that_no_operation_uses_needs_no_verifier() -> None:
    assert resolve([], verifiers=()) == ({}, [])


def test_the_mapping_chooses() -> None:
    chosen, problems = resolve(["bearerAuth", "key"], {"bearerAuth": "b", "key": "a"}, ("a", "b"))
    assert chosen == {"bearerAuth": "b", "key": "a"}
    assert problems == []


def only(problems: list[Diagnostic]) -> Diagnostic:
    (problem,) = problems
    return problem


def test_no_verifier_at_all() -> None:
    problem = only(resolve(["bearerAuth"], verifiers=())[1])
    assert problem.code == "MAC401"
    assert str(problem.location) == "apis/shop.yaml:7:3"
    assert problem.related == ((locate("apis", "shop", key=True), "the API is served here"),)
    assert "shop.list_orders" in problem.message
    assert "auth:" in problem.help


@pytest.mark.parametrize("scheme", ["basic", "certificate"])
def test_a_scheme_that_nothing_can_check(scheme: str) -> None:
    problem = only(resolve([scheme])[1])
    assert problem.code == "MAC401"
    assert "no verifier of this version" in problem.help


def test_a_scheme_that_the_document_does_not_define() -> None:
    problem = only(resolve(["bearerAut"])[1])
    assert (problem.code, problem.help) == ("MAC321", 'did you mean "bearerAuth"?')


def test_several_verifiers_fit() -> None:
    problem = only(resolve(["bearerAuth"], verifiers=("a", "b"))[1])
    assert problem.code == "MAC402"
    assert problem.help == "choose one in macaron.yaml: apis.shop.security: {bearerAuth: a}"


def test_an_unknown_verifier() -> None:
    problem = only(resolve(["bearerAuth"], {"bearerAuth": "user"})[1])
    assert (problem.code, problem.help) == ("MAC206", 'did you mean "users"?')
    assert problem.location == locate("apis", "shop", "security", "bearerAuth")


def test_a_verifier_of_the_wrong_kind() -> None:
    problem = only(resolve(["basic"], {"basic": "users"})[1])
    assert (problem.code, problem.label) == ("MAC404", "the scheme is http basic")


def test_a_mapped_scheme_that_does_not_exist() -> None:
    problem = only(resolve([], {"bearer": "users"})[1])
    assert (problem.code, problem.help) == ("MAC405", 'did you mean "bearerAuth"?')
    assert problem.location == locate("apis", "shop", "security", "bearer", key=True)


def test_everything_is_told_at_once() -> None:
    problems = resolve(["basic", "bearerAuth", "key", "nope"], {"bearerAuth": "u", "x": "y"}, ("a", "b"))[1]
    assert [problem.code for problem in problems] == ["MAC405", "MAC401", "MAC206", "MAC402", "MAC321"]
    assert render_text(problems)
