"""What operations are called: of a client's methods, of stubs, on the command line."""

from __future__ import annotations

from typing import Any

import pytest

from macaron_runner.clients.naming import operation_name, operation_names
from macaron_runner.openapi.operation import Operation


def operation(operation_id: str | None, path: str = "/orders/{order-id}", **extensions: Any) -> Operation:
    said = {name.replace("_", "-"): value for name, value in extensions.items()}
    return Operation("shop", "GET", "/v1", path, operation_id, (), None, (), extensions=said)


@pytest.mark.parametrize(
    ("named", "name"),
    [
        (operation("createOrder"), "create_order"),
        (operation("getHTTPInfo"), "get_http_info"),
        (operation("pets.list"), "pets_list"),
        (operation("List"), "list"),
        (operation("From"), "from_"),
        (operation("2nd"), "_2nd"),
        (operation("aio"), "aio_"),
        (operation("createOrder", x_bind_client="order-tea"), "order_tea"),
        (operation("createOrder", x_bind_client="orderTea"), "orderTea"),
        (operation("createOrder", x_bind_client=3), "create_order"),
        (operation(None), "get_orders_order_id"),
        (operation(None, "/"), "get"),
    ],
)
def test_the_name_of_an_operation(named: Operation, name: str) -> None:
    assert operation_name(named) == name


def test_of_operations_with_one_name_the_first_has_it_and_the_others_a_number() -> None:
    first, second, third, other = (operation(name) for name in ("get_it", "getIt", "GetIt", "get_it_2"))
    named = operation_names([first, second, third, other])
    assert list(named) == ["get_it", "get_it_3", "get_it_4", "get_it_2"]
    assert list(named.values()) == [first, second, third, other]


def test_what_x_bind_client_names_has_that_name() -> None:
    first, bound = operation("get_it"), operation("other", x_bind_client="get_it")
    assert operation_names([first, bound]) == {"get_it_2": first, "get_it": bound}
