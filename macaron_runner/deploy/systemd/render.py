"""Units of systemd, and what they run, from what is planned. Pure.

    shop-box.target           everything; it starts with the machine
    shop-box.slice            the memory that all of it may use
    shop-box-web.socket       holds the listening sockets: connections wait in it while the web is replaced
    shop-box-web.service      one a process of `plan`
    shop-box-next.service     a second web, from the release that is tried, on loopback; nothing starts it unasked

The units name the link `current`, so that those of two releases differ only where the service does. Things are moved
only while nothing runs from them (engine): Python imports some modules late.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from typing import Final

from macaron_runner.configuration.deployment import Systemd
from macaron_runner.deploy.compose_service import health_words
from macaron_runner.deploy.files import File, Files, in_order
from macaron_runner.deploy.host import places as host
from macaron_runner.deploy.host.manifest import Manifest, manifest_of, secret_files, web_of
from macaron_runner.deploy.host.places import NEXT
from macaron_runner.deploy.systemd.hardening import HARDENING, home
from macaron_runner.deploy.systemd.placing import placed, unit_name
from macaron_runner.deploy.systemd.units import assignment, exec_words, listen_stream, path, unit_text
from macaron_runner.deploy.workloads import Planned, Workload
from macaron_runner.processes.listeners import BACKLOG
from macaron_runner.processes.listeners import ENVIRONMENT_KEY as LISTENERS
from macaron_runner.processes.process import Process
from macaron_runner.processes.state import ENVIRONMENT_KEY as STATE

FOLDER: Final = "units"
_FIRST_DESCRIPTOR: Final = 3
"""sd_listen_fds(3): where the descriptors begin that systemd passes on."""
_NEEDED: Final = ("redis.service", "redis-server.service", "valkey-server.service", "rabbitmq-server.service")
"""What may run on the host for the service: started before it, where it is there."""


def render(planned: Planned) -> Files:
    """Return what a release's folder on the host holds, but for its Python packages."""
    code = (replace(file, path=file.path.lstrip("/")) for file in planned.files)
    units = (File(f"{FOLDER}/{name}", text.encode()) for name, text in _units(planned))
    return in_order([_manifest(planned).to_file(), *code, *units])


def _manifest(planned: Planned) -> Manifest:
    section, name = _section(planned), unit_name(planned.service, planned.target)
    manifest = manifest_of(planned)
    current = host.Places(section.directory).current
    probes = {each.name: _probe(each, planned, current, name) for each in planned.workloads}
    return replace(
        manifest,
        next_port=next_port(section, manifest.port) if manifest.web else 0,
        probes={each: words for each, words in probes.items() if words},
        install=tuple(_install(planned)),
    )


def _probe(workload: Workload, planned: Planned, root: str, name: str) -> tuple[str, ...]:
    """Return the words that ask a workload on the host whether it gets its work done."""
    words = health_words(replace(workload, process=placed(workload.process, planned.places, root, name)))
    return ("env", f"{STATE}=/var/lib/{name}", *words) if words else ()


def _install(planned: Planned) -> Iterator[str]:
    """Yield the words after `pip install`, seen from a release's folder."""
    paths = [file.path.lstrip("/") for file in planned.files]
    wheels = [path for path in paths if path.startswith("wheels/") and path.endswith(".whl")]
    yield from wheels or (f"macaron-runner=={version('macaron-runner')}",)
    build = planned.configuration.config.build
    named = build.requirements if build is not None and build.requirements is not None else "requirements.txt"
    wanted = planned.places.of(named).lstrip("/")
    if wanted in paths:
        yield from ("--requirement", wanted)


def next_port(section: Systemd, port: int) -> int:
    """Return the port on loopback at which a web is tried that will listen at `port`."""
    return section.next_port or (port + 1 if port < 65535 else port - 1)


def _units(planned: Planned) -> Iterator[tuple[str, str]]:
    name = unit_name(planned.service, planned.target)
    yield f"{name}.target", _target(planned, name)
    yield f"{_slice(name)}.slice", _slice_text(planned)
    for workload in planned.workloads:
        for process in _processes(planned, workload, name):
            yield f"{name}-{process.name}.service", _service(planned, process, name)
            if process.listeners:
                yield f"{name}-{process.name}.socket", _socket(planned, process)


def _processes(planned: Planned, workload: Workload, name: str) -> Iterator[Process]:
    """Yield a workload's process as it runs from `current` and, of a web, as it is tried from `next`."""
    section = _section(planned)
    there = host.Places(section.directory)
    yield _as_it_runs(workload, workload.process, planned, there.current, name)
    if workload.name == web_of(planned):
        listeners = (f"127.0.0.1:{next_port(section, workload.port or 0)}",)
        tried = replace(workload.process, name=NEXT, listeners=listeners)
        yield _as_it_runs(workload, tried, planned, there.next, name)


def _as_it_runs(workload: Workload, process: Process, planned: Planned, root: str, name: str) -> Process:
    """Return a process below `root`, with all variables of its workload: those of the target stay as they are."""
    own = placed(process, planned.places, root, name)
    return replace(own, environment={**workload.variables, **own.environment})


def _target(planned: Planned, name: str) -> str:
    members = [f"{name}-{each.name}.service" for each in planned.workloads]
    unit = (f"Description={_description(planned)}", f"Wants={' '.join(members)}")
    return unit_text({"Unit": unit, "Install": ("WantedBy=multi-user.target",)})


def _slice(name: str) -> str:
    return name.replace("-", "_")  # a slice's name with hyphens is a path of slices


def _slice_text(planned: Planned) -> str:
    memory = _section(planned).memory
    limits = (f"MemoryMax={memory}",) if memory is not None else ("MemoryAccounting=yes",)
    return unit_text({"Unit": (f"Description=Limits of {_description(planned)}",), "Slice": limits})


def _socket(planned: Planned, process: Process) -> str:
    unit = (f"Description={_description(planned)}: where {process.name} listens",)
    listening = [f"ListenStream={listen_stream(each)}" for each in process.listeners]
    if len(listening) > 1:
        listening.append("BindIPv6Only=ipv6-only")  # else [::] would take the port of an IPv4 address
    return unit_text({"Unit": unit, "Socket": (*listening, f"Backlog={BACKLOG}", "RemoveOnStop=yes")})


def _service(planned: Planned, process: Process, name: str) -> str:
    unit = (
        f"Description={_description(planned)}: {process.name}",
        *((f"PartOf={name}.target",) if process.name != NEXT else ()),
        "Wants=network-online.target",
        f"After={' '.join(_before(planned, process, name))}",
        *((f"Requires={name}-{process.name}.socket",) if process.listeners else ()),
        "StartLimitIntervalSec=0",  # it is tried again for as long as it takes: a database may be away for hours
    )
    return unit_text({"Unit": unit, "Service": _service_lines(planned, process, name)})


def _before(planned: Planned, process: Process, name: str) -> Iterator[str]:
    """Yield the units that must be up before a process is started."""
    yield from ("network-online.target", *_NEEDED)
    if process.listeners:
        yield f"{name}-{process.name}.socket"
    for each in planned.workloads:
        if each.process.role == "broker" and process.role != "broker":
            yield f"{name}-{each.name}.service"


def _service_lines(planned: Planned, process: Process, name: str) -> Iterator[str]:
    yield "Type=exec"
    yield f"ExecStart={exec_words(process.argv)}"
    yield f"WorkingDirectory={path(_folder(process))}"
    yield f"Slice={_slice(name)}.slice"
    yield from (assignment(key, value) for key, value in _variables(process))
    if process.listeners:
        # By our own variable, in the order of the addresses; gunicorn would take systemd's as further sockets.
        descriptors = (str(_FIRST_DESCRIPTOR + number) for number in range(len(process.listeners)))
        yield assignment(LISTENERS, ",".join(descriptors))
        yield "UnsetEnvironment=LISTEN_FDS LISTEN_PID LISTEN_FDNAMES"
    yield from (f"LoadCredential={secret}:{path(file)}" for secret, file in secret_files(planned).items())
    yield from _life(process)
    yield from _owner(planned, name)
    yield from HARDENING
    if process.role == "broker":
        yield "PrivateNetwork=yes"  # it listens on a Unix socket, and nowhere else
    yield home(_section(planned).directory)


def _variables(process: Process) -> list[tuple[str, str]]:
    own = {**process.environment, "HOME": "/tmp"}  # noqa: S108 - its own, by PrivateTmp
    return sorted((key, value) for key, value in own.items() if value)


def _life(process: Process) -> Iterator[str]:
    yield "Restart=on-failure" if process.name != NEXT else "Restart=no"
    yield "RestartSec=2"
    yield "RestartPreventExitStatus=2 78"  # as it is configured it cannot run, however often
    yield f"KillSignal={process.stop_signal.name}"
    yield "KillMode=mixed"  # its own children are its own business, until it is too late
    yield f"TimeoutStopSec={math.ceil(process.grace)}"


def _owner(planned: Planned, name: str) -> Iterator[str]:
    section = _section(planned)
    if section.run_as is None:
        yield "DynamicUser=yes"
    yield f"User={section.run_as or name}"  # of one name: one user for all units, who share the state
    yield f"StateDirectory={name}"
    yield "StateDirectoryMode=0700"


def _folder(process: Process) -> str:
    file = process.argv[process.argv.index("--config") + 1]
    return file.rpartition("/")[0]


def _description(planned: Planned) -> str:
    return f"{planned.service} ({planned.target})"


def _section(planned: Planned) -> Systemd:
    section = planned.section
    assert isinstance(section, Systemd)  # its table has this renderer for no other
    return section
