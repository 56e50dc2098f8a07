"""Releases on a host: their files, their records, and which of them is live. Not for running them (engine)."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from posixpath import basename

from macaron_runner.deploy.files import Files
from macaron_runner.deploy.host import scripts
from macaron_runner.deploy.host.archive import packed, unpacked
from macaron_runner.deploy.host.machine import Machine
from macaron_runner.deploy.host.places import Places
from macaron_runner.deploy.release import Release, read_release

_TRAVEL = 600.0
"""Seconds that files may take to the host."""


class Store:
    """What is kept of releases below a target's folder on a machine."""

    def __init__(self, machine: Machine, places: Places) -> None:
        self._machine, self._places = machine, places

    def releases(self) -> tuple[Release, ...]:
        """Return the records, the oldest first; what is none is left alone."""
        told = self._machine.read(scripts.records(self._places))
        found = []
        for line in told.splitlines():
            with suppress(ValueError):
                found.append(read_release(line))
        return tuple(sorted(found))

    def record(self, release: Release, files: Files | None) -> None:
        """Keep a record, and before the first one the files."""
        if files is not None:
            folder, content = self._places.release(release.number), packed(files)
            self._machine.act(scripts.put(folder, len(content)), stdin=content, deadline=_TRAVEL)
        told = f"{release.to_json()}\n".encode()
        self._machine.act(scripts.write(self._places.record(release.number), len(told)), stdin=told)

    def copy(self, source: int, number: int) -> None:
        """Make a release of what another one is, whatever was made on the host for it included."""
        line = scripts.copy(self._places.release(source), self._places.release(number))
        self._machine.act(line, deadline=_TRAVEL)

    def files(self, folder: str) -> Files:
        """Return the files of a release, by its folder or the link to it; none where it is not there."""
        content = self._machine.read(scripts.read_tree(folder), deadline=_TRAVEL)
        return unpacked(content) if content else ()

    def current(self) -> int | None:
        """Return the number of the release that is live, None where none is."""
        told = basename(self._machine.read(scripts.where(self._places.current)).decode().strip())
        return int(told) if told.isdecimal() else None

    def point(self, link: str, number: int) -> None:
        """Let `current` or `next` be a release."""
        self._machine.act(scripts.point(link, self._places.release(number)))

    def unlink(self, *links: str) -> None:
        """Take links away."""
        self._machine.act(scripts.remove(*links))

    def drop(self, number: int) -> None:
        """Take a release's files away; its record stays, and tells how it went."""
        folder = self._places.release(number)
        self._machine.act(scripts.remove(folder, f"{folder}.new"))

    def keep(self, numbers: Collection[int]) -> None:
        """Take every release away that has another number, its record included."""
        gone = [each.number for each in self.releases() if each.number not in numbers]
        if gone:
            paths = [(self._places.release(number), self._places.record(number)) for number in gone]
            self._machine.act(scripts.remove(*(path for pair in paths for path in pair)), deadline=_TRAVEL)

    def absent_secrets(self, files: Collection[str]) -> tuple[str, ...]:
        """Return those files with secrets that are not there; none is read."""
        if not files:
            return ()
        return tuple(self._machine.read(scripts.absent(files)).decode("utf-8", "replace").splitlines())
