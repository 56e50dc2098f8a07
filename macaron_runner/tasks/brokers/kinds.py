"""The kinds of broker: what each can keep of what tasks are promised. Pure data.

Not for which URL means which (configuration.brokers), the settings that keep it (guarantee), nor for asking a broker
(monitoring.reach).
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from macaron_runner.configuration.brokers import BrokerKind, known_kind
from macaron_runner.configuration.model import Tasks

Kind: TypeAlias = BrokerKind

DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Powers:
    """What a kind of broker can do.

    `longest_delay` and `longest_task` in seconds: what waits or runs longer is lost, or runs twice. `control`: workers
    can be asked and told (revoke, live views). `private_queues`: a worker can have a queue of its own, which costs
    nothing and goes away by itself. `requirement`: the module it needs that only an extra installs, and
    that extra.
    """

    longest_delay: float = math.inf
    longest_task: float = math.inf
    control: bool = True
    at_most_once: bool = True
    priorities: str = ""
    private_queues: bool = True
    requirement: tuple[str, str] | None = None


POWERS: Final[Mapping[Kind, Powers]] = {
    "embedded": Powers(),
    "redis": Powers(),
    # A delay is written into 28 bits. Priorities are those of quorum queues.
    "amqp": Powers(
        2.0**28 - 1, priorities="knows two (5 to 9 go before 1 to 4) from version 4 on, and none before"
    ),
    # A message is kept for 14 days at the most, and held by one receiver for 12 hours.
    "sqs": Powers(
        13 * DAY,
        DAY / 2,
        control=False,
        at_most_once=False,
        priorities="knows none",
        private_queues=False,
        requirement=("boto3", "sqs"),
    ),
    # A subscription keeps messages for 7 days; a delayed one is with a worker all the while, which holds it.
    "pubsub": Powers(
        6 * DAY,
        6 * DAY,
        at_most_once=False,
        priorities="knows none",
        private_queues=False,
        requirement=("google.cloud.pubsub_v1", "pubsub"),
    ),
}


def broker_kind(tasks: Tasks) -> Kind:
    """Return what kind of broker `tasks.broker` names; loading has seen to it that it is one of them."""
    kind = known_kind(tasks)
    assert kind is not None, "a configuration with another broker is not loaded"
    return kind


def missing_extra(kind: Kind) -> str:
    """Return the sentence that says which extra is not installed, and how to install it; "" where none is missing."""
    requirement = POWERS[kind].requirement
    if requirement is None or _is_installed(requirement[0]):
        return ""
    return f"the broker needs packages that are not installed: pip install 'macaron-runner[{requirement[1]}]'"


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the package around it
        return False
