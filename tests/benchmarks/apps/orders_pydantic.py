"""The schemas of the benchmark as pydantic models, for the peers that validate with pydantic."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field


class Customer(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=80)]
    email: Annotated[str, Field(min_length=3, max_length=120)]


class Item(BaseModel):
    sku: Annotated[str, Field(pattern=r"^[A-Z]{3}-[0-9]{4}$")]
    quantity: Annotated[int, Field(ge=1, le=1000)]
    price: Annotated[int, Field(ge=0)]
    ship_after: datetime
    note: Annotated[str | None, Field(max_length=80)] = None


class Order(BaseModel):
    customer: Customer
    items: Annotated[list[Item], Field(min_length=1, max_length=1000)]


class Hello(BaseModel):
    message: str


class Receipt(BaseModel):
    order: int
    customer: str
    lines: int
    total: int


def receipt_of(order: Order) -> Receipt:
    """Return what the order costs."""
    total = sum(item.quantity * item.price for item in order.items)
    return Receipt(order=1, customer=order.customer.name, lines=len(order.items), total=total)
