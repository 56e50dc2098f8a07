"""The Platform of a Cloud Run target: in which order things are done there. Not for how one is done (moves)."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager

from macaron_runner.configuration.deployment import CloudRun
from macaron_runner.deploy.cloud_run.api import LOGGING, RUN, Api, address_of, credentials_of, sender
from macaron_runner.deploy.cloud_run.before import Before
from macaron_runner.deploy.cloud_run.causes import failure_of
from macaron_runner.deploy.cloud_run.comparison import live_resources
from macaron_runner.deploy.cloud_run.health import Health
from macaron_runner.deploy.cloud_run.identity import HEADER, identity_token
from macaron_runner.deploy.cloud_run.jobs import run_once
from macaron_runner.deploy.cloud_run.live import Live
from macaron_runner.deploy.cloud_run.moves import Moves
from macaron_runner.deploy.cloud_run.names import again, beside
from macaron_runner.deploy.cloud_run.notes import Notes
from macaron_runner.deploy.cloud_run.records import (
    before_annotation,
    files_annotation,
    only,
    read_before,
    read_files,
    read_releases,
    release_annotation,
)
from macaron_runner.deploy.cloud_run.render import files_of, resources_in
from macaron_runner.deploy.cloud_run.reports import lines_of, status_of
from macaron_runner.deploy.cloud_run.resources import Resources, service_name
from macaron_runner.deploy.cloud_run.shares import TRAFFIC, settled, tagged, with_candidate
from macaron_runner.deploy.cloud_run.steps import give_by_steps
from macaron_runner.deploy.cloud_run.template import Json, owner_labels
from macaron_runner.deploy.difference import difference
from macaron_runner.deploy.failures import DeploymentFailed
from macaron_runner.deploy.files import Files
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.release import Release
from macaron_runner.deploy.target import Address, Hold, Site, Status


def open_platform(site: Site, hands: Hands) -> CloudRunPlatform:
    """Return the platform of a target. Raises DependencyMissing where google-auth or credentials are missing."""
    credentials = credentials_of(os.environ)
    run, logging = address_of(os.environ, "run", RUN), address_of(os.environ, "logging", LOGGING)
    api = Api(hands, sender(credentials), run, logging)
    return CloudRunPlatform(site, api, lambda audience: identity_token(credentials, audience))


class CloudRunPlatform:
    """A service on Cloud Run, with its worker pools. `token_for(audience)` lets whoever deploys call it."""

    def __init__(self, site: Site, api: Api, token_for: Callable[[str], str]) -> None:
        assert isinstance(site.section, CloudRun)
        self._section, self._hands, self._api, self._token_for = site.section, api.hands, api, token_for
        self._live = Live(
            api, service_name(site.section, site.service), owner_labels(site.service, site.target)
        )
        self._moves = Moves(api, self._live)
        notes, account = beside(self._live.name, "jobs", "releases"), site.section.service_account or ""
        self._notes = Notes(api, notes, self._live.labels, account)
        self._health = Health(self._live, api.hands)
        self._brought: dict[int, Files] = {}  # in a dry run nothing else keeps them

    def difference(self, files: Files) -> str:
        """Return what differs between what has the traffic and instances now, and these files."""
        service = self._live.service()
        if service is None:
            return difference((), files)
        owners = (service, *self._live.pools())
        parts = ((owner, self._live.working(owner)) for owner in owners)
        live = live_resources(parts, resources_in(files), public=self._live.is_public())
        return difference(files_of(live), files)

    def lock(self, who: str, seconds: float) -> AbstractContextManager[Hold]:
        """Keep everybody else out by a note."""
        return self._notes.lock(who, seconds)

    def releases(self) -> tuple[Release, ...]:
        """Return the records among the notes."""
        return read_releases(self._notes.read())

    def record(self, release: Release, files: Files | None = None) -> None:
        """Note a record, and its files."""
        kept = files_annotation(release, files) if files is not None else {}
        self._notes.add(release_annotation(release) | kept)

    def apply(self, release: Release, files: Files) -> None:
        """Run the job that comes before, then put a new revision beside what is live, without traffic."""
        job = resources_in(files).before
        if job is not None:
            run_once(self._moves, job, self._section.timeout)
        self._bring(release, files)

    def restore(self, release: Release, to: Release) -> None:
        """Put what is kept of an earlier release beside what is live: its revision, where that is still there."""
        self._bring(release, self._kept(to))

    def _bring(self, release: Release, files: Files) -> None:
        wanted = self._with_free_names(release, resources_in(files))
        self._brought[release.number] = files_of(wanted)
        notes = files_annotation(release, self._brought[release.number])
        service = self._live.service()
        if read_before(self._notes.read(), release) is None:
            pools, public = self._live.pools(), service is not None and self._live.is_public()
            notes |= before_annotation(Before.of(release.number, service, pools, public=public))
        self._notes.add(notes)
        if service is None:
            self._moves.create({**wanted.service, TRAFFIC: with_candidate([])})
            return
        there = self._live.has_ready(service["name"], wanted.service["template"]["revision"])
        self._moves.change(service["name"], lambda owner: _beside(owner, wanted.service, there=there))

    def wait(self, release: Release, deadline: float) -> None:
        """Wait until the release is healthy, as far as it has come."""
        self._health.wait_for(self._resources(release), deadline)

    @contextmanager
    def address(self, release: Release) -> Iterator[Address | None]:  # noqa: ARG002 - one is tried at a time
        """Give the address of the tag `next`, or of the service; None where it cannot be called from here."""
        service = self._live.service() or {}
        audience = service.get("uri")
        if audience is None or self._section.ingress != "all":
            yield None
            return
        token = "" if self._live.is_public() else self._token_for(audience)
        yield Address(tagged(service).get("uri") or audience, token, HEADER)

    def switch(self, release: Release) -> None:
        """Give the release the worker pools and, when they are well, the traffic."""
        wanted = self._resources(release)
        for pool in wanted.pools:
            self._moves.bring(pool)
        if not self._hands.dry_run:
            self._health.wait_for_pools(wanted, self._hands.clock() + self._section.timeout)
        if release.of is None:
            give_by_steps(self._moves, self._health, wanted.service, self._section)
        self._moves.change(self._live.name, lambda owner: _switched(owner, wanted.service))
        self._moves.open_to_everyone(public=wanted.public)

    def finish(self, release: Release, keep: Collection[int]) -> None:
        """Take away the tag, worker pools that the release does not have, old records, and their revisions."""
        wanted = self._resources(release)
        self._moves.set(self._live.name, {TRAFFIC: wanted.service[TRAFFIC]})
        names = {pool["name"] for pool in wanted.pools}
        for pool in self._live.pools():
            if pool["name"] not in names:
                self._moves.delete(pool["name"])
        self._notes.change(lambda known: only(known, keep))
        self._delete_old_revisions()

    def abandon(self, release: Release, live: Release | None) -> None:  # noqa: ARG002 - kept is how it really was
        """Make everything as it was before `apply`; where there was no service, none is left."""
        before = read_before(self._notes.read(), release)
        if before is None:
            return
        for pool in self._live.pools():
            self._put_back(pool["name"], before.pools.get(pool["name"]))
        if before.service is not None:
            self._moves.open_to_everyone(public=before.public)
        self._put_back(self._live.name, before.service)

    def status(self) -> Status:
        """Return how the service and its worker pools fare."""
        return status_of(self._live, self._notes.deploying())

    def logs(self, workload: str, *, follow: bool, lines: int) -> Iterator[str]:
        """Yield what containers wrote, from Cloud Logging."""
        return lines_of(self._live, workload, follow=follow, lines=lines)

    def _put_back(self, name: str, before: Json | None) -> None:
        if before is None:
            self._moves.delete(name)
        else:
            self._moves.set(name, before)

    def _resources(self, release: Release) -> Resources:
        return resources_in(self._kept(release))

    def _kept(self, release: Release) -> Files:
        files = self._brought.get(release.number) or read_files(self._notes.read(), release.number)
        if files is None:
            raise DeploymentFailed(f"nothing is kept of {release}")
        return files

    def _with_free_names(self, release: Release, wanted: Resources) -> Resources:
        """Return resources whose revisions are not named as one that never got ready: such a name is taken for good."""
        for owner in (wanted.service, *wanted.pools):
            name = owner["template"]["revision"]
            found = self._live.revision(owner["name"], name)
            if found is not None and failure_of(found):
                wanted = wanted.with_revision(owner, again(name, release.number))
        return wanted

    def _delete_old_revisions(self) -> None:
        """Delete our revisions that no kept release consists of; what Google does not let go stays."""
        annotations = self._notes.read()
        kept = [read_files(annotations, each.number) for each in read_releases(annotations)]
        resources = [resources_in(files) for files in kept if files is not None]
        owners = [owner for each in resources for owner in (each.service, *each.pools)]
        wanted = {f"{owner['name']}/revisions/{owner['template']['revision']}" for owner in owners}
        for name in {owner["name"]: None for owner in owners}:
            for revision in self._live.revisions(name):
                if revision["name"] not in wanted and self._live.is_ours(revision):
                    try:
                        self._api.act("DELETE", revision["name"])
                    except DeploymentFailed as error:
                        self._hands.tell(f"  it stays: {str(error).splitlines()[-1].strip()}")


def _beside(owner: Json, wanted: Json, *, there: bool) -> Json:
    """Return the fields with which a revision stands beside what is live; `there`: it needs not be made."""
    shares = settled(owner)
    if there:
        return {TRAFFIC: with_candidate(shares, wanted["template"]["revision"])}
    return {"template": wanted["template"], TRAFFIC: with_candidate(shares)}


def _switched(owner: Json, wanted: Json) -> Json:
    """Return the fields with which a service gives all of the traffic to the wanted revision."""
    return {
        TRAFFIC: with_candidate(wanted[TRAFFIC], wanted["template"]["revision"]),
        "labels": {**owner.get("labels", {}), **wanted["labels"]},
        "ingress": wanted["ingress"],
    }
