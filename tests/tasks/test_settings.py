import ssl
from pathlib import Path

import pytest

from macaron_runner.configuration.model import MacaronConfig
from macaron_runner.tasks.brokers.guarantee import celery_settings, default_queue, queue_names
from macaron_runner.tasks.celery_app import create_celery
from macaron_runner.tasks.settings import FIXED, LEASE_OPTIONS, RESTATED, check_settings

SOCKET = Path("/tmp/a b%c/broker.sock")


def config_with(**tasks):
    return MacaronConfig.model_validate(
        {"macaron": 1, "service": {"name": "shop"}, "apis": {"shop": {"spec": "shop.yaml"}}, "tasks": tasks}
    )


def settings_of(**tasks):
    return celery_settings(config_with(**tasks), SOCKET, 0.75)


@pytest.mark.parametrize(
    ("word", "code", "message", "place"),
    [
        ("task_time_limt=3", "MAC601", 'Celery has no setting "task_time_limt"', "key"),
        ("CELERYD_CONCURRENCY=3", "MAC601", 'Celery has no setting "CELERYD_CONCURRENCY"', "key"),
        ("task_time_limit=soon", "MAC602", 'the Celery setting "task_time_limit" must be a number', "value"),
        ("task_time_limit=true", "MAC602", 'the Celery setting "task_time_limit" must be a number', "value"),
        (
            "task_track_started=1",
            "MAC602",
            'the Celery setting "task_track_started" must be true or false',
            "value",
        ),
        ("worker_concurrency=3", "MAC603", '"worker_concurrency" is said by a key of macaron.yaml', "key"),
        ("result_backend=redis://h", "MAC603", '"result_backend" is said by a key of macaron.yaml', "key"),
        ("task_acks_late=false", "MAC604", '"task_acks_late" cannot be changed', "key"),
        ("accept_content=[pickle]", "MAC604", '"accept_content" cannot be changed', "key"),
        (
            "broker_transport_options.visibility_timeout=3",
            "MAC604",
            '"broker_transport_options.visibility_timeout" cannot be changed',
            "key",
        ),
    ],
)
def test_what_raw_settings_may_not_say(configure, word, code, message, place):
    (problem,) = check_settings(configure(f"tasks.settings.{word}"))
    assert (problem.code, problem.message) == (code, message)
    assert problem.location.file == f"--set tasks.settings.{word}"


@pytest.mark.parametrize(
    "word",
    [
        "task_time_limit=30",
        "task_time_limit=0.5",
        "task_track_started=true",
        "worker_state_db=/tmp/state",
        "broker_transport_options={global_keyprefix: shop}",
        "broker_use_ssl={ssl_ca_certs: /etc/ca.pem}",
        "task_annotations={}",
        "task_default_priority=5",
        "task_default_delivery_mode=transient",
    ],
)
def test_what_they_may_say(configure, word):
    assert check_settings(configure(f"tasks.settings.{word}")) == ()


def test_results_need_a_store(configure):
    words = ("tasks.settings.task_ignore_result=false", "tasks.broker=amqp://rabbit")
    (problem,) = check_settings(configure(*words))
    assert (problem.code, problem.message) == (
        "MAC640",
        "the results of tasks: there is no store to keep them in",
    )
    assert check_settings(configure(*words, "tasks.store=redis://cache")) == ()


def test_no_settings_no_celery(python, configure):
    words = configure().selection.arguments()
    code = (
        "import sys\n"
        "from macaron_runner.configuration.load import load\n"
        "from macaron_runner.configuration.selection import Selection\n"
        "from macaron_runner.tasks.settings import check_settings\n"
        f"print(check_settings(load(Selection.parse({words!r}, {{}}), environ={{}})), 'celery' in sys.modules)"
    )
    assert python(code) == "() False\n"


def test_the_tables_name_real_settings():
    from celery.app.defaults import DEFAULTS
    from kombu.transport.redis import Channel

    assert FIXED.keys() | RESTATED.keys() <= DEFAULTS.keys()
    assert set(Channel.from_transport_options) >= LEASE_OPTIONS
    assert not FIXED.keys() & RESTATED.keys()


def test_our_settings_are_celerys():
    from celery.app.defaults import DEFAULTS

    for broker in ("embedded", "redis://h", "amqp://h"):
        assert settings_of(broker=broker).keys() <= DEFAULTS.keys()


def test_at_least_once():
    settings = settings_of()
    assert settings["task_acks_late"]
    assert settings["task_reject_on_worker_lost"]
    assert settings["accept_content"] == ["json"]


def test_the_embedded_brokers_addresses():
    settings = settings_of()
    assert settings["broker_url"] == "macaron+socket:///tmp/a%20b%25c/broker.sock?virtual_host=0"
    app = create_celery(config_with(), SOCKET)
    with app.connection_for_write() as connection:
        assert type(connection.transport).__module__ == "macaron_runner.tasks.brokers.redis_transport"


@pytest.mark.parametrize(
    ("broker", "option"), [("rediss://h:1/0", "ssl_cert_reqs"), ("amqps://h:1//", "cert_reqs")]
)
def test_tls_is_verified(broker, option):
    assert settings_of(broker=broker)["broker_use_ssl"] == {option: ssl.CERT_REQUIRED}


def test_raw_settings_come_last():
    settings = settings_of(
        settings={"task_time_limit": 30, "broker_transport_options": {"global_keyprefix": "shop"}}
    )
    assert settings["task_time_limit"] == 30
    assert settings["broker_transport_options"]["global_keyprefix"] == "shop"
    assert settings["broker_transport_options"]["visibility_timeout"] == 25


def test_queues():
    tasks = config_with(pools={"a": {"queues": ["slow", "fast"]}, "b": {"queues": ["fast", "mail"]}}).tasks
    assert queue_names(tasks) == ("slow", "fast", "mail")
    assert default_queue(tasks) == "slow"
    assert default_queue(config_with().tasks) == "default"


def test_rabbitmq_gets_quorum_queues():
    app = create_celery(config_with(broker="amqp://h"), SOCKET)
    (queue,) = app.conf.task_queues
    assert queue.queue_arguments == {"x-queue-type": "quorum", "x-delivery-limit": 2**31 - 1}
