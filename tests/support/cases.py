"""Folders of cases: services written as one text (unpack), and beside each what must be found in it, to the letter."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from macaron_runner.configuration.selection import Selection


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of a folder: `<name>.case`, and what is expected of it in `<name>.txt`."""

    folder: Path

    @property
    def names(self) -> list[str]:
        """The names of all cases."""
        return sorted(path.stem for path in self.folder.glob("*.case"))

    def text(self, name: str) -> str:
        """Return the text of a case."""
        return (self.folder / f"{name}.case").read_text("utf-8")

    def expected(self, name: str) -> str:
        """Return what must be found in a case."""
        return (self.folder / f"{name}.txt").read_text("utf-8")

    def complete(self) -> bool:
        """Tell whether every case has its expectation, and every expectation its case."""
        return {path.stem for path in self.folder.glob("*.txt")} == set(self.names)

    def write_new(self, found_in: Callable[[str, Path], str]) -> None:
        """Write and print the expectations that are missing: to be read as the author of the case would.

        All cases are looked at before any of their folders goes: gunicorn remembers where it was imported.
        """
        with tempfile.TemporaryDirectory() as directory:
            for name in self.names:
                expectation = self.folder / f"{name}.txt"
                if not expectation.exists():
                    place = Path(directory).resolve() / name
                    place.mkdir()
                    os.chdir(place)
                    expectation.write_text(found_in(name, place), "utf-8")
                    print(f"==== {name}\n{expectation.read_text('utf-8')}")
            os.chdir("/")


def selected(words: Mapping[str, list[str]]) -> tuple[Selection, dict[str, str]]:
    """Return the selection, and the environment, that the first lines of a case tell."""
    environ = dict(pair.split("=", 1) for pair in words["environ"])
    return Selection("macaron.yaml", "".join(words["env"]), tuple(words["set"])), environ
