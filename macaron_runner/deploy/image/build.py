"""From a service to its image: what it is called, whether it must be built, and its digest once it is in a registry.

    image = image_of(Order.of(configuration, read), hands, push=True)      # Image(name, tag, digest)

Not for what an image is made of (the modules beside).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

from macaron_runner.configuration.image import parse_image
from macaron_runner.deploy.commands import Command
from macaron_runner.deploy.failures import DeploymentFailed, Failure
from macaron_runner.deploy.files import File
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.image import contents, inside
from macaron_runner.deploy.image.engines import Engine, Job, set_proxies
from macaron_runner.deploy.image.finding import find_engine
from macaron_runner.deploy.image.order import Order
from macaron_runner.deploy.image.pip_settings import pip_settings
from macaron_runner.deploy.image.preparing import LABEL, labels_of, write_context
from macaron_runner.deploy.image.sbom import bill_of_materials
from macaron_runner.deploy.workloads import Image
from macaron_runner.errors import UsageError
from macaron_runner.processes.state import StateDirectory

_ABSENT: Final = ("not found", "manifest unknown", "name unknown", "does not exist", "no such manifest")
"""What engines say of an image that its registry does not have."""


@dataclass(frozen=True, slots=True)
class Built:
    """An image, and its bill of materials: the file it was written to, None where nothing was built."""

    image: Image
    bill: Path | None = None


def image_of(order: Order, hands: Hands, *, push: bool, engine: str = "", bill: Path | None = None) -> Built:
    """Return the image of an order: built, and with `push` in its registry and with its digest.

    One that is in the registry already, made of the same commit, is not built again. `bill` is where its bill of
    materials goes; by default, below the state directory. Raises DeploymentFailed, DependencyMissing, UsageError.
    """
    if push and order.build.image is None:
        raise UsageError("build.image must say to which registry the image goes")
    if not push and len(order.build.platforms) > 1:
        raise UsageError("an image of several platforms can only be built into a registry: build with --push")
    if order.revision is not None and order.revision.shallow:
        hands.tell("macaron: the clone is shallow: the count in a version that git gives is of what is there")
    chosen = find_engine(hands, engine)
    if push and (found := _in_registry(order, chosen, hands)) is not None:
        hands.tell(f"macaron: {found.reference} is in the registry, nothing to build")
        return Built(found)
    with tempfile.TemporaryDirectory(prefix="macaron-build-") as name:
        job = _job(order, chosen, hands, Path(name))
        hands.show(chosen.build(job))
        image = _pushed(order, chosen, hands, job) if push else order.image
    return Built(image, _keep_bill(order, chosen, hands, bill))


def pinned(base: str, engine: Engine, hands: Hands, platform: str = "") -> str:
    """Return a base image by its digest, as the registry has it now; as it is where no registry tells."""
    name = parse_image(base)
    if name.digest:
        return base
    try:
        hands.run(engine.pull(base, platform))
    except Failure as error:
        hands.tell(f"macaron: {base} is pinned by no digest, what is here is used: {_last(error)}")
        return base
    if hands.dry_run:
        return base
    bare = base.removesuffix(f":{name.tag}") if name.tag else base
    digest = engine.known(hands.run(engine.inspect(base))).digest_in(bare)
    return f"{bare}@{digest}" if digest else base


def _in_registry(order: Order, engine: Engine, hands: Hands) -> Image | None:
    """Return the image of the order's name, where the registry has it of the same commit.

    Raises DeploymentFailed where it has it of another one: nobody may change what a version is; Failure where nobody
    can tell.
    """
    if order.revision is None or order.revision.dirty:
        return None
    try:
        hands.run(engine.pull(order.image.reference, _first_platform(order)))
    except Failure as error:
        if any(words in line.lower() for line in error.lines for words in _ABSENT):
            return None
        raise  # whether it is there nobody knows; what is pushed might take its place
    if hands.dry_run:
        return None
    known = engine.known(hands.run(engine.inspect(order.image.reference)))
    commit = known.labels.get(f"{LABEL}revision", "")
    if commit and commit != order.revision.commit:
        raise DeploymentFailed(
            f"{order.image.reference} is there already, made of the commit {commit[:12]}, and this is "
            f"{order.revision.commit[:12]}: a version is never another one; change service.version"
        )
    digest = known.digest_in(order.image.name)
    return replace(order.image, digest=digest) if digest else None


def _job(order: Order, engine: Engine, hands: Hands, folder: Path) -> Job:
    base = order.build.base
    if order.own_dockerfile is None:
        base = pinned(base, engine, hands, _first_platform(order))
    context = write_context(order, hands, folder / "context", base=base, mounts=engine.mounts)
    return Job(
        reference=order.image.reference,
        folder=context,
        file=context / "Dockerfile",
        platforms=order.build.platforms,
        lent=_lent(folder, hands) if engine.mounts and order.own_dockerfile is None else {},
        labels=labels_of(order, "") if order.own_dockerfile is not None else {},
        epoch=order.epoch,
        proxies=set_proxies(hands.environ),
        options=order.build.options,
        digest_file=folder / "digest",
    )


def _pushed(order: Order, engine: Engine, hands: Hands, job: Job) -> Image:
    several = len(job.platforms) > 1
    command = engine.push(job.reference, job.digest_file, several=several)
    if command is not None:
        hands.run(command)
    if hands.dry_run:
        return order.image
    if job.digest_file.is_file():
        digest = _digest_in(job.digest_file.read_text())
    else:
        digest = engine.known(hands.run(engine.inspect(job.reference))).digest_in(order.image.name)
    return replace(order.image, digest=digest)


def _digest_in(text: str) -> str:
    """Return a digest that stands alone, or in the metadata that buildx writes."""
    return str(json.loads(text).get("containerimage.digest", "")) if text.startswith("{") else text.strip()


def _lent(folder: Path, hands: Hands) -> dict[str, Path]:
    """Return the files that the step that installs may read: how pip finds packages, and whom it trusts."""
    settings = pip_settings(hands.environ)
    found = {"ca": settings.bundle} if settings.bundle is not None else {}
    if settings.text:
        found["pip"] = folder / "pip.conf"
        found["pip"].touch(0o600)
        found["pip"].write_text(settings.text)
    return found


def _first_platform(order: Order) -> str:
    return order.build.platforms[0] if order.build.platforms else ""


def _last(error: Failure) -> str:
    return error.lines[-1].strip() if error.lines else f"exit code {error.code}"


def _bill_file(order: Order, hands: Hands) -> Path:
    """Return where the bill goes where nobody says so: below the state directory, which is made."""
    state = StateDirectory.find(order.configuration.directory, hands.environ)
    state.make()
    return state.path / "images" / f"{order.image.tag}.cdx.json"


def _keep_bill(order: Order, engine: Engine, hands: Hands, file: Path | None) -> Path | None:
    """Write down what is found inside the image; None where it cannot be asked: it has no Python of its own, or so."""
    try:
        found = _asked(engine.ask(order.image.reference, Path(contents.__file__).read_bytes()), hands)
    except Failure as error:
        hands.tell(f"macaron: no bill of materials, the image does not tell what is in it: {_last(error)}")
        return None
    if hands.dry_run:
        return None
    identity = engine.known(hands.run(engine.inspect(order.image.reference))).identity
    text = bill_of_materials(
        json.loads(found), order.image, identity, made_at=order.made_at, macaron=version(inside.NAME)
    )
    place = file or _bill_file(order, hands)
    hands.write((File(place.name, text.encode()),), place.parent)
    return place


def _asked(commands: Iterable[Command], hands: Hands) -> bytes:
    """Run commands, the last ones also where one fails: they tidy up. Return what the one with an input said."""
    said, failed = b"", None
    for command in commands:
        try:
            output = hands.run(command)
        except Failure as error:
            failed = failed or error
        else:
            said = output if command.stdin is not None else said
    if failed is not None:
        raise failed
    return said
