"""A release gets the traffic step by step, where the target says so, and is watched. Not for the last step."""

from __future__ import annotations

from typing import Final

from macaron_runner.configuration.deployment import CloudRun
from macaron_runner.deploy.cloud_run.health import Health
from macaron_runner.deploy.cloud_run.moves import Moves
from macaron_runner.deploy.cloud_run.shares import TRAFFIC, divided, main_revision
from macaron_runner.deploy.cloud_run.template import Json
from macaron_runner.deploy.failures import OutOfTime

_EVERY: Final = 10.0


def give_by_steps(moves: Moves, health: Health, wanted: Json, section: CloudRun) -> None:
    """Give a service's revision one share of the traffic after the other, each for a while.

    Raises Unhealthy where it answers with 5xx, or dies. The first release of a service gets everything at once.
    """
    name, revision = wanted["name"], wanted["template"]["revision"]
    service = moves.live.service()
    before = main_revision(service) if service is not None else ""
    if before in ("", revision):
        return
    for percent in section.steps:
        since = moves.api.hands.now()
        moves.set(name, {TRAFFIC: divided(before, revision, percent)})
        if not moves.api.hands.dry_run:
            _watch(health, wanted, f"{percent} % of the traffic goes to {revision}", since, section.step)


def _watch(health: Health, wanted: Json, told: str, since: str, seconds: float) -> None:
    revision = wanted["template"]["revision"]

    def look() -> str:
        health.check(wanted, revision)
        health.check_answers(wanted["name"], revision, since)
        return told

    try:
        health.hands.wait(look, health.hands.clock() + seconds, every=_EVERY)
    except OutOfTime:
        return  # it went well for all of the time
