"""Where a service is on a host without container: below the link to one of its releases. Pure.

<release>/app/…      its files, as in an image; <release>/wheels/… macaron's own, where it is installed from a folder
<release>/venv/…     its Python packages, made on the host
<release>/units/…    its units, as they are copied to /etc/systemd/system
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from macaron_runner.deploy.naming import dns_label
from macaron_runner.deploy.workloads import Places
from macaron_runner.processes.process import Process

_LONGEST: Final = 31
"""useradd(8): a user's name has at most 32 characters, and systemd makes one up of this name."""


def unit_name(service: str, target: str) -> str:
    """Return what all units of a target begin with: of both names, for a host may have several targets."""
    return dns_label(service, target, longest=_LONGEST)


def placed(process: Process, planned: Places, root: str, name: str) -> Process:
    """Return a process of an image as it runs on the host: its Python, files and state below `root` and /var/lib."""
    moves = {
        planned.python: f"{root}/venv/bin/python",
        planned.state: f"/var/lib/{name}",
        "/app": f"{root}/app",
    }

    def moved(word: str) -> str:
        for here, there in moves.items():
            if word == here or word.startswith(f"{here}/"):
                return there + word.removeprefix(here)
        return word

    return replace(
        process,
        argv=tuple(map(moved, process.argv)),
        environment={key: moved(value) for key, value in process.environment.items()},
        probe=tuple(map(moved, process.probe)),
        heartbeats=moved(process.heartbeats),
        ready_socket=moved(process.ready_socket),
    )
