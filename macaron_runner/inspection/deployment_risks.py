"""Rules of `macaron audit` about images, targets, and the files that a service runs by.

Each takes the service and yields risks. Not for whether a target is complete (check tells that).
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from macaron_runner.configuration.deployment import Kubernetes, Systemd
from macaron_runner.configuration.files import shown_name
from macaron_runner.configuration.image import ImageName, parse_image
from macaron_runner.diagnostics import Location
from macaron_runner.inspection.audited import Audited, Risk

DOCKERFILES: Final = ("Dockerfile", "Dockerfile.extra")
"""Files beside macaron.yaml that an image is made by: the author's own, or what is added to macaron's."""
_LARGEST: Final = 2**20
_INSTRUCTION: Final = re.compile(r"\s*(?P<word>FROM|USER)\s+(?P<rest>.*\S)", re.IGNORECASE)
_FLAG: Final = re.compile(r"--\S+\s+")
_ROOT: Final = re.compile(r"(root|0)(:.*)?", re.IGNORECASE)


def root_in_image(audited: Audited) -> Iterator[Risk]:
    """Find Dockerfiles whose last user is root: who breaks out of the service has all rights at once."""
    for file in _dockerfiles(audited):
        users = [(place, rest) for word, rest, place in _instructions(file) if word == "USER"]
        if users and _ROOT.fullmatch(users[-1][1]):
            place, message = users[-1][0], "the image ends with root as its user"
        elif not users and file.name == "Dockerfile":
            place, message = (
                Location(shown_name(file)),
                "the image names no user, and the service runs as root",
            )
        else:
            continue
        help_ = "end with USER and a number, as USER 10001"
        yield Risk(f"{message}: whoever breaks into the service has all rights", place, place.file, help_)
    yield from _root_of_units(audited)


def _root_of_units(audited: Audited) -> Iterator[Risk]:
    deploy = audited.config.deploy
    for name, target in deploy.targets.items() if deploy is not None else ():
        if isinstance(target, Systemd) and target.run_as == "root":
            message = f'the target "{name}" runs the service as root: whoever breaks into it has all rights'
            path = ("deploy", "targets", name, "run_as")
            yield audited.risk(message, path, "leave it out, and systemd makes up a user")


def unpinned_base(audited: Audited) -> Iterator[Risk]:
    """Find base images without a digest: what is built tomorrow is another image."""
    for text, place, about in _bases(audited):
        image = _parsed(text)
        if image is not None and not image.digest and not _floats(image):
            message = (
                f'the base image "{text}" is not pinned: what its tag means can change from build to build'
            )
            yield Risk(
                message, place, about, f"write {text}@sha256:…; docker buildx imagetools inspect tells it"
            )


def floating_base(audited: Audited) -> Iterator[Risk]:
    """Find base images that have no tag, or `latest`: nobody knows which Python is inside."""
    for text, place, about in _bases(audited):
        image = _parsed(text)
        if image is not None and not image.digest and _floats(image):
            message = f'the base image "{text}" is whatever its newest version is'
            yield Risk(message, place, about, "name a version, and a digest: python:3.12-slim@sha256:…")


def _floats(image: ImageName) -> bool:
    return image.tag in ("", "latest")


def _parsed(text: str) -> ImageName | None:
    try:
        return parse_image(text)
    except ValueError:
        return None  # check tells it of build.base; a Dockerfile may have arguments here


def _bases(audited: Audited) -> Iterator[tuple[str, Location, str]]:
    """Yield the base images with place and name of what names them."""
    if audited.config.build is not None:
        yield audited.config.build.base, audited.configuration.locate("build", "base"), "build.base"
    for file in _dockerfiles(audited):
        stages: set[str] = {"scratch"}
        for word, rest, place in _instructions(file):
            if word != "FROM":
                continue
            image, *alias = _FLAG.sub("", rest).split()
            if image.lower() not in stages and "$" not in image:
                yield image, place, place.file
            stages.update(alias[1:2] and [alias[1].lower()])


def _dockerfiles(audited: Audited) -> Iterator[Path]:
    for name in DOCKERFILES:
        file = audited.configuration.directory / name
        if file.is_file() and file.stat().st_size <= _LARGEST:
            yield file


def _instructions(file: Path) -> Iterator[tuple[str, str, Location]]:
    """Yield each FROM and USER of a Dockerfile: the word, the rest of its line, its place."""
    try:
        lines = file.read_text("utf-8", errors="replace").split("\n")
    except OSError:
        return
    for number, line in enumerate(lines, 1):
        match = _INSTRUCTION.match(line)
        if match is not None:
            start = match.start("rest")
            place = Location(shown_name(file), number, start + 1, len(match["rest"]))
            yield match["word"].upper(), match["rest"], place


def host_without_tls(audited: Audited) -> Iterator[Risk]:
    """Find public hosts of a cluster for which no certificate is wanted."""
    deploy = audited.config.deploy
    for name, target in deploy.targets.items() if deploy is not None else ():
        if isinstance(target, Kubernetes) and target.host is not None and target.certificate == "none":
            message = f'"{target.host}" has no certificate: everything travels in clear'
            path = ("deploy", "targets", name, "certificate")
            yield audited.risk(message, path, "write certificate: managed, or the name of a TLS secret")


def changeable_files(audited: Audited) -> Iterator[Risk]:
    """Find files of the service that every user may write: who changes them decides what runs."""
    files = [*audited.configuration.files]
    files += [Path(api.document.file) for api in audited.inspection.apis if not api.builtin]
    for file in dict.fromkeys(files):
        try:
            mode = stat.S_IMODE(file.stat().st_mode)
        except (OSError, ValueError):
            continue
        if mode & stat.S_IWOTH:
            name = shown_name(file)
            message = (
                f"every user of this machine can change {name} (mode {mode:o}), and so what the service does"
            )
            yield Risk(message, Location(name), name, f"chmod o-w {name}")
