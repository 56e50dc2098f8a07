"""The course of a deployment, and of a rollback: the same for every target, over its Platform.

    lock · what a crash left is undone · nothing to change: done · record "deploying"
    apply or restore · wait · accept · switch · wait · record "live" · the one before "superseded" · finish

Whatever goes wrong between the first record and the one that says "live", a signal included, is undone: what was live
is live. Where even we are killed, the record says "deploying", and whoever deploys next begins by undoing. Who has lost
the lock touches nothing any more: the one who has it has undone it, or will. Not for what is deployed (planning), nor
for talking to a target: each kind has a platform of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from macaron_runner.deploy.acceptance import Acceptance, accept
from macaron_runner.deploy.failures import DeploymentFailed, LostLock
from macaron_runner.deploy.files import Files, digest
from macaron_runner.deploy.hands import Hands, unguarded
from macaron_runner.deploy.release import Release, live_one, next_number, one_to_bring_back, unfinished
from macaron_runner.deploy.target import Hold, Platform, Site
from macaron_runner.errors import CommandError

LEASE: Final = 120.0
"""Seconds that the lock lasts beyond the command under way; so long a deployment that was killed keeps others out."""
_RESERVE: Final = 30.0
"""Seconds before its end at which the lock is renewed."""
SETTLE: Final = 60.0
"""Seconds in which a release must be as healthy with the traffic as it was before."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A release as it is wanted: its version, its image's reference, its rendered files."""

    version: str
    image: str
    files: Files


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Moves releases of one target. `by` says who does, in records and to others who want to deploy."""

    platform: Platform
    hands: Hands
    site: Site
    by: str
    acceptance: Acceptance

    def deploy(self, wanted: Wanted) -> Release | None:
        """Make a release live; return its record, or None where nothing had to change.

        Raises DeploymentFailed where it could not be: what was live is live then, as far as that can be.
        """
        with self._locked() as lease:
            releases = self._mended()
            live = live_one(releases)
            if live is not None and self._is_current(wanted):
                self.hands.tell(f"nothing to do: {live} is live, and healthy")
                return None
            release = self._release(releases, wanted.version, wanted.image, digest(wanted.files))
            return self._carry_out(
                release, live, lease, wanted.files, lambda: self.platform.apply(release, wanted.files)
            )

    def roll_back(self, number: int | None = None) -> Release:
        """Bring back the release of a number, else the one that was live before; return the new release's record.

        Raises DeploymentFailed where there is none, or as `deploy`.
        """
        with self._locked() as lease:
            releases = self._mended()
            live = live_one(releases)
            try:
                to = first_of(one_to_bring_back(releases, number), releases)
                if live is not None and first_of(live, releases) == to:
                    raise ValueError(f"{live} is live")
            except ValueError as error:
                raise DeploymentFailed(f"nothing is rolled back: {error}") from error
            release = replace(self._release(releases, to.version, to.image, to.digest), of=to.number)
            return self._carry_out(release, live, lease, None, lambda: self.platform.restore(release, to))

    @contextmanager
    def _locked(self) -> Iterator[_Lease]:
        """Hold the lock, and see to it that it never ends while a command runs."""
        with self.platform.lock(self.by, LEASE) as hold:
            lease = _Lease(hold, self.hands)
            with self.hands.guarded(unguarded if self.hands.dry_run else lease.cover):
                yield lease

    def _mended(self) -> tuple[Release, ...]:
        """Return the records, after what was left half done is undone: whoever did that has lost the lock."""
        releases = self.platform.releases()
        live = live_one(releases)
        for left in unfinished(releases):
            self.hands.tell(f"{left} was begun by {left.by} at {left.at} and never finished: it is undone")
            self.platform.abandon(left, live)
            self.platform.record(replace(left, status="failed"))
        for old in releases:
            if old.status == "live" and old != live:
                self.platform.record(replace(old, status="superseded"))
        return self.platform.releases()

    def _is_current(self, wanted: Wanted) -> bool:
        return not self.platform.difference(wanted.files) and self.platform.status().is_well

    def _release(self, releases: Iterable[Release], version: str, image: str, files: str) -> Release:
        return Release(
            next_number(releases),
            version,
            image,
            files,
            self.hands.now(),
            self.by,
            self.site.target,
            self.site.environment,
        )

    def _carry_out(
        self,
        release: Release,
        live: Release | None,
        lease: _Lease,
        files: Files | None,
        bring: Callable[[], None],
    ) -> Release:
        self.hands.tell(f"{release} to {self.site.target}")
        try:
            self.platform.record(release, files)
            lease.confirm()
            bring()
            self._try_out(release, lease)
            now_live = replace(release, status="live")
            self.platform.record(now_live)
        except LostLock as error:
            raise LostLock(f"{release} is not touched any more: {error}") from error
        except CommandError as error:
            self.hands.tell(str(error))
            raise DeploymentFailed(self._undo(release, live, lease)) from error
        except BaseException:
            self.hands.tell(self._undo(release, live, lease))
            raise
        self._settle(now_live, live)
        return now_live

    def _try_out(self, release: Release, lease: _Lease) -> None:
        """Wait, ask, switch, wait: a dry run only switches, there is nothing to wait for."""
        if self.hands.dry_run:
            self.hands.tell(
                f"# here {release} would be waited for, and asked whether it answers as it should"
            )
            self.platform.switch(release)
            return
        self._wait(release, self.site.section.timeout)
        with self.platform.address(release) as address:
            accept(self.hands, release, self.site.target, address, self.acceptance)
        lease.confirm()
        self.platform.switch(release)
        self._wait(release, min(self.site.section.timeout, SETTLE))
        lease.confirm()

    def _wait(self, release: Release, seconds: float) -> None:
        self.platform.wait(release, self.hands.clock() + seconds)

    def _undo(self, release: Release, live: Release | None, lease: _Lease) -> str:
        """Make it as it was; return what came of that in a sentence. A signal ends it: then the next one undoes it."""
        self.hands.tell(f"{release} is undone")
        again = "what is left of it is undone by the next deploy or rollback"
        try:
            lease.confirm()
            self.platform.abandon(release, live)
            self.platform.record(replace(release, status="failed"))
        except LostLock as error:
            return f"{release} was not deployed; {error}"
        except CommandError as error:
            return f"{release} was not deployed, and undoing it failed: {error}\n{again}"
        except BaseException:
            self.hands.tell(f"{release} was not deployed; {again}")
            raise
        return f"{release} was not deployed; {self._as_before(live)}"

    def _as_before(self, live: Release | None) -> str:
        """Wait for what is live again; return how it fares in words."""
        if live is None:
            return "nothing was live before, and nothing is"
        try:
            if not self.hands.dry_run:
                self._wait(live, self.site.section.timeout)
        except CommandError as error:
            return f"{live} is live as before, and not healthy: {error}"
        return f"{live} is live as before"

    def _settle(self, release: Release, before: Release | None) -> None:
        """Put away what was live before; the release is live whatever becomes of that."""
        try:
            if before is not None:
                self.platform.record(replace(before, status="superseded"))
            self.platform.finish(release, kept(self.platform.releases(), self.site.section.keep))
        except CommandError as error:
            self.hands.tell(f"{release} is live, but tidying up after it failed: {error}")
            return
        at_target = f"live at {self.site.target}"
        self.hands.tell(
            f"{release} " + (f"would be {at_target}" if self.hands.dry_run else f"is {at_target}")
        )


class _Lease:
    """A lock's time: it is renewed before it ends, whatever is done meanwhile."""

    def __init__(self, hold: Hold, hands: Hands) -> None:
        self._hold, self._hands = hold, hands
        self._end = hands.clock() + LEASE

    def cover(self, seconds: float) -> None:
        """See to it that the lock lasts for what may take so many seconds. Raises LostLock."""
        if self._end - self._hands.clock() < seconds + _RESERVE:
            self.confirm(seconds)

    def confirm(self, seconds: float = 0.0) -> None:
        """Make sure that the lock is ours. Raises LostLock."""
        self._hold.confirm(seconds + LEASE)
        self._end = self._hands.clock() + seconds + LEASE


def first_of(release: Release, releases: Iterable[Release]) -> Release:
    """Return what a release is made of: itself or, of a rollback, the one it brought back. Raises ValueError."""
    known = {each.number: each for each in releases}
    while release.of is not None:
        if release.of not in known:
            raise ValueError(f"{release} is not kept any more")
        release = known[release.of]
    return release


def kept(releases: Iterable[Release], number: int) -> frozenset[int]:
    """Return the numbers of the releases that stay: the newest good ones, what they are made of, and what is newer."""
    good = sorted((each for each in releases if each.status in ("live", "superseded")), reverse=True)[:number]
    made_of = {each.of for each in good if each.of is not None}
    oldest = min((each.number for each in good), default=0)
    return frozenset({each.number for each in releases if each.number >= oldest} | made_of)


def require(platform: Platform, target: str, version: str) -> None:
    """Make sure that a target has a version live, and healthy: the one that another comes `after`.

    Raises DeploymentFailed with what is there instead.
    """
    live = live_one(platform.releases())
    if live is None or live.version != version:
        there = f"{live} is live there" if live is not None else "nothing is live there"
        raise DeploymentFailed(f"{version} must be live at {target} first: {there}")
    if not (status := platform.status()).is_well:
        raise DeploymentFailed(f"{target} must be healthy first: {status.trouble}")
