"""What an image is made of, put into the folder that an engine builds from. Not for the engine's part (build)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from macaron_runner.configuration.address import port_of
from macaron_runner.deploy.files import File, in_order
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.image import inside
from macaron_runner.deploy.image.context import own_ignore_file, stage
from macaron_runner.deploy.image.dockerfile import Recipe, dockerfile
from macaron_runner.deploy.image.order import Order
from macaron_runner.processes.plan import bind_addresses

LABEL: Final = "org.opencontainers.image."
"""What the names of the labels begin with that the OCI's image specification defines (annotations)."""
_MACARON: Final = "macaron-runner.txt"


def write_context(order: Order, hands: Hands, folder: Path, *, base: str, mounts: bool = True) -> Path:
    """Write what an image is built from into a folder that is empty; return that of the two an engine is given.

    Raises Failure, DependencyMissing, UsageError.
    """
    own = order.own_dockerfile
    if own is not None:
        hands.call(
            f"write {folder}", lambda: stage(folder, order.layout, order.sources, (), epoch=order.epoch)
        )
        return folder / "app" / order.layout.relative(own.parent)
    requirements, files = _installed(order)
    recipe = Recipe(
        service=order.configuration.config.service.name,
        version=order.image.tag,
        base=base,
        called=order.build.base,
        requirements=requirements,
        labels=labels_of(order, base),
        extra=_extra(order),
        port=port_of(bind_addresses(order.configuration)),
        mounts=mounts,
        places=order.layout.places,
    )
    written = in_order(
        [
            *own_ignore_file(order.layout),
            *files,
            File("Dockerfile", dockerfile(recipe).encode()),
        ]
    )
    hands.call(
        f"write {folder}", lambda: stage(folder, order.layout, order.sources, written, epoch=order.epoch)
    )
    return folder


def _installed(order: Order) -> tuple[tuple[str, ...], list[File]]:
    """Return the files of requirements that pip is given, and all that these need."""
    requirements = inside.requirements_of(order.configuration)
    texts = dict(inside.requirement_files(requirements, order.layout)) if requirements is not None else {}
    found = dict(texts)
    names = [inside.requirement_name(requirements, order.layout)] if requirements is not None else []
    macaron = inside.macaron_inside()
    if isinstance(macaron, File):
        found[macaron.path] = macaron.content
    if isinstance(macaron, File) or not inside.names_macaron(texts.values()):
        extras = inside.needed_extras((order.configuration, *order.others))
        found[_MACARON] = f"{inside.requirement(macaron, extras)}\n".encode()
        names = [_MACARON, *names]
    return tuple(names), [File(f"requirements/{name}", content) for name, content in found.items()]


def labels_of(order: Order, base: str) -> Mapping[str, str]:
    """Return the labels of the image, `base` being what it stands on, "" where that is not known."""
    ours = {
        "title": order.configuration.config.service.name,
        "version": order.image.tag,
        "created": order.made_at,
        "revision": order.revision.commit if order.revision is not None else "",
        "base.name": order.build.base if base else "",
        "base.digest": base.partition("@")[2],
    }
    return {**{f"{LABEL}{name}": value for name, value in ours.items() if value}, **order.build.labels}


def _extra(order: Order) -> str:
    file = order.layout.file.parent / "Dockerfile.extra"
    return file.read_text("utf-8") if file.is_file() else ""
