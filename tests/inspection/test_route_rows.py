"""Routes as rows: who may call, in words, for every way in which a document and a decorator can say it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from macaron_runner.configuration.selection import Selection
from macaron_runner.inspection.inspect import inspect_service
from macaron_runner.inspection.routes import Callers, Credential, routes_of

ROOT = Path(__file__).parents[2]

USERS = Credential("bearer", "users")
WRITERS = Credential("bearer", "users", ("orders:write",))
PARTNERS = Credential("key", "partners")


@pytest.mark.parametrize(
    ("callers", "words"),
    [
        (Callers(True), "anyone"),
        (Callers(True, ((USERS,),)), "anyone, looks at users"),
        (Callers(False, ((WRITERS,), (PARTNERS,))), "users (orders:write) or partners"),
        (Callers(False, ((WRITERS, PARTNERS),)), "users (orders:write) and partners"),
        (Callers(False, ((USERS,), (Credential("cookie", "users"),))), "users"),
        (Callers(False, ((Credential("basic", ""),),)), "nobody yet: basic has no verifier"),
    ],
)
def test_callers_in_words(callers: Callers, words: str) -> None:
    assert str(callers) == words


def test_rows_of_a_sample_service() -> None:
    file = str(ROOT / "sample_services" / "helloworld" / "macaron.yaml")
    routes = routes_of(inspect_service(Selection(file), environ={}))
    assert [(route.path, route.method) for route in routes] == sorted(
        (route.path, route.method) for route in routes
    )
    by_path = {route.path: route for route in routes}
    assert by_path["/hello"].handler == "helloworld.api.hello"
    assert str(by_path["/hello"].callers) == "anyone"
    assert str(by_path["/hello/with/auth"].callers) == "users"
    # Open in the document, and closed by macaron_runner.requires_auth.
    assert str(by_path["/hello/with/inheritance"].callers) == "users"
    assert by_path["/hello/with/inheritance"].media_types == ("application/json",)
    assert by_path["/hello/with/inheritance"].body_limit == 2**20
    assert by_path["/hello"].body_limit is None
    assert (by_path["/ping"].builtin, by_path["/health/live"].builtin, by_path["/hello"].builtin) == (
        True,
        True,
        False,
    )
    place = by_path["/hello"].location
    assert place is not None
    assert place.file.endswith("helloworld/api.py")
    assert dataclasses.replace(by_path["/hello"], location=None).to_json()["line"] is None
