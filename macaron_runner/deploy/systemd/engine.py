"""Runs releases as units of systemd on a host: the commands, and what is made of their answers.

A web that is tried is the unit `next`, from the link of that name. Everything is moved only while nothing runs from it;
the sockets stay, and with them the connections that come in between. Not for what the units say (render), nor for when
anything happens (host.platform, pipeline).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Final

from macaron_runner.deploy.compose_service import web_probe
from macaron_runner.deploy.failures import Evidence, Failure
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.host import scripts
from macaron_runner.deploy.host.engine import Kept, Sight
from macaron_runner.deploy.host.machine import Machine
from macaron_runner.deploy.host.manifest import Manifest
from macaron_runner.deploy.host.places import NEXT, Places
from macaron_runner.deploy.systemd.render import FOLDER
from macaron_runner.deploy.systemd.seen import (
    ANSWER,
    PROBED,
    PROPERTIES,
    UPTIME,
    cause_of,
    read_blocks,
    sight_of,
)
from macaron_runner.errors import DependencyMissing

UNITS: Final = "/etc/systemd/system"
_OLDEST: Final = 247
"""systemd that passes credentials (LoadCredential=)."""
_INSTALL: Final = 1200.0
_START: Final = 600.0
"""Seconds that everything may take to stop and to start, beside the tasks under way, which are waited for."""
_LINES: Final = 30
_PYTHON: Final = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))"


class SystemdEngine:
    """The engine of the units that begin with `name` on a machine; see host.engine.Engine."""

    def __init__(self, name: str, python: str, machine: Machine, places: Places, hands: Hands) -> None:
        self._name, self._python, self._machine, self._places, self._hands = (
            name,
            python,
            machine,
            places,
            hands,
        )

    def require(self) -> None:
        """Make sure that the host has a systemd and a Python that are new enough. Raises DependencyMissing."""
        look = scripts.steps("systemctl --version", f"{self._python} -c {shlex.quote(_PYTHON)}")
        try:
            told = self._machine.read(look)
        except Failure as error:
            raise DependencyMissing(
                f"the host needs systemd, and {self._python} must be Python 3.11 or newer with venv"
                f" (Debian: apt-get install python3-venv)\n{error}"
            ) from None
        found = re.match(rb"systemd (\d+)", told)
        if found is not None and int(found[1]) < _OLDEST:
            raise DependencyMissing(f"the host has systemd {int(found[1])}; {_OLDEST} or newer is needed")

    def prepare(self, release: Kept) -> None:
        """Make the release's own environment of Python packages; half of one is none."""
        done = f"{scripts.MADE_THERE}/.complete"
        pip = f"{scripts.MADE_THERE}/bin/python -m pip install --quiet --no-input --disable-pip-version-check"
        make = scripts.steps(
            scripts.remove(scripts.MADE_THERE),
            f"{self._python} -m venv {scripts.MADE_THERE}",
            f"{pip} {shlex.join(release.manifest.install)}",
            f"touch {done}",
        )
        line = scripts.steps(
            f"cd {self._folder(release.number)}", "umask 022", f"{{ [ -e {done} ] || {{ {make}; }}; }}"
        )
        self._hands.show(self._machine.command(line, deadline=_INSTALL))

    def try_out(self, release: Kept) -> None:
        """Start the unit `next`, with its socket."""
        units = " ".join(self._next)
        copied = " ".join(f"{self._folder(release.number)}/{FOLDER}/{unit}" for unit in self._next)
        self._machine.act(
            scripts.steps(
                f"{{ systemctl stop {units} 2>/dev/null || true; }}",
                f"cp {copied} {UNITS}/",
                "systemctl daemon-reload",
                f"systemctl start {units}",
            ),
            deadline=_START,
        )

    def trial_port(self, release: Kept) -> int:
        """Return the port of `next`."""
        return release.manifest.next_port

    def end_trial(self) -> None:
        """Stop the unit `next`, and take it away."""
        units = " ".join(self._next)
        files = scripts.remove(*(f"{UNITS}/{unit}" for unit in self._next))
        self._machine.act(f"systemctl stop {units} 2>/dev/null; {files}", deadline=_START)

    def switch(self, release: Kept) -> None:
        """Stop what runs, let `current` be the release, start; where it is that already, only start."""
        folder = self._folder(release.number)
        current = shlex.quote(self._places.current)
        begin = " ".join((f"{self._name}.target", *(self._unit(each) for each in release.manifest.workloads)))
        self._machine.act(
            scripts.steps(
                f'{{ [ "$(readlink {current})" = releases/{release.number} ] || {{ {self._let_go(folder)}; }}; }}',
                f"cp {folder}/{FOLDER}/* {UNITS}/",
                "systemctl daemon-reload",
                f"systemctl enable --quiet {self._name}.target",
                f"{{ systemctl reset-failed {begin} 2>/dev/null || true; }}",
                f"systemctl start {begin}",
            ),
            deadline=_START + release.manifest.grace,
        )

    def _let_go(self, folder: str) -> str:
        """Return what stops the services that run, removes units that a release has not or has otherwise, and moves."""
        current = shlex.quote(f"{self._places.current}/{FOLDER}")
        return scripts.steps(
            # What was tried has ended, and its unit is gone: systemctl fails at one that it does not know.
            f"services=$(cd {current} 2>/dev/null && ls -d *.service | grep -vxF {self._next[1]} || true)",
            '{ [ -z "$services" ] || systemctl stop $services; }',
            # A socket that listens elsewhere from now on must be closed; every other one stays open.
            f"for unit in $(ls {current} 2>/dev/null); do cmp -s {current}/$unit {folder}/{FOLDER}/$unit"
            f' || {{ case $unit in *.socket) systemctl stop "$unit" ;; esac; rm -f {UNITS}/"$unit"; }}; done',
            scripts.point(self._places.current, folder),
        )

    def stop(self) -> None:
        """Stop everything, and take the units away; the state directory stays."""
        units = shlex.quote(f"{self._places.current}/{FOLDER}")
        self._machine.act(
            scripts.steps(
                f"for unit in $(ls {units} 2>/dev/null); do systemctl disable --quiet --now $unit 2>/dev/null"
                f' || systemctl stop "$unit" || true; rm -f {UNITS}/"$unit"; done',
                "systemctl daemon-reload",
                scripts.remove(self._places.current),
            ),
            deadline=_START,
        )

    def look(self, release: Kept, names: Sequence[str], *, trial: bool = False) -> tuple[Sight, ...]:
        """Return how units fare."""
        facts = self._facts(release.manifest, names, trial=trial)
        return tuple(
            sight_of(name, each, release.manifest.version) for name, each in zip(names, facts, strict=False)
        )

    def evidence(self, release: Kept, sight: Sight, *, trial: bool = False) -> Evidence:
        """Return the last lines of a unit, what its probe answered, and what that means."""
        unit = self._unit(NEXT if trial else sight.name)
        facts = self._facts(release.manifest, (sight.name,), trial=trial)[0]
        told = self._machine.read(f"journalctl --unit {unit} --lines {_LINES} --no-pager --output cat")
        lines = tuple(told.decode("utf-8", "replace").splitlines())
        return Evidence(f"{sight.name} {sight.why}", lines, facts.get(ANSWER, ""), cause_of(facts))

    def drift(self, release: Kept) -> tuple[str, ...]:
        """Return which units on the host are not those of the live release."""
        units = f"{self._folder(release.number)}/{FOLDER}"
        line = f'for unit in $(ls {units}); do cmp -s {units}/"$unit" {UNITS}/"$unit" || echo "$unit"; done'
        changed = self._machine.read(line).decode("utf-8", "replace").split()
        return tuple(f"{unit} is not as its release says" for unit in changed if unit not in self._next)

    def logs(self, _: Kept, names: Sequence[str], *, follow: bool, lines: int) -> Iterator[str]:
        """Yield what units print."""
        chosen = " ".join(f"--unit {self._unit(name)}" for name in names)
        line = f"journalctl {chosen} --lines {lines} --no-pager{' --follow' if follow else ''}"
        return self._hands.follow(self._machine.command(line, acts=False))

    def _facts(self, manifest: Manifest, names: Sequence[str], *, trial: bool) -> tuple[dict[str, str], ...]:
        asked = "; echo; ".join(self._question(manifest, name, trial=trial) for name in names)
        return read_blocks(self._machine.read(asked))

    def _question(self, manifest: Manifest, name: str, *, trial: bool) -> str:
        """Return what prints the facts of a unit: its properties, the host's time, what its probe says."""
        unit = self._unit(NEXT if trial else name)
        show = f"systemctl show --property={','.join(PROPERTIES)} {unit}"
        time = f"sed 's/\\([0-9]*\\)\\.\\([0-9][0-9]\\).*/{UPTIME}=\\1\\20000/' /proc/uptime"
        probe = self._probe(manifest, name, trial=trial)
        if not probe:
            return f"{show}; {time}"
        ask = f'answer=$({shlex.join(probe)} 2>&1); echo {PROBED}=$?; echo {ANSWER}="$(echo "$answer" | head -n 1)"'
        return f"{show}; {time}; {ask}"

    def _probe(self, manifest: Manifest, name: str, *, trial: bool) -> Sequence[str]:
        if trial:
            return web_probe(f"{self._places.next}/venv/bin/python", manifest.next_port)
        return manifest.probes.get(name, ())

    @property
    def _next(self) -> tuple[str, str]:
        return f"{self._name}-{NEXT}.socket", f"{self._name}-{NEXT}.service"

    def _unit(self, name: str) -> str:
        return f"{self._name}-{name}.service"

    def _folder(self, number: int) -> str:
        return shlex.quote(self._places.release(number))
