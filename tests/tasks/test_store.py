"""Which Redis is the store, how Celery and we reach it, and that both are one."""

import ssl
from pathlib import Path

import pytest

from macaron_runner.tasks.store import open_store
from tests.tasks.test_settings import SOCKET, config_with, settings_of
from tests.tasks.workshop import Embedded

OTHER = "redis://cache:6380/3"


@pytest.mark.parametrize(
    ("tasks", "results"),
    [
        ({}, "redis+socket:///tmp/a%20b%25c/broker.sock?virtual_host=1"),
        ({"broker": "redis://h:1/5"}, "redis://h:1/5"),
        ({"broker": "redis://h:1/5", "store": OTHER}, OTHER),
        ({"broker": "amqp://h", "store": OTHER}, OTHER),
        ({"store": OTHER}, OTHER),
        ({"broker": "amqp://h"}, "macaron_runner.tasks.results:NoStore"),
    ],
)
def test_results_are_in_the_store(tasks, results):
    assert settings_of(**tasks).get("result_backend") == results


@pytest.mark.parametrize(
    ("tasks", "address"),
    [
        ({}, {"path": str(SOCKET), "db": 1}),
        ({"broker": "redis://h:1/5"}, {"host": "h", "port": 1, "db": 5}),
        ({"broker": "amqp://h", "store": OTHER}, {"host": "cache", "port": 6380, "db": 3}),
    ],
)
def test_where_it_is(tasks, address):
    used = open_store(config_with(**tasks), SOCKET, 0.75).client.connection_pool.connection_kwargs
    assert address.items() <= used.items()
    assert used["socket_timeout"] == 0.75


def test_there_may_be_none():
    assert open_store(config_with(broker="amqp://h"), SOCKET, 0.75) is None


@pytest.mark.parametrize(
    ("tasks", "option"),
    [
        ({"broker": "rediss://h"}, "broker_use_ssl"),
        ({"broker": "amqp://h", "store": "rediss://h"}, "redis_backend_use_ssl"),
    ],
)
def test_tls_is_verified_against_the_authorities_named(tasks, option):
    tasks["settings"] = {option: {"ssl_ca_certs": "/etc/ca.pem"}}
    expected = {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_ca_certs": "/etc/ca.pem"}
    assert settings_of(**tasks)["redis_backend_use_ssl"] == expected
    used = open_store(config_with(**tasks), SOCKET, 0.75).client.connection_pool.connection_kwargs
    assert expected.items() <= used.items()


@pytest.mark.service
def test_it_keeps_a_services_own_keys(running, configure):
    configuration = configure()
    broker = Embedded(running, configuration)
    broker.start()
    store = open_store(configuration.config, Path(broker.socket), 5.0)
    with store.client as client:
        assert client.set(store.key("scheduler", "lock"), "mine", nx=True)
        assert list(client.scan_iter()) == ["macaron:parcels:scheduler:lock"]
