"""A fake docker with its compose plugin: containers that are values, made of real compose files."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import yaml

BEGUN = datetime(2026, 11, 28, 12, tzinfo=UTC).timestamp()


@dataclass
class FakeContainer:
    id: str
    project: str
    service: str
    image: str
    labels: dict[str, str]
    ports: dict[str, list[dict[str, str]]]
    healthy: bool
    checked: bool
    lines: list[str] = field(default_factory=list)

    @property
    def version(self) -> str:
        return self.labels.get("io.macaron.version", "")


@dataclass
class Docker:
    """The engine: its `containers`; of `bad` versions none becomes healthy; `full`: no image can be pulled."""

    containers: list[FakeContainer] = field(default_factory=list)
    images: set[str] = field(default_factory=set)
    bad: set[str] = field(default_factory=set)
    full: bool = False
    calls: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __call__(self, words: Sequence[str], folder: str) -> tuple[int, str]:
        self.calls.append(" ".join(words))
        try:
            return 0, self._compose(list(words[1:])) if words[0] == "compose" else self._docker(list(words))
        except RefusedError as error:
            return 1, f"{error}\n"

    def version_at(self, port: int) -> str:
        for each in self.containers:
            if any(str(port) == end["HostPort"] for ends in each.ports.values() for end in ends):
                return each.version if each.healthy else ""
        return ""

    def of(self, service: str) -> FakeContainer | None:
        return next((each for each in self.containers if each.service == service), None)

    # docker

    def _docker(self, words: list[str]) -> str:
        match words:
            case ["info", *_]:
                return "28.2.2\n"
            case ["ps", *options]:
                wanted = [
                    each.removeprefix("label=").split("=", 1) for each in options if each.startswith("label=")
                ]
                found = [each for each in self.containers if all(each.labels.get(k) == v for k, v in wanted)]
                return "".join(f"{each.id}\n" for each in found)
            case ["inspect", *ids]:
                return json.dumps([_inspected(each) for each in self.containers if each.id in ids])
            case ["rm", "--force", *ids]:
                self.containers = [each for each in self.containers if each.id not in ids]
                return ""
            case ["logs", "--tail", _, number]:
                return "".join(
                    f"{line}\n" for each in self.containers if each.id == number for line in each.lines
                )
        raise AssertionError(words)

    # docker compose

    def _compose(self, words: list[str]) -> str:
        if words[0] == "version":
            return "2.40.3\n"
        if words[0] == "--project-name":
            assert words[2:] == ["down", "--remove-orphans"], words
            self.containers = [each for each in self.containers if each.project != words[1]]
            return ""
        assert words[0] == "--file", words
        file, words = Path(words[1]), words[2:]
        document = yaml.safe_load(file.read_text())
        profiles = [words[1]] if words[0] == "--profile" else []
        words = words[2:] if profiles else words
        getattr_table = {"pull": self._pull, "up": self._up, "config": self._config, "logs": self._logs}
        return getattr_table[words[0]](document, file.parent, words[1:], profiles)

    def _pull(self, document: Any, folder: Path, words: list[str], profiles: list[str]) -> str:
        assert words == ["--quiet", "--policy", "missing"], words
        missing = {each["image"] for each in document["services"].values()} - self.images
        if missing and self.full:
            raise RefusedError("toomanyrequests: You have reached your pull rate limit.")
        self.images |= missing
        return ""

    def _up(self, document: Any, folder: Path, words: list[str], profiles: list[str]) -> str:
        named = [word for word in words if not word.startswith("--")]
        services = document["services"]
        wanted = named if "--no-deps" in words else list(_with_needed(named, services))
        project = document["name"]
        if "--remove-orphans" in words:
            self.containers = [
                each for each in self.containers if each.project != project or each.service in services
            ]
        for name in wanted:
            present = next(
                (each for each in self.containers if (each.project, each.service) == (project, name)), None
            )
            same = present is not None and present.labels["com.docker.compose.config-hash"] == _hash(
                services[name], folder
            )
            if present is not None and (same or "--no-recreate" in words):
                continue
            if present is not None:
                self.containers.remove(present)
            self.containers.append(self._made(project, name, services[name], folder))
        for name in wanted:
            for other, need in services[name].get("depends_on", {}).items():
                container = next(
                    each for each in self.containers if (each.project, each.service) == (project, other)
                )
                if need["condition"] == "service_healthy" and not container.healthy:
                    raise RefusedError(
                        f"dependency failed to start: container {project}-{other}-1 is unhealthy"
                    )
        return ""

    def _made(self, project: str, name: str, service: Any, folder: Path) -> FakeContainer:
        assert service["image"] in self.images, f"{service['image']} was not pulled"
        for volume in service.get("volumes", ()):
            assert volume["type"] != "bind" or (folder / volume["source"]).exists(), volume
        number = next(self._numbers)
        labels = {
            **service.get("labels", {}),
            "com.docker.compose.project": project,
            "com.docker.compose.service": name,
            "com.docker.compose.config-hash": _hash(service, folder),
        }
        ports = {}
        for port in service.get("ports", ()):
            taken = str(port.get("published") or 32768 + number)
            if self.version_at(int(taken)):
                raise RefusedError(f"Bind for 0.0.0.0:{taken} failed: port is already allocated")
            ports[f"{port['target']}/tcp"] = [{"HostIp": port.get("host_ip", "0.0.0.0"), "HostPort": taken}]
        version = labels.get("io.macaron.version", "")
        bad = version in self.bad
        lines = [f"{name} of {version} starts", *(["error[MAC113]: the secret is absent"] if bad else [])]
        checked = not service.get("healthcheck", {}).get("disable", False)
        return FakeContainer(
            f"{number:064x}", project, name, service["image"], labels, ports, not bad, checked, lines
        )

    def _config(self, document: Any, folder: Path, words: list[str], profiles: list[str]) -> str:
        assert words == ["--hash", "*"], words
        services = document["services"].items()
        return "".join(f"{name} {_hash(each, folder)}\n" for name, each in services if "profiles" not in each)

    def _logs(self, document: Any, folder: Path, words: list[str], profiles: list[str]) -> str:
        names = [word for word in words[3:] if not word.startswith("--")]
        found = [each for each in self.containers if each.service in names]
        return "".join(f"{each.service}-1  | {line}\n" for each in found for line in each.lines)


class RefusedError(Exception):
    """What the engine does not do."""


def _with_needed(names: list[str], services: Any) -> Iterator[str]:
    for name in names:
        yield from _with_needed(list(services[name].get("depends_on", {})), services)
        yield name


def _hash(service: Any, folder: Path) -> str:
    """Return Compose's own digest of a service: its keys, with paths made absolute."""
    text = re.sub(r'"\./', f'"{folder}/', json.dumps(service, sort_keys=True))
    return hashlib.sha256(text.encode()).hexdigest()


def _inspected(each: FakeContainer) -> dict[str, Any]:
    state: dict[str, Any] = {
        "Status": "running",
        "ExitCode": 0,
        "OOMKilled": False,
        "StartedAt": "2026-11-28T11:00:00.5Z",
    }
    if not each.healthy:
        state |= {"Status": "restarting", "ExitCode": 78}
    if each.checked:
        answer = "web: answers" if each.healthy else "connection refused"
        state["Health"] = {"Status": "healthy" if each.healthy else "unhealthy", "Log": [{"Output": answer}]}
    return {
        "Id": each.id,
        "State": state,
        "RestartCount": 0 if each.healthy else 3,
        "Config": {"Labels": each.labels},
        "NetworkSettings": {"Ports": each.ports},
    }
