"""Handlers of /orders."""

import asyncio
import datetime
import logging
import uuid

from macaron_runner import apipool, current_user, is_error
from shop import store
from shop.errors import AlreadyCancelled
from shop.jobs import give_back, send_receipt
from shop.stock import price_of

log = logging.getLogger(__name__)


def list_orders(limit, status=("placed", "cancelled"), created=None):
    """GET /orders: a parameter with a default in the document always arrives; one without may be missing."""
    after = created.after if created else None
    before = created.before if created else None
    orders = store.newest(status, moment(after, "0001"), moment(before, "9999"), limit)
    return apipool.shop.OrderPage(orders=orders)


def moment(time, default):
    """Return a time as the store compares it: in UTC."""
    return time.astimezone(datetime.UTC).isoformat() if time else default


def create_order(order, x_shop, dry_run):
    """POST /orders: the body and its items arrive as models; the readOnly properties are ours to set."""
    order.id = uuid.uuid4()
    order.created = datetime.datetime.now(datetime.UTC)
    order.status = "placed"
    order.shop = x_shop
    order.total = price_of(order.items)
    if dry_run:
        return order
    reserved = reserve(order)
    if is_error(reserved) and reserved.status == 409:
        return reserved  # the client sees the inventory's error, and that it came from there
    store.add(order)
    send_receipt(order)
    return order, 201, {"Location": f"orders/{order.id}"}


def reserve(order):
    """Have the inventory set aside what an order needs; where it cannot be asked, the order is taken on trust."""
    lines = [{"sku": item.sku, "quantity": item.quantity} for item in order.items]
    reserved = apipool.inventory.client.reserve({"lines": lines}, order_id=order.id)
    if is_error(reserved):
        log.warning("nothing is set aside for order %s: %s", order.id, reserved.description)
    return reserved


async def get_order(order_id):
    """GET /orders/{order-id}: a handler may be async; order_id is a UUID."""
    return await asyncio.to_thread(store.load, order_id)


def cancel_order(order_id, body=None):
    """POST /orders/{order-id}/cancel: the token must carry the scope orders:cancel."""
    store.load(order_id)
    if not store.cancel(order_id):
        raise AlreadyCancelled(f"Order {order_id} is cancelled already")
    give_back(order_id)
    log.info(
        "%s cancelled order %s: %s", current_user.id, order_id, body.reason if body else "no reason given"
    )
    return store.load(order_id)
