"""Parameter names as Python names."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.openapi.operation import Operation, Parameter
from macaron_runner.validation.identifiers import argument_names, identifier, parameter_identifiers


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("limit", "limit"), ("shop-id", "shop_id"), ("X-Request-ID", "X_Request_ID"), ("ids[]", "ids"),
        ("filter[name]", "filter_name"), ("from", "from_"), ("class", "class_"), ("2fa", "_2fa"), ("$top", "top"),
        ("_private", "_private"), ("größe", "größe"), ("ﬁle", "file"), ("***", "_"), ("a.b.c", "a_b_c"),
        ("a\U00011052b", "a_b"),  # a numeral that Python has in no name
    ],
)  # fmt: skip
def test_identifier(name: str, expected: str) -> None:
    assert identifier(name) == expected
    assert expected.isidentifier()


@given(st.text())
def test_every_name_becomes_one(name: str) -> None:
    assert identifier(name).isidentifier()


def named(*parameters: tuple[str, Any]) -> Operation:
    found = tuple(Parameter(name, location, False, {}, "simple", False) for name, location in parameters)
    return Operation("shop", "GET", "", "/x", "find", found, None, ())


def test_the_path_keeps_a_name_that_several_locations_have() -> None:
    operation = named(("id", "query"), ("id", "path"), ("id", "header"), ("other", "query"))
    assert parameter_identifiers(operation) == ("id_in_query", "id", "id_in_header", "other")


def test_two_names_of_one_location_that_are_one_identifier_are_a_diagnostic() -> None:
    with pytest.raises(BadConfiguration) as caught:
        parameter_identifiers(named(("shop-id", "query"), ("shop_id", "query")))
    (found,) = caught.value.diagnostics
    assert found.code == "MAC375"
    assert '"shop-id" (query) and "shop_id" (query)' in found.message


def test_calls_have_a_name_for_each_of_them() -> None:
    operation = named(("at", "query"), ("at<", "query"), ("at>", "query"), ("at_2", "query"), ("id", "path"))
    assert argument_names(operation) == ("at", "at_2", "at_3", "at_2_2", "id")
    assert argument_names(named(("a", "query"), ("b", "query"))) == ("a", "b")
