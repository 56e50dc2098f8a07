"""The documents that come with macaron."""

from __future__ import annotations

from pathlib import Path

import pytest

from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.documents import check_with_surroundings
from macaron_runner.openapi.api import read_api
from macaron_runner.openapi.builtin import BUILTIN, builtin_document, find_document
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.operation import Api, SchemeUse


def read(name: str) -> Api:
    return read_api(read_document(builtin_document(name)), name)


@pytest.mark.parametrize("name", BUILTIN)
def test_they_break_no_rule(name: str) -> None:
    assert check_with_surroundings(read_document(builtin_document(name))).problems == ()


@pytest.mark.parametrize("name", BUILTIN)
def test_every_operation_has_a_handler_of_its_name(name: str) -> None:
    for operation in read(name).operations:
        assert operation.extensions == {
            "x-bind-server": f"macaron_runner.server.builtin.{operation.operation_id}"
        }


def test_ping_has_the_operations_that_the_contract_promises() -> None:
    operations = {found.route: found for found in read("ping").operations}
    assert list(operations) == ["/ping", "/version", "/auth/version"]
    assert operations["/ping"].security == operations["/version"].security == ()
    assert operations["/auth/version"].security == ((SchemeUse("bearerAuth"),),)
    assert [response.status for response in operations["/auth/version"].responses] == ["200", "401"]


def test_find_document() -> None:
    assert find_document("macaron:crash", Path("/service")) == builtin_document("crash")
    assert find_document("apis/shop.yaml", Path("/service")) == Path("/service/apis/shop.yaml")


def test_no_such_built_in_api() -> None:
    with pytest.raises(BadConfiguration) as caught:
        find_document("macaron:pin", Path())
    (found,) = caught.value.diagnostics
    assert (found.code, found.help) == ("MAC308", 'did you mean "ping"?')
