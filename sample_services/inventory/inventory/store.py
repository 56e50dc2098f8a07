"""Items and reservations in one SQLite file, which all web workers share."""

import contextlib
import json
import sqlite3

from macaron_runner import config

SCHEMA = """
create table if not exists items (sku text primary key, kind text not null, quantity integer not null);
create table if not exists reservations (order_id text primary key, lines text not null);
insert or ignore into items values
    ('CUP-01', 'cup', 40), ('POT-01', 'pot', 0), ('TEA-01', 'tea', 5000), ('TEA-02', 'tea', 800);
"""


@contextlib.contextmanager
def database():
    """A connection for the length of a `with` block, alone in writing; an error inside undoes what was written."""
    with contextlib.closing(sqlite3.connect(config.database, timeout=10)) as connection:
        connection.executescript(SCHEMA)
        with connection:
            connection.execute("begin immediate")
            yield connection


def items(kind, after, limit):
    """Return the items behind a sku, (sku, kind, quantity) each, in their order."""
    query = "select * from items where sku > ? and kind = coalesce(?, kind) order by sku limit ?"
    with database() as connection:
        return connection.execute(query, [after or "", kind, limit]).fetchall()


def item(sku):
    """Return one item as (sku, kind, quantity), or None."""
    with database() as connection:
        return connection.execute("select * from items where sku = ?", [sku]).fetchone()


def reserve(order_id, lines):
    """Take what an order needs, unless it has it; else take nothing and return the sku of which there is too little."""
    with database() as connection:
        if lines_of(connection, order_id) is None:
            for sku, quantity in lines:
                take = "update items set quantity = quantity - ? where sku = ? and quantity >= ?"
                if connection.execute(take, [quantity, sku, quantity]).rowcount == 0:
                    connection.rollback()
                    return sku
            connection.execute("insert into reservations values (?, ?)", [order_id, json.dumps(lines)])
    return None


def release(order_id):
    """Put back what an order has; return whether it had anything."""
    with database() as connection:
        lines = lines_of(connection, order_id)
        for sku, quantity in lines or ():
            connection.execute("update items set quantity = quantity + ? where sku = ?", [quantity, sku])
        connection.execute("delete from reservations where order_id = ?", [order_id])
    return lines is not None


def lines_of(connection, order_id):
    """Return what an order has set aside, (sku, quantity) each, or None."""
    row = connection.execute("select lines from reservations where order_id = ?", [order_id]).fetchone()
    return json.loads(row[0]) if row else None
