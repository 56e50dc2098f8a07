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


def test_of_two_operations_with_one_name_the_first_has_it() -> None:
    first, second, other = operation("get_it"), operation("getIt"), operation("more")
    assert operation_names([first, second, other]) == {"get_it": first, "more": other}
