"""The scheduler's seat in RabbitMQ: a queue that is one connection's alone, and goes with it.

The broker itself takes the seat from a scheduler whose connection has ended, at once where its process was killed,
after two heartbeats where it says nothing. Runs are sent over the same connection: who has lost the seat cannot send.
The book is the one message of a second, replicated queue.

Not for a service with a store (store_seat), nor for brokers of other kinds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from amqp.exceptions import AMQPError, ResourceLocked
from celery import Celery
from kombu import Connection
from kombu.exceptions import KombuError

from macaron_runner.tasks.scheduling.schedules import Book, Run
from macaron_runner.tasks.scheduling.seat import SeatError, dump_book, load_book, send_run

HEARTBEAT: Final = 5
"""Seconds between two signs of life on an idle connection; looking after the seat gives more."""


class BrokerSeat:
    """A seat.Seat of the service whose name `app` has; a step may take the broker `patience` seconds."""

    def __init__(self, app: Celery, patience: float) -> None:
        self._app = app
        self._patience = patience
        self._seat, self._pages = f"{app.main}.scheduler", f"{app.main}.schedules"
        self._connection: Connection | None = None
        self._channel: Any = None
        """A channel of the connection that has the seat; None where it has not."""
        self._book: Book = {}

    def take(self) -> Book | None:
        """Take the seat, or have the broker confirm that it is ours; return the book."""
        with self._on_connection():
            if self._channel is not None:
                self._channel.queue_declare(self._seat, passive=True)
                return self._book
            channel: Any = self._connected().channel()
            try:
                channel.queue_declare(self._seat, exclusive=True, auto_delete=False)
            except ResourceLocked:  # which closes the channel
                return None
            self._book = self._open_book(channel)
            self._channel = channel
            return self._book

    def send(self, run: Run) -> None:
        """Send a run to its queue, over the connection that has the seat."""
        with self._on_connection():
            producer = self._app.amqp.Producer(self._channel, auto_declare=False)
            send_run(self._app, run, producer=producer, retry=False)

    def write(self, book: Book) -> None:
        """Put this in place of the book."""
        with self._on_connection():
            self._publish(self._channel, dump_book(book))
            self._book = book

    def leave(self) -> None:
        """Close the connection, and so give up the seat."""
        with self._on_connection():
            if self._connection is not None:
                self._connection.release()
            self._connection = self._channel = None

    @contextmanager
    def _on_connection(self) -> Iterator[None]:
        """Raise SeatError where the broker is away, and drop the connection: the seat is lost with it."""
        try:
            yield
        except SeatError:
            self._drop()
            raise
        except (AMQPError, KombuError, OSError) as error:
            self._drop()
            raise SeatError(f"the broker is away: {str(error) or type(error).__name__}") from error

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.collect(self._patience)
        self._connection = self._channel = None

    def _connected(self) -> Connection:
        if self._connection is None:
            limits = {"read_timeout": self._patience, "write_timeout": self._patience}
            self._connection = self._app.connection(heartbeat=HEARTBEAT, transport_options=limits)
        return self._connection

    def _open_book(self, channel: Any) -> Book:
        """Return the book, once there is a copy of its last page: a broker drops what is taken and left too often."""
        kept = {"x-queue-type": "quorum", "x-max-length": 1}
        channel.queue_declare(self._pages, durable=True, auto_delete=False, arguments=kept)
        pages: list[Any] = []
        while (page := channel.basic_get(self._pages)) is not None:
            pages.append(page)
        if not pages:
            return {}
        text = pages[-1].body
        self._publish(channel, text)
        for page in pages:
            channel.basic_ack(page.delivery_tag)
        return load_book(text)

    def _publish(self, channel: Any, text: str | bytes) -> None:
        message = channel.prepare_message(
            text, content_type="application/json", content_encoding="utf-8", properties={"delivery_mode": 2}
        )
        channel.basic_publish(message, routing_key=self._pages)
