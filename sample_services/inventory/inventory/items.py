"""Handlers of /items and /reservations."""

from inventory import store
from macaron_runner import MacaronError, NotFound, apipool


class OutOfStock(MacaronError):
    """There is less of a product than was asked for."""

    code, status = "OUT_OF_STOCK", 409


def list_items(limit, kind=None, after=None):
    """GET /items: one more than the page is looked for, to know whether there is another."""
    found = [item_of(row) for row in store.items(kind, after, limit + 1)]
    page = found[:limit]
    return apipool.inventory.ItemPage(items=page, next=page[-1].sku if len(found) > limit else None)


def get_item(sku):
    """GET /items/{sku}."""
    row = store.item(sku)
    if row is None:
        raise NotFound(f"There is no {sku}")
    return item_of(row)


def reserve(body, order_id):
    """PUT /reservations/{order-id}: asked again, it changes nothing."""
    lacking = store.reserve(str(order_id), [(line.sku, line.quantity) for line in body.lines])
    if lacking:
        raise OutOfStock(f"There is not enough of {lacking}", user_message="We are sold out, sorry!")
    return body


def release(order_id):
    """DELETE /reservations/{order-id}."""
    if not store.release(str(order_id)):
        raise NotFound(f"There is no reservation for {order_id}")


def item_of(row):
    """Return the item in a row."""
    sku, kind, quantity = row
    return apipool.inventory.Item(sku=sku, kind=kind, quantity=quantity)
