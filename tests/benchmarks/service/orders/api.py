"""Handlers of apis/orders.yaml."""

from macaron_runner import apipool


def hello():
    """GET /hello"""
    return apipool.orders.Hello(message="Hello world!")


def create_order(order):
    """POST /orders"""
    return receipt_of(order)


def create_secure_order(order):
    """POST /secure/orders: the document demands a token."""
    return receipt_of(order)


def receipt_of(order):
    """Return what the order costs."""
    total = sum(item.quantity * item.price for item in order.items)
    return apipool.orders.Receipt(order=1, customer=order.customer.name, lines=len(order.items), total=total)
