"""A fake systemd: units are values, read from real unit files; what runs is known by the release it starts from."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PYTHON = """#!/bin/sh
case "$*" in
"-c "*) exit 0 ;;
"-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
"-m pip "*) exec pip "$@" ;;
*) exec probe "$0" "$@" ;;
esac
"""
"""What stands for Python on the host."""


@dataclass
class Systemd:
    """The manager. `units` is the folder of unit files; `active` tells of each unit that runs its version."""

    units: Path
    loaded: dict[str, str] = field(default_factory=dict)
    active: dict[str, str] = field(default_factory=dict)
    enabled: set[str] = field(default_factory=set)
    bad: set[str] = field(default_factory=set)
    full: bool = False
    calls: list[str] = field(default_factory=list)
    reopened: list[str] = field(default_factory=list)
    """Sockets that were closed, and connections with them."""

    def programs(self) -> dict[str, Callable[[Sequence[str], str], tuple[int, str]]]:
        return {"systemctl": self.systemctl, "journalctl": self.journal, "pip": self.pip, "probe": self.probe}

    def version_at(self, port: int) -> str:
        for unit in self.active:
            text = self.loaded.get(unit, "")
            if unit.endswith(".socket") and f":{port}\n" in text:
                version = self.active.get(unit.replace(".socket", ".service"), "")
                return "" if version in self.bad else version
        return ""

    def systemctl(self, words: Sequence[str], folder: str) -> tuple[int, str]:
        self.calls.append(" ".join(words))
        options = [word for word in words if word.startswith("--")]
        verb, *units = [word for word in words if not word.startswith("--")] or [""]
        if options == ["--version"]:
            return 0, "systemd 252 (252.38-1~deb12u1)\n+PAM +AUDIT\n"
        if verb == "daemon-reload":
            self.loaded = {place.name: place.read_text() for place in self.units.iterdir()}
            return 0, ""
        if verb == "show":
            return 0, self._shown(units[0])
        # A unit whose file has gone is forgotten as soon as it does not run.
        known = {unit for unit in self.loaded if (self.units / unit).exists()}
        missing = [unit for unit in units if unit not in known and unit not in self.active]
        done = {
            "start": self._start,
            "stop": self._stop,
            "enable": self.enabled.add,
            "disable": self._disable,
        }
        for unit in units:
            if unit not in missing and verb in done:
                done[verb](unit)
        return (5, f"Unit {missing[0]} not loaded.\n") if missing else (0, "")

    def _start(self, unit: str) -> None:
        if unit in self.active:
            return
        for line in self.loaded[unit].splitlines():
            key, _, value = line.partition("=")
            if key in ("Requires", "Wants"):
                for other in value.split():
                    if other in self.loaded:
                        self._start(other)
            if key == "ExecStart":
                self.active[unit] = _version(value.split()[0])
        self.active.setdefault(unit, "")

    def _stop(self, unit: str) -> None:
        if self.active.pop(unit, None) is not None and unit.endswith(".socket"):
            self.reopened.append(unit)
        if unit.endswith(".target"):
            for other, text in self.loaded.items():
                if f"PartOf={unit}\n" in text:
                    self._stop(other)

    def _disable(self, unit: str) -> None:
        self.enabled.discard(unit)
        self._stop(unit)

    def _shown(self, unit: str) -> str:
        version = self.active.get(unit)
        state = ("inactive", "dead", 0) if version is None else ("active", "running", 0)
        if version in self.bad:
            state = ("failed", "failed", 78)
        facts = f"ActiveState={state[0]}\nSubState={state[1]}\nExecMainStatus={state[2]}\nResult=success\n"
        return f"{facts}NRestarts=0\nActiveEnterTimestampMonotonic=1\n"

    def journal(self, words: Sequence[str], folder: str) -> tuple[int, str]:
        units = [words[index + 1] for index, word in enumerate(words) if word == "--unit"]
        found = [(unit, self.active.get(unit, "")) for unit in units]
        return 0, "".join(
            f"{unit} of {version}: error[MAC113]: the secret is absent\n" for unit, version in found
        )

    def pip(self, words: Sequence[str], folder: str) -> tuple[int, str]:
        self.calls.append(f"pip {' '.join(words)}")
        return (1, "ERROR: No space left on device\n") if self.full else (0, "")

    def probe(self, words: Sequence[str], folder: str) -> tuple[int, str]:
        kind = words[words.index("health") + 1] if "health" in words else "broker"
        name = f"worker-{words[words.index('--pool') + 1]}" if kind == "worker" else kind
        unit = next(
            (
                each
                for each in self.active
                if each.endswith(f"-{'next' if '/next/' in words[0] else name}.service")
            ),
            "",
        )
        well = bool(unit) and self.active[unit] not in self.bad
        return (0, "answers\n") if well else (1, "connection refused\n")


def _version(program: str) -> str:
    """Return the version of the release that a program is started from; "" where it is not there."""
    release = Path(program).parents[2].resolve() / "release.json"
    return json.loads(release.read_text())["version"] if Path(program).exists() else ""
