"""Orders in one SQLite file, which all web workers and task workers share."""

import contextlib
import json
import sqlite3

from macaron_runner import NotFound, apipool, config

SCHEMA = """
create table if not exists orders (
    id text primary key,
    created text not null,
    status text not null,
    receipt_sent integer not null,
    text text not null
)
"""
COLUMNS = "text, status, receipt_sent"


@contextlib.contextmanager
def database():
    """A connection for the length of a `with` block; an error inside undoes what was written."""
    with contextlib.closing(sqlite3.connect(config.database, timeout=10)) as connection, connection:
        connection.execute(SCHEMA)
        yield connection


def add(order):
    """Keep a new order."""
    row = (str(order.id), order.created.isoformat(), order.status, False, json.dumps(order.to_json()))
    with database() as connection:
        connection.execute("insert into orders values (?, ?, ?, ?, ?)", row)


def load(order_id):
    """Return an order. Raises NotFound."""
    with database() as connection:
        row = connection.execute(f"select {COLUMNS} from orders where id = ?", [str(order_id)]).fetchone()
    if row is None:
        raise NotFound(f"There is no order {order_id}")
    return order_of(row)


def newest(statuses, after, before, limit):
    """Return the newest orders of some statuses, created in [after, before)."""
    query = f"""
        select {COLUMNS} from orders
        where status in ({", ".join("?" * len(statuses))}) and created >= ? and created < ?
        order by created desc limit ?
    """
    with database() as connection:
        rows = connection.execute(query, [*statuses, after, before, limit]).fetchall()
    return [order_of(row) for row in rows]


def cancel(order_id):
    """Cancel a placed order; return whether this call did it."""
    with database() as connection:
        update = "update orders set status = 'cancelled' where id = ? and status = 'placed'"
        return connection.execute(update, [str(order_id)]).rowcount == 1


def mark_receipt_sent(order_id):
    """Remember that the customer got a receipt."""
    with database() as connection:
        connection.execute("update orders set receipt_sent = 1 where id = ?", [str(order_id)])


def count_by_status():
    """Return how many orders there are of each status."""
    with database() as connection:
        return dict(connection.execute("select status, count(*) from orders group by status"))


def order_of(row):
    """Return the order in a row."""
    text, status, receipt_sent = row
    changed = {"status": status, "receipt_sent": bool(receipt_sent)}
    return apipool.shop.Order.from_json(json.loads(text) | changed)
