"""Whether a release is healthy yet, what is still awaited, and why it never will be. Looks, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from macaron_runner.deploy.cloud_run.causes import failure_of, is_ready, is_settled, likely_cause, progress_of
from macaron_runner.deploy.cloud_run.live import Live
from macaron_runner.deploy.cloud_run.logs import lines_to_show, server_errors, text_of
from macaron_runner.deploy.cloud_run.names import last_part
from macaron_runner.deploy.cloud_run.resources import Resources
from macaron_runner.deploy.cloud_run.shares import has_everything, is_switched, is_tagged, tagged
from macaron_runner.deploy.cloud_run.template import Json
from macaron_runner.deploy.failures import Evidence, OutOfTime, Unhealthy
from macaron_runner.deploy.hands import Hands

_EVERY: Final = 2.0
_FEW: Final = 3
"""Answers with 5xx that are too many for a release on trial."""


@dataclass(frozen=True, slots=True)
class Health:
    """Looks at what is live."""

    live: Live
    hands: Hands

    def wait_for(self, wanted: Resources, deadline: float) -> None:
        """Wait until a release is ready as far as it has come: beside the live one, or with all there is.

        Raises Unhealthy with evidence.
        """
        self._wait(lambda: self._awaited_of_service(wanted.service), wanted.service, deadline)
        service = self.live.service()
        if service is not None and is_switched(service, wanted.service["template"]["revision"]):
            self.wait_for_pools(wanted, deadline)

    def wait_for_pools(self, wanted: Resources, deadline: float) -> None:
        """Wait until all instances of all worker pools are those of a release. Raises Unhealthy with evidence."""
        for pool in wanted.pools:
            self._wait(partial(self._awaited_of_pool, pool), pool, deadline)

    def _wait(self, look: Callable[[], str], wanted: Json, deadline: float) -> None:
        try:
            self.hands.wait(look, deadline, every=_EVERY)
        except OutOfTime as error:
            raise self._unhealthy(wanted["name"], wanted["template"]["revision"], str(error)) from error

    def check_answers(self, service: str, revision: str, since: str) -> None:
        """See that a revision has answered well since a time. Raises Unhealthy with the requests it did not."""
        entries = server_errors(self.live.api, service, revision, since)
        if len(entries) >= _FEW:
            lines = tuple(text_of(entry) for entry in reversed(entries))
            evidence = Evidence(f"revision {revision} of {last_part(service)}", lines, "it answers with 5xx")
            raise Unhealthy(f"{last_part(service)} does not answer well with part of the traffic", [evidence])

    def check(self, owner: Json, revision: str) -> None:
        """See that a revision, once ready, still is. Raises Unhealthy with evidence."""
        self._awaited_of_revision(owner, revision)

    def _awaited_of_service(self, wanted: Json) -> str:
        service = self.live.service()
        if service is None:
            return "the service is not there yet"
        revision = wanted["template"]["revision"]
        if text := self._awaited_of_revision(service, revision):
            return text
        if is_switched(service, revision):
            return self._awaited_of_shares(service, revision)
        has_address = tagged(service).get("uri") or not is_tagged(service)
        return "" if has_address else f"{revision} has no address yet"

    def _awaited_of_pool(self, wanted: Json) -> str:
        owner, revision = self.live.pool(wanted["name"]), wanted["template"]["revision"]
        if owner is None:
            return f"the worker pool {last_part(wanted['name'])} is not there yet"
        return self._awaited_of_revision(owner, revision) or self._awaited_of_shares(owner, revision)

    def _awaited_of_revision(self, owner: Json, revision: str) -> str:
        found = self.live.revision(owner["name"], revision)
        failure = failure_of(found if found is not None else owner)
        if failure and (found is not None or is_settled(owner)):
            raise self._unhealthy(owner["name"], revision, failure)
        if found is None:
            return f"{revision} is not there yet"
        return "" if is_ready(found) else f"{revision}: {'; '.join(progress_of(found)) or 'it starts'}"

    def _awaited_of_shares(self, owner: Json, revision: str) -> str:
        name = last_part(owner["name"])
        return "" if has_everything(owner, revision) else f"{revision} gets all there is of {name}"

    def _unhealthy(self, owner: str, revision: str, failure: str) -> Unhealthy:
        lines = lines_to_show(self.live.api, owner, revision)
        cause = likely_cause("\n".join([failure, *lines]))
        evidence = Evidence(f"revision {revision} of {last_part(owner)}", lines, failure, cause)
        return Unhealthy(f"{last_part(owner)} does not get healthy", [evidence])
