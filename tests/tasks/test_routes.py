"""Which queue a call goes to: that of the call, else of the route, else of the decorator, else the default one."""

import pytest
from redis import Redis

from macaron_runner import context
from macaron_runner.tasks.discover import homes
from tests.tasks import parcels
from tests.tasks.test_settings import config_with
from tests.tasks.test_worker import REQUEST

TASKS = {task.name.rpartition(".")[2]: task for task in (parcels.weigh, parcels.plain, parcels.post)}
POOLS = {"main": {"queues": ["default", "post", "heavy"]}}


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ({}, {"weigh": "default", "plain": "default", "post": "post"}),
        ({"p*": "heavy"}, {"weigh": "default", "plain": "heavy", "post": "heavy"}),
        ({"post": "default", "*": "heavy"}, {"weigh": "heavy", "plain": "heavy", "post": "default"}),
    ],
)
def test_the_first_route_counts(routes, expected):
    assert homes(config_with(pools=POOLS, routes=routes).tasks, TASKS) == expected


@pytest.mark.service
def test_calls_take_their_routes(workshop):
    service = workshop(
        "embedded",
        "tasks.pools.default.queues=[default, heavy]",
        'tasks.routes={"*.tick": heavy}',
    )
    with context.entered(REQUEST):
        service.jobs.tick("/nowhere")
        service.jobs.tick.apply_async(["/nowhere"], queue="default")
    with Redis(unix_socket_path=service.broker.socket) as broker:
        assert (broker.llen("default"), broker.llen("heavy")) == (1, 1)
