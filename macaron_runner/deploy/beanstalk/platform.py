"""A target on Elastic Beanstalk, as the course of a deployment meets it: each release is an environment.

What is kept of releases is in S3 (store), which of them has the traffic is a matter of addresses (traffic). Not for the
course of a deployment (pipeline).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cache, partial
from itertools import chain, islice
from typing import Any, Final

from macaron_runner.configuration.deployment import Beanstalk
from macaron_runner.deploy.acceptance import answers
from macaron_runner.deploy.beanstalk import locking, names
from macaron_runner.deploy.beanstalk.aws import Aws, AwsRefusal, open_client
from macaron_runner.deploy.beanstalk.bundle import pack, unpack
from macaron_runner.deploy.beanstalk.drift import live_files
from macaron_runner.deploy.beanstalk.environments import Environment, Environments
from macaron_runner.deploy.beanstalk.evidence import Machines
from macaron_runner.deploy.beanstalk.render import bundle_files, options_of
from macaron_runner.deploy.beanstalk.store import ABSENT, Record, Store
from macaron_runner.deploy.beanstalk.traffic import Traffic
from macaron_runner.deploy.beanstalk.versions import Versions
from macaron_runner.deploy.beanstalk.watch import Watch
from macaron_runner.deploy.difference import difference
from macaron_runner.deploy.failures import DeploymentFailed
from macaron_runner.deploy.files import Files, digest
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.release import Release
from macaron_runner.deploy.target import Address, Hold, Platform, Site, Status, WorkloadStatus

_PATIENCE: Final = 300.0
"""Seconds until everybody is led to the new environment: names are remembered for a minute, by some for longer."""


def open_platform(site: Site, hands: Hands) -> Platform:
    """Return the platform of a target of type beanstalk."""
    assert isinstance(site.section, Beanstalk)
    return BeanstalkPlatform(site, site.section, hands, partial(open_client, site.section))


class BeanstalkPlatform:
    """One target on Elastic Beanstalk; `client` opens the library's client of a service."""

    def __init__(self, site: Site, section: Beanstalk, hands: Hands, client: Callable[[str], Any]) -> None:
        aws = Aws(hands, section, client)
        self._site, self._section, self._hands = site, section, hands
        self._live = names.live_prefix(section.application, section.cname)
        self._store = Store(aws, section.bucket, names.target_folder(section.application, site.target))
        self._versions = Versions(aws, hands, section.application, section.bucket)
        self._environments = Environments(aws, section.application)
        self._traffic = Traffic(self._environments, hands, self._live)
        self._machines = Machines(aws, hands)
        self._records: dict[int, Record] = {}
        self._watch = cache(partial(Watch, self._environments, self._machines, hands, since=hands.now()))

    def difference(self, files: Files) -> str:
        """Return what would change of the live environment: its bundle, and the options in force in it."""
        holder = self._traffic.holder()
        live = () if holder is None else self._files_of(holder)
        return difference(live, files)

    def lock(self, who: str, seconds: float) -> AbstractContextManager[Hold]:
        """Keep everybody else out, by an object in S3."""
        return locking.held(self._store, self._hands, who, seconds)

    def releases(self) -> tuple[Release, ...]:
        """Return the records in S3, the oldest first; in a dry run also those that would be there."""
        unwritten = self._records if self._hands.dry_run else {}
        self._records = {record.release.number: record for record in self._store.records()} | unwritten
        return tuple(record.release for record in self._records.values())

    def record(self, release: Release, files: Files | None = None) -> None:
        """Keep a record; with files also their bundle, and the options of the environment to come."""
        known = self._known(release)
        if known is None:
            known = self._begun(release, files or ())
        self._keep(known.of(release))

    def apply(self, release: Release, files: Files) -> None:  # noqa: ARG002 - kept with its record
        """Have the environment of a release made, beside the live one."""
        self._bring(self._found(release))

    def restore(self, release: Release, to: Release) -> None:
        """Have the environment of a former release again: the one that still runs, or one made as that was."""
        former, record = self._found(to), self._found(release)
        running = self._environments.named(former.environment)
        still_good = running is not None and running.runs_well(former.label)
        name = former.environment if still_good else record.environment
        self._keep(Record(release, name, former.label, former.options, record.previous))
        self._bring(self._found(release))

    def wait(self, release: Release, deadline: float) -> None:
        """Wait until the environment of a release is ready, green, and runs its version."""
        record = self._found(release)
        self._watch(record.environment).until_well(record.label, deadline)

    def address(self, release: Release) -> AbstractContextManager[Address | None]:
        """Return the address that the environment of a release has."""
        environment = self._environments.standing(self._found(release).environment)
        return nullcontext(Address(f"http://{environment.cname}"))

    def switch(self, release: Release) -> None:
        """Exchange the addresses of the release's environment and the live one; wait until the world sees that."""
        name = self._found(release).environment
        self._traffic.give(name)
        if not self._hands.dry_run:
            live = Address(f"http://{self._environments.standing(name).cname}")
            answers(self._hands, release, live, _PATIENCE)

    def finish(self, release: Release, keep: Collection[int]) -> None:
        """Take away the environments of former releases but the last ones, and the records that are not to be kept."""
        others = sorted(
            (each for each in self._records.values() if each.release.number != release.number),
            key=lambda record: record.release.number,
            reverse=True,
        )
        spared = {self._found(release).environment, *self._left_running(others)}
        for record in others:
            if record.environment not in spared:
                self._traffic.end(record.environment)
            if record.release.number not in keep:
                self._forget(record)

    def abandon(self, release: Release, live: Release | None) -> None:
        """Give the traffic back to what had it, and take the release's environment away, if it was made for it."""
        record = self._known(release)
        if record is None:
            return
        former = self._found(live).environment if live is not None else record.previous
        if former and former != record.environment:
            self._traffic.give_back(record.environment, former)
        others = {each.environment for number, each in self._records.items() if number != release.number}
        if record.environment not in others:
            self._traffic.end(record.environment)

    def status(self) -> Status:
        """Return how the machines of the live environment fare; each of them runs every workload."""
        deploying = locking.holder(self._store, self._hands.now())
        holder = self._traffic.holder()
        if holder is None:
            return Status((), deploying)
        machines = self._machines.health(holder.name)
        causes = [cause for machine in machines if machine.color != "Green" for cause in machine.causes]
        trouble = (
            causes[0] if causes else "" if holder.is_well else f"{holder.status}, health {holder.health}"
        )
        return Status(
            (
                WorkloadStatus(
                    name=holder.name,
                    wanted=max(self._section.replicas.min, len(machines)),
                    ready=sum(machine.color == "Green" for machine in machines),
                    version=self._version_of(holder),
                    trouble=trouble,
                ),
            ),
            deploying,
        )

    def logs(self, workload: str, *, follow: bool, lines: int) -> Iterator[str]:
        """Yield what the containers of the live environment say; to follow them, from the logs in CloudWatch."""
        holder = self._traffic.holder()
        if holder is None:
            raise DeploymentFailed(f"nothing has the address {self._live}: there are no logs")
        last = self._machines.lines(holder.name, workload, lines)
        return chain(last, self._machines.follow(holder.name, workload)) if follow else iter(last)

    def _bring(self, record: Record) -> None:
        """See to it that the environment of a record is there, or on its way."""
        self._versions.provide(record.label, self._bundle_key(record.label))
        environment = self._environments.named(record.environment)
        if environment is not None and not environment.stands:
            self._traffic.wait_for_end(environment.name)
            environment = None
        if environment is None:
            self._create(record)

    def _create(self, record: Record) -> None:
        tags = {
            "macaron:service": self._site.service,
            "macaron:target": self._site.target,
            "macaron:release": str(record.release.number),
        }
        try:
            self._environments.create(
                record.environment,
                prefix=self._traffic.first_prefix(names.release_prefix(self._live, record.release.number)),
                label=record.label,
                options=record.options,
                tags=tags,
            )
        except AwsRefusal:
            # It is there where it was made at a try whose answer was lost, and refused at the next one.
            if self._environments.named(record.environment) is None:
                raise

    def _left_running(self, others: Iterable[Record]) -> Iterator[str]:
        """Yield the environments of former releases that go on running; `others` are given the newest first."""
        was_live = (each.environment for each in others if each.release.status == "superseded")
        yield from islice(dict.fromkeys(was_live), self._section.keep_running)

    def _forget(self, record: Record) -> None:
        """Keep nothing of a release any longer. What Beanstalk still needs stays, until the next release."""
        rest = [each for each in self._records.values() if each.release.number != record.release.number]
        if record.label and all(each.label != record.label for each in rest):
            try:
                self._versions.remove(record.label)
            except AwsRefusal as refusal:
                self._hands.tell(f"  release {record.release.number} stays for now: {refusal.message}")
                return
            self._store.remove(self._bundle_key(record.label))
        self._store.forget(record)
        del self._records[record.release.number]

    def _begun(self, release: Release, files: Files) -> Record:
        """Return the first record of a release, once its bundle is kept."""
        holder = self._traffic.holder()
        name = names.release_prefix(self._live, release.number)
        record = Record(release, name, previous=holder.name if holder is not None else "")
        if not files:
            return record
        bundle = bundle_files(files)
        label = names.version_label(release.version, digest(bundle))
        self._store.keep_bundle(self._bundle_key(label), pack(bundle))
        return replace(record, label=label, options=options_of(files))

    def _files_of(self, environment: Environment) -> Files:
        """Return what is live as rendered files; only the options where its bundle is not one of ours."""
        try:
            bundle = unpack(self._store.read(self._bundle_key(environment.label))[0])
        except AwsRefusal as refusal:
            if refusal.reason not in ABSENT:
                raise
            bundle = ()
        record = self._record_of(environment)
        options = record.options if record is not None else ()
        return live_files(bundle, options, self._environments.options(environment.name))

    def _keep(self, record: Record) -> None:
        self._store.write(record)
        self._records[record.release.number] = record

    def _known(self, release: Release) -> Record | None:
        """Return the record of a release, where one is kept."""
        if release.number not in self._records:
            self.releases()
        return self._records.get(release.number)

    def _found(self, release: Release) -> Record:
        record = self._known(release)
        if record is None:
            raise DeploymentFailed(f"nothing is kept of release {release.number}")
        return record

    def _record_of(self, environment: Environment) -> Record | None:
        """Return the newest record of the release that runs in an environment."""
        self.releases()  # others deploy, too
        running = (each for each in self._records.values() if each.environment == environment.name)
        return max(running, key=lambda record: record.release.number, default=None)

    def _version_of(self, environment: Environment) -> str:
        record = self._record_of(environment)
        return record.release.version if record and record.label == environment.label else environment.label

    def _bundle_key(self, label: str) -> str:
        return names.bundle_key(self._section.application, label)
