"""The schemas of the benchmark as msgspec structs, for the peers that validate with msgspec."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec


class Customer(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    email: Annotated[str, msgspec.Meta(min_length=3, max_length=120)]


class Item(msgspec.Struct):
    sku: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}-[0-9]{4}$")]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    price: Annotated[int, msgspec.Meta(ge=0)]
    ship_after: datetime
    note: Annotated[str, msgspec.Meta(max_length=80)] | None = None


class Order(msgspec.Struct):
    customer: Customer
    items: Annotated[list[Item], msgspec.Meta(min_length=1, max_length=1000)]


class Hello(msgspec.Struct):
    message: str


class Receipt(msgspec.Struct):
    order: int
    customer: str
    lines: int
    total: int


decode_order = msgspec.json.Decoder(Order).decode
encode = msgspec.json.Encoder().encode


def receipt_of(order: Order) -> Receipt:
    """Return what the order costs."""
    total = sum(item.quantity * item.price for item in order.items)
    return Receipt(order=1, customer=order.customer.name, lines=len(order.items), total=total)
