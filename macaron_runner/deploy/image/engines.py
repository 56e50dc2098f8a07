"""The words of the programs that build images: docker, podman, buildah. Pure: what they compose, hands run.

    Docker(buildkit=True).build(job)  ->  docker build --progress plain --file … --tag shop:1 …

Not for which of them is there (build).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from macaron_runner.deploy.commands import Command

BUILDING: Final = 3600.0
"""Seconds that a build, a pull or a push may take."""
_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
_LOOPBACK: Final = ("localhost:", "127.0.0.1:", "[::1]:")


@dataclass(frozen=True, slots=True)
class Job:
    """One build: the image's `reference`, with its tag; the folder and Dockerfile it is built from.

    `lent` are files that one step may read, by id; `labels` are added to those of the Dockerfile; `proxies` the
    variables with a proxy that are set here; `options` words of the user's own. Several `platforms` can only be built
    into a registry: `digest_file` then takes what it was called there.
    """

    reference: str
    folder: Path
    file: Path
    platforms: tuple[str, ...] = ()
    lent: Mapping[str, Path] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    epoch: int = 0
    proxies: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    digest_file: Path = Path()

    @property
    def words(self) -> tuple[str, ...]:
        """The words that all engines understand, without the folder."""
        words = ["--file", str(self.file)]
        for name, value in sorted(self.labels.items()):
            words += ["--label", f"{name}={value}"]
        for name, path in sorted(self.lent.items()):
            words += ["--secret", f"id={name},src={path}"]
        for name in self.proxies:
            words += ["--build-arg", name]
        return (*words, *self.options)


@dataclass(frozen=True, slots=True)
class Known:
    """What an engine knows of an image: its id here, the digests it has in registries ("shop@sha256:…"), its labels."""

    identity: str = ""
    digests: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    def digest_in(self, name: str) -> str:
        """Return the digest of the image in the registry of this name, "" where it was never there."""
        found = (each.rpartition("@") for each in self.digests)
        return next((digest for known, _, digest in found if _whole(known) == _whole(name)), "")


class Engine(Protocol):
    """A program that builds images."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def mounts(self) -> bool:
        """Whether it can lend files to one step of a build."""
        ...

    def build(self, job: Job) -> Command:
        """Build an image, and name it; of several platforms, docker pushes it as well."""
        ...

    def push(self, reference: str, digest_file: Path, *, several: bool) -> Command | None:
        """Bring an image to its registry; None where building did. The file takes its digest, where it is told."""
        ...

    def pull(self, reference: str, platform: str = "") -> Command:
        """Fetch an image from its registry."""
        ...

    def inspect(self, reference: str) -> Command:
        """Tell what is known here of an image, as `known` reads it."""
        ...

    def known(self, output: bytes) -> Known:
        """Return what `inspect` told."""
        ...

    def ask(self, reference: str, program: bytes) -> tuple[Command, ...]:
        """Run a Python program in an image, without network; the one command that has stdin gives its output."""
        ...


@dataclass(frozen=True, slots=True)
class Docker:
    """Docker. Without BuildKit it lends nothing; `buildx` is what builds for several platforms."""

    buildkit: bool = True
    buildx: bool = False
    name: str = "docker"

    @property
    def mounts(self) -> bool:
        """Whether it can lend files: only BuildKit does."""
        return self.buildkit

    def build(self, job: Job) -> Command:
        """Build by BuildKit where it is there, by buildx for several platforms."""
        words = ["docker", "build"]
        if len(job.platforms) > 1:
            words = ["docker", "buildx", "build", "--push", "--metadata-file", str(job.digest_file)]
        if job.platforms:
            words += ["--platform", ",".join(job.platforms)]
        if self.buildkit:
            words += ["--progress", "plain", "--build-arg", f"SOURCE_DATE_EPOCH={job.epoch}"]
        words += ["--tag", job.reference, *job.words, str(job.folder)]
        environment = {"DOCKER_BUILDKIT": "1"} if self.buildkit else {}
        return Command(tuple(words), environment=environment, deadline=BUILDING)

    def push(self, reference: str, digest_file: Path, *, several: bool) -> Command | None:  # noqa: ARG002
        """Push; afterwards `inspect` knows the digest."""
        return None if several else Command(("docker", "push", "--quiet", reference), deadline=BUILDING)

    def pull(self, reference: str, platform: str = "") -> Command:
        """Pull."""
        where = ("--platform", platform) if platform else ()
        return Command(("docker", "pull", "--quiet", *where, reference), deadline=BUILDING)

    def inspect(self, reference: str) -> Command:
        """Inspect."""
        return Command(("docker", "image", "inspect", reference), acts=False)

    def known(self, output: bytes) -> Known:
        """Read docker's answer."""
        return _known(json.loads(output)[0])

    def ask(self, reference: str, program: bytes) -> tuple[Command, ...]:
        """Ask a container that is gone afterwards."""
        return (Command(("docker", "run", *_ASKED, reference, "-"), stdin=program),)


@dataclass(frozen=True, slots=True)
class Podman:
    """Podman: as Docker, without a daemon."""

    mounts: bool = True
    name: str = "podman"

    def build(self, job: Job) -> Command:
        """Build; in Docker's format, for that of the OCI knows no HEALTHCHECK."""
        return Command(("podman", *_built(job)), deadline=BUILDING)

    def push(self, reference: str, digest_file: Path, *, several: bool) -> Command | None:
        """Push."""
        return Command(("podman", *_pushed(reference, digest_file, several=several)), deadline=BUILDING)

    def pull(self, reference: str, platform: str = "") -> Command:
        """Pull."""
        return Command(("podman", *_pulled(reference, platform)), deadline=BUILDING)

    def inspect(self, reference: str) -> Command:
        """Inspect."""
        return Command(("podman", "image", "inspect", reference), acts=False)

    def known(self, output: bytes) -> Known:
        """Read podman's answer, which is as docker's."""
        return _known(json.loads(output)[0])

    def ask(self, reference: str, program: bytes) -> tuple[Command, ...]:
        """Ask a container that is gone afterwards."""
        return (Command(("podman", "run", *_ASKED, reference, "-"), stdin=program),)


@dataclass(frozen=True, slots=True)
class Buildah:
    """Buildah: it builds, and runs commands in what it builds; that is all one needs."""

    mounts: bool = True
    name: str = "buildah"

    def build(self, job: Job) -> Command:
        """Build; `--layers`, for without it nothing is kept for the next build."""
        return Command(("buildah", *_built(job)), deadline=BUILDING)

    def push(self, reference: str, digest_file: Path, *, several: bool) -> Command | None:
        """Push."""
        return Command(("buildah", *_pushed(reference, digest_file, several=several)), deadline=BUILDING)

    def pull(self, reference: str, platform: str = "") -> Command:
        """Pull; by itself it takes what is here already."""
        return Command(("buildah", *_pulled(reference, platform, "--policy", "always")), deadline=BUILDING)

    def inspect(self, reference: str) -> Command:
        """Inspect."""
        return Command(("buildah", "inspect", "--type", "image", reference), acts=False)

    def known(self, output: bytes) -> Known:
        """Read buildah's answer, which has one digest: that of the registry the image came from."""
        said = json.loads(output)
        digest, name = said.get("FromImageDigest", ""), said.get("FromImage", "")
        return Known(
            said.get("FromImageID", ""),
            (f"{_without_tag(name)}@{digest}",) if digest else (),
            (said.get("OCIv1") or {}).get("config", {}).get("Labels") or {},
        )

    def ask(self, reference: str, program: bytes) -> tuple[Command, ...]:
        """Ask a working container, which is removed afterwards."""
        container = "macaron-contents"
        return (
            Command(("buildah", "from", "--pull-never", "--name", container, reference)),
            Command(("buildah", "run", container, "--", "python3", "-"), stdin=program),
            Command(("buildah", "rm", container)),
        )


_ASKED: Final = ("--rm", "--interactive", "--network", "none", "--entrypoint", "python3")


def set_proxies(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables with a proxy that are set; their values are never among a command's words."""
    return tuple(name for name in _PROXIES if environ.get(name))


def _built(job: Job) -> tuple[str, ...]:
    name = ("--manifest" if len(job.platforms) > 1 else "--tag", job.reference)
    where = ("--platform", ",".join(job.platforms)) if job.platforms else ()
    when = ("--timestamp", str(job.epoch)) if job.epoch else ()
    return ("build", "--format", "docker", "--layers", *where, *when, *name, *job.words, str(job.folder))


def _pushed(reference: str, digest_file: Path, *, several: bool) -> tuple[str, ...]:
    words = ("manifest", "push", "--all") if several else ("push",)
    where = (reference, f"docker://{reference}") if several else (reference,)
    return (*words, *_plainly(reference), "--digestfile", str(digest_file), *where)


def _pulled(reference: str, platform: str, *more: str) -> tuple[str, ...]:
    where = ("--platform", platform) if platform else ()
    return ("pull", "--quiet", *more, *_plainly(reference), *where, reference)


def _plainly(reference: str) -> tuple[str, ...]:
    """Return what lets a registry of this machine do without TLS, as docker does by itself."""
    return ("--tls-verify=false",) if reference.startswith(_LOOPBACK) else ()


def _known(said: Mapping[str, Any]) -> Known:
    config = said.get("Config") or {}
    return Known(said.get("Id", ""), tuple(said.get("RepoDigests") or ()), config.get("Labels") or {})


def _without_tag(reference: str) -> str:
    head, slash, last = reference.rpartition("/")
    return f"{head}{slash}{last.partition('@')[0].partition(':')[0]}"


def _whole(name: str) -> str:
    """Return a name with what docker and podman leave out of, or add to, one of Docker Hub."""
    return name.removeprefix("docker.io/").removeprefix("library/")
