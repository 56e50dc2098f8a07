"""A job that is made, run once to its end, and taken away: what comes before a release. Not for the notes (notes)."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from macaron_runner.deploy.cloud_run.api import Api, Conflict
from macaron_runner.deploy.cloud_run.causes import SUCCEEDED, condition, likely_cause
from macaron_runner.deploy.cloud_run.logs import lines_to_show
from macaron_runner.deploy.cloud_run.moves import Moves
from macaron_runner.deploy.cloud_run.names import last_part
from macaron_runner.deploy.cloud_run.template import Json
from macaron_runner.deploy.failures import DeploymentFailed, Evidence, OutOfTime, Unhealthy
from macaron_runner.deploy.hands import never

_EVERY: Final = 2.0


def run_once(moves: Moves, job: Json, seconds: float) -> None:
    """Run a job to its end, which may take so many seconds. Raises Unhealthy with evidence where it fails.

    It is not tried again: who knows how far it came.
    """
    api = moves.api
    _make(api, job)
    try:
        started = api.act("POST", f"{job['name']}:run", {}, again=never)
        if started is not None:
            _wait(api, job, started["metadata"]["name"], seconds)
    finally:
        # One that stays does no harm, and is made anew by the next release.
        with suppress(DeploymentFailed):
            moves.delete(job["name"])


def _make(api: Api, job: Json) -> None:
    collection, _, short = job["name"].rpartition("/")
    body = {key: value for key, value in job.items() if key != "name"}
    try:
        api.act("POST", collection, body, jobId=short)
    except Conflict:  # of a release that was broken off, or our own request, sent twice
        api.act("PATCH", job["name"], body)


def _wait(api: Api, job: Json, execution: str, seconds: float) -> None:
    def look() -> str:
        found = api.read(execution) or {}
        return "" if found.get("completionTime") else f"{last_part(execution)} runs"

    try:
        api.hands.wait(look, api.hands.clock() + seconds, every=_EVERY)
    except OutOfTime as error:
        raise _unhealthy(api, job, execution, str(error)) from error
    completed = condition(api.read(execution) or {}, "Completed")
    if completed.get("state") != SUCCEEDED:
        raise _unhealthy(api, job, execution, str(completed.get("message", "")))


def _unhealthy(api: Api, job: Json, execution: str, why: str) -> Unhealthy:
    lines = lines_to_show(api, job["name"])
    evidence = Evidence(
        f"execution {last_part(execution)}", lines, why, likely_cause("\n".join([why, *lines]))
    )
    return Unhealthy(f"{last_part(job['name'])} failed: the release is not begun", [evidence])
