"""kombu's Redis transport as we changed it, on a broker of its own: what is taken is held, or still there."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection, Queue
from redis import Redis

from macaron_runner.tasks.brokers.transports import announce
from tests.tasks.workshop import START_DEADLINE, Embedded, wait_until

pytestmark = pytest.mark.service

QUICK = {"visibility_timeout": 1, "unacked_restore_throttle": 1, "unacked_mutex_expire": 1}


@pytest.fixture
def broker(running, configure):
    """Give the embedded broker, started, and a client that sees it as it is."""
    broker = Embedded(running, configure())
    broker.start()
    broker.client = Redis(unix_socket_path=broker.socket)
    yield broker
    broker.client.close()


@pytest.fixture
def connect(broker):
    """Give a function that returns a connection by our transport, with `options` for it."""
    announce()
    opened = []

    def new(**options):
        connection = Connection(
            f"macaron+socket://{broker.socket}?virtual_host=0",
            transport="macaron",
            transport_options=QUICK | options,
        )
        opened.append(connection)
        return connection

    yield new
    for connection in opened:
        connection.release()


class Consumer:
    """A channel that consumes from queues; what it got is in `messages`, unacknowledged."""

    def __init__(self, connection, *queues, no_ack=False):
        self.connection = connection
        self.channel = connection.default_channel
        self.messages = []
        for name in queues or ("tasks",):
            Queue(name, channel=self.channel).declare()
            self.channel.basic_consume(name, no_ack, self.messages.append, name)

    @property
    def bodies(self):
        return [message.payload for message in self.messages]

    def look(self, count, seconds=START_DEADLINE):
        """Consume until there are so many messages."""
        deadline = time.monotonic() + seconds
        while len(self.messages) < count and time.monotonic() < deadline:
            try:
                self.connection.drain_events(timeout=0.2)
            except TimeoutError:
                self.connection.transport.cycle.maybe_restore_messages()
        return self.bodies


def put(connection, *bodies, queue="tasks"):
    with connection.Producer() as producer:
        for body in bodies:
            producer.publish(body, routing_key=queue, declare=[Queue(queue)], serializer="json")


def test_messages_come_in_order_and_are_held_until_acknowledged(broker, connect):
    put(connect(), *range(5))
    consumer = Consumer(connect())
    assert consumer.look(5) == list(range(5))
    assert broker.client.hlen("unacked") == broker.client.zcard("unacked_index") == 5
    for message in consumer.messages:
        message.ack()
    assert broker.client.hlen("unacked") == broker.client.zcard("unacked_index") == 0


def test_one_that_dies_before_it_read_the_answer_loses_nothing(broker, connect):
    put(connect(), "precious")
    dies = Consumer(connect()).channel
    dies.connection.cycle.on_poll_start()  # asks
    wait_until(lambda: broker.client.llen("tasks") == 0, "the message is taken")
    assert broker.client.hlen("unacked") == 1
    dies.client.connection.disconnect()
    other = Consumer(connect())
    assert other.look(1) == ["precious"]
    assert other.messages[0].headers["redelivered"]


@pytest.fixture
def waiting(connect):
    """Give a consumer that has found its queues empty, and waits for a message longer than a test lasts."""
    consumer = Consumer(connect(), "some", "tasks")
    consumer.connection.transport.brpop_timeout = consumer.channel.brpop_timeout = START_DEADLINE
    for _ in range(2):  # finds nothing, begins to wait
        with pytest.raises((Empty, TimeoutError)):
            consumer.connection.drain_events(timeout=0.2)
    return consumer


def test_an_idle_consumer_hears_of_a_message_at_once(connect, waiting):
    put(connect(), "news")
    begun = time.monotonic()
    assert waiting.look(1) == ["news"]
    assert time.monotonic() - begun < START_DEADLINE / 2


def test_who_consumes_no_more_takes_nothing_that_comes_later(connect, waiting):
    producer = connect()
    put(producer, "before")
    assert waiting.look(1) == ["before"]
    with pytest.raises((Empty, TimeoutError)):
        waiting.connection.drain_events(timeout=0.2)
    begun = time.monotonic()
    waiting.channel.basic_cancel("tasks")
    assert time.monotonic() - begun < START_DEADLINE / 2
    put(producer, "after")
    other = Consumer(connect())
    assert other.look(1) == ["after"]
    assert "redelivered" not in other.messages[0].headers
    assert waiting.bodies == ["before"]


def test_who_consumes_no_more_gets_what_was_taken_already(broker, connect, waiting):
    put(connect(), "news")
    wait_until(lambda: broker.client.hlen("unacked") == 1, "the message is taken")
    waiting.channel.basic_cancel("tasks")
    assert waiting.bodies == ["news"]


def test_what_was_put_without_a_ring_is_found_soon(broker, connect):
    put(connect(), "copied")
    text = broker.client.rpop("tasks")
    consumer = Consumer(connect())
    assert consumer.look(1, seconds=0.5) == []
    broker.client.lpush("tasks", text)
    assert consumer.look(1) == ["copied"]


def test_queues_take_turns(connect):
    producer = connect()
    put(producer, "a1", "a2", queue="a")
    put(producer, "b1", "b2", queue="b")
    consumer = Consumer(connect(), "a", "b")
    assert consumer.look(4) == ["a1", "b1", "a2", "b2"]


def test_without_acknowledgements_nothing_is_held(broker, connect):
    put(connect(), "for anybody")
    consumer = Consumer(connect(), no_ack=True)
    assert consumer.look(1) == ["for anybody"]
    assert broker.client.hlen("unacked") == 0


def test_a_full_memory_refuses_messages_and_gives_out_those_it_has(broker, connect):
    producer = connect()
    put(producer, "before")
    broker.client.config_set("maxmemory", 1)
    with pytest.raises(producer.channel_errors, match="maxmemory"):
        put(producer, "too much")
    consumer = Consumer(connect())
    assert consumer.look(1) == ["before"]
    assert broker.client.hlen("unacked") == 1


def test_a_prefix_is_put_before_every_key(broker, connect):
    put(connect(global_keyprefix="shop:"), "mine")
    consumer = Consumer(connect(global_keyprefix="shop:"))
    assert consumer.look(1) == ["mine"]
    assert all(key.startswith(b"shop:") for key in broker.client.scan_iter())
    consumer.messages[0].requeue()
    assert consumer.look(2) == ["mine", "mine"]


def test_with_a_prefix_too_nothing_is_lost_or_miscounted(broker, connect):
    producer = connect(global_keyprefix="shop:")
    put(producer, "first", "second")
    with producer.Producer() as sender:
        due = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        sender.publish("later", routing_key="tasks", headers={"eta": due})
    consumer = Consumer(connect(global_keyprefix="shop:"))
    consumer.channel.basic_qos(0, 1, False)
    consumer.look(1)
    consumer.channel.put_first([consumer.messages[0].delivery_tag])
    assert consumer.channel.queue_purge("tasks") == 3
    assert broker.client.exists("shop:tasks", "shop:tasks\x06\x16waiting", "shop:unacked") == 0


def a_message(**changes):
    """Return one as kombu writes it, but for what is said otherwise."""
    properties = {"delivery_tag": "its own", "delivery_info": {"exchange": "", "routing_key": "tasks"}}
    sound = {"body": '"news"', "content-type": "application/json", "content-encoding": "utf-8", "headers": {}}
    return {**sound, "properties": properties, **changes}


DEEP = "[" * 1_500 + "]" * 1_500
READ_BY_PYTHON_ALONE = {
    "half a surrogate": json.dumps(a_message(headers={"key": "\ud800"})).encode(),
    "umlauts": json.dumps(a_message(body='"nëws"'), ensure_ascii=False).encode(),
    "two of one tag": json.dumps(a_message()).encode(),
}
READ_BY_NOBODY = {
    "no JSON": b"news",
    "no UTF-8": b'"\xff"',
    "no map": b"[1, 2]",
    "too deep for Lua": json.dumps(a_message(headers="here")).replace('"here"', DEEP).encode(),
    "a number too large": b'{"properties": 0x1}',
    "no body": json.dumps(a_message(body="?", properties={"body_encoding": "base64"})).encode(),
    "no tag": json.dumps(a_message(properties={})).encode(),
    "no headers at all": json.dumps(a_message(headers=None)).encode(),
}


@pytest.mark.parametrize("name", READ_BY_PYTHON_ALONE | READ_BY_NOBODY)
def test_whatever_is_in_a_queue_is_held_and_comes_back(broker, connect, name):
    raw = (READ_BY_PYTHON_ALONE | READ_BY_NOBODY)[name]
    put(connect(), "before")
    broker.client.lpush("tasks", raw)
    dies = Consumer(connect()).channel
    for _ in range(2):
        dies.connection.cycle.on_poll_start()  # asks
        wait_until(lambda: dies.client.connection.can_read(0.1), "there is an answer")
        dies.client.connection.disconnect()
        dies._in_poll = None
    assert broker.client.llen("tasks") == 0
    assert broker.client.hlen("unacked") == broker.client.zcard("unacked_index") == 2
    consumer = Consumer(connect())
    consumer.look(2)
    other = next(message for message in consumer.messages if message.body != b'"before"')
    assert other.headers.get("redelivered", True)
    for message in consumer.messages:
        message.ack()
    assert broker.client.hlen("unacked") == broker.client.zcard("unacked_index") == 0
    if name in READ_BY_PYTHON_ALONE:
        assert other.payload in ("news", "nëws")


def test_a_message_of_a_megabyte(connect):
    large = "ü" * 500_000
    put(connect(), large)
    assert Consumer(connect()).look(1) == [large]


def test_the_state_is_on_the_disk_when_the_broker_is_killed(broker, connect):
    put(connect(), *range(100))
    consumer = Consumer(connect())
    consumer.look(40)
    broker.process.kill()
    broker.process.wait(START_DEADLINE)
    assert Path(broker.socket).exists()
    broker.start()
    left = broker.client.llen("tasks") + broker.client.hlen("unacked")
    assert left == 100


@pytest.fixture
def refuse_writes(broker):
    """Give a function that makes the broker refuse whatever it would have to write down, or no longer."""

    def refuse(refused=True):
        broker.client.config_set("min-replicas-to-write", int(refused))

    return refuse


def test_what_is_done_while_the_broker_cannot_note_it_leaves_room_and_is_noted_later(
    broker, connect, refuse_writes
):
    put(connect(), "first", "second")
    consumer = Consumer(connect())
    consumer.channel.basic_qos(0, 1, False)
    assert consumer.look(1) == ["first"]
    refuse_writes()
    consumer.messages[0].ack()
    refuse_writes(False)
    assert consumer.look(2) == ["first", "second"]
    assert broker.client.hlen("unacked") == 2
    consumer.channel.qos.renew()
    assert broker.client.hlen("unacked") == 1


def test_what_was_done_is_noted_by_the_connection_after_the_lost_one(broker, connect, refuse_writes):
    put(connect(), "first")
    consumer = Consumer(connect())
    consumer.look(1)
    refuse_writes()
    consumer.messages[0].ack()
    refuse_writes(False)
    consumer.channel.close()
    assert broker.client.llen("tasks") == 0, "given back though it is done"
    later = Consumer(connect())
    later.channel.qos.renew()
    assert broker.client.hlen("unacked") == 0
    assert later.look(1, seconds=2) == []


def test_what_cannot_be_given_back_comes_back_with_its_lease(connect, refuse_writes):
    put(connect(), "first")
    consumer = Consumer(connect())
    consumer.channel.basic_qos(0, 1, False)
    consumer.look(1)
    refuse_writes()
    consumer.messages[0].requeue()
    refuse_writes(False)
    assert consumer.look(2) == ["first", "first"]
