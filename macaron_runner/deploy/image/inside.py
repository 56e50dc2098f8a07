"""What is installed in an image beside the service's own code: its requirements, and macaron as it is installed here.

A macaron that was installed from a folder (PEP 610) is in no index: a wheel of it goes along.
Not for how pip finds the rest (pip_settings).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from macaron_runner.configuration.brokers import known_kind
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.deploy.files import File
from macaron_runner.deploy.image.layout import Layout
from macaron_runner.deploy.image.own_wheel import own_wheel
from macaron_runner.errors import DependencyMissing

NAME: Final = "macaron-runner"
_OWN: Final = re.compile(r"^\s*macaron[-_.]runner\b", re.IGNORECASE | re.MULTILINE)
_FURTHER: Final = re.compile(r"^\s*(?:-r|--requirement|-c|--constraint)[\s=]*(?P<file>\S+)", re.MULTILINE)
_EXTRAS: Final = {"sqs": "sqs", "pubsub": "pubsub"}


def requirements_of(configuration: Configuration) -> Path | None:
    """Return the file with a service's requirements: `build.requirements`, else requirements.txt or pyproject.toml.

    None where there is none.
    """
    build = configuration.config.build
    if build is not None and build.requirements is not None:
        return configuration.resolve(build.requirements)
    candidates = (configuration.resolve(name) for name in ("requirements.txt", "pyproject.toml"))
    return next((file for file in candidates if file.is_file()), None)


def requirement_files(file: Path, layout: Layout) -> Iterator[tuple[str, bytes]]:
    """Yield a file of requirements, and those that it names, as path and content; of pyproject.toml its dependencies.

    Raises DependencyMissing where one cannot be read.
    """
    waiting, seen = [file], set[Path]()
    while waiting:
        current = Path(layout.root, layout.relative(waiting.pop()))
        if current in seen:
            continue
        seen.add(current)
        text = _text(current)
        yield requirement_name(current, layout), text.encode()
        waiting += [current.parent / match["file"] for match in _FURTHER.finditer(text)]


def requirement_name(file: Path, layout: Layout) -> str:
    """Return the path under which a file of requirements stands among the others."""
    name = layout.relative(file)
    return f"{name.removesuffix('.toml')}.txt" if file.suffix == ".toml" else name


def names_macaron(texts: Iterable[bytes]) -> bool:
    """Tell whether requirements say by themselves which macaron they want."""
    return any(_OWN.search(text.decode("utf-8", "replace")) for text in texts)


def needed_extras(configurations: Iterable[Configuration]) -> tuple[str, ...]:
    """Return the extras of macaron that a service needs, as any of these configurations shows it; sorted."""
    found: set[str] = set()
    for tasks in (each.config.tasks for each in configurations):
        if tasks is not None:
            found |= {_EXTRAS[kind] for kind in (known_kind(tasks),) if kind in _EXTRAS}
            found |= {"sun" for schedule in tasks.schedules.values() if schedule.sun is not None}
    return tuple(sorted(found))


def macaron_inside() -> str | File:
    """Return what to install: a requirement, or a wheel."""
    installed = distribution(NAME)
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    url = str(origin.get("url", ""))
    if not url:
        return f"{NAME}=={installed.version}"
    if not url.startswith("file:"):
        return f"{NAME} @ {_remote(origin, url)}"
    place = Path(unquote(urlsplit(url).path))
    is_wheel = place.suffix == ".whl" and place.is_file()
    return File(place.name, place.read_bytes()) if is_wheel else own_wheel(installed)


def requirement(macaron: str | File, extras: tuple[str, ...]) -> str:
    """Return how a file of requirements asks for a macaron, which may be a wheel beside it, with extras."""
    bracketed = f"[{','.join(extras)}]" if extras else ""
    if isinstance(macaron, File):
        return f"./{macaron.path}{bracketed}"
    return macaron.replace(NAME, f"{NAME}{bracketed}", 1)


def _text(file: Path) -> str:
    try:
        text = file.read_text("utf-8")
        if file.suffix != ".toml":
            return text
        project = tomllib.loads(text).get("project", {})
        return "".join(f"{requirement}\n" for requirement in project.get("dependencies", ()))
    except (OSError, ValueError) as error:
        raise DependencyMissing(f"the requirements in {file} cannot be read: {error}") from error


def _remote(origin: dict[str, Any], url: str) -> str:
    """Return how pip finds the same again: the commit of a repository, or an archive."""
    version_control = origin.get("vcs_info")
    return f"{version_control['vcs']}+{url}@{version_control['commit_id']}" if version_control else url
