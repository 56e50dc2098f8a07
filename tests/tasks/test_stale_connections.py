"""A call on a connection that RabbitMQ has closed meanwhile, in a pool: it is queued, and once."""

import signal

import pytest

from macaron_runner import context
from tests.tasks.workshop import PAYMENTS, START_DEADLINE

pytestmark = pytest.mark.service

REQUEST = context.Context(request_id="request-1")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_first_call_after_the_broker_was_started_again_is_queued(workshop, how):
    service = workshop("rabbitmq", PAYMENTS, own=True)

    def call_both():
        with context.entered(REQUEST):
            service.jobs.charge("once", "", place=str(service.place))
            service.jobs.tick(str(service.place))

    with service.celery.producer_pool.acquire() as one, service.celery.producer_pool.acquire() as other:
        assert one.connection.default_channel.is_open
        assert other.connection.default_channel.is_open
    call_both()
    service.broker.process.send_signal(how)
    service.broker.process.wait(START_DEADLINE)
    service.broker.start()
    for _ in range(3):
        call_both()
    assert service.waiting() == 8
