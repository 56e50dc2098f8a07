"""A release on its way to a target: the version, the image that it needs, what is rendered of it.

Not for its way at the target (deploy.pipeline).
"""

from __future__ import annotations

from dataclasses import dataclass

from macaron_runner.cli.build import order_of
from macaron_runner.cli.targets import Chosen, chosen
from macaron_runner.configuration.address import THIS_MACHINE
from macaron_runner.configuration.deployment import Compose
from macaron_runner.configuration.image import parse_image
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.image.build import image_of
from macaron_runner.deploy.image.order import Order
from macaron_runner.deploy.image.staging import staged_files
from macaron_runner.deploy.pipeline import Wanted
from macaron_runner.deploy.planning import plan_release
from macaron_runner.deploy.release import Release
from macaron_runner.deploy.target import kind_of, render
from macaron_runner.deploy.workloads import Image
from macaron_runner.errors import UsageError
from macaron_runner.inspection.inspection import Inspection


@dataclass(frozen=True, slots=True)
class Coming:
    """What is to be released: the target as it sees the version that comes, and what is built for it."""

    chosen: Chosen
    order: Order

    @classmethod
    def of(cls, target: Chosen, inspection: Inspection, *, allow_dirty: bool, version: str = "") -> Coming:
        """Return what comes to a target; a `version` that is given is not that of the files here. Raises UsageError."""
        if version and not kind_of(target.section).uses_image:
            raise UsageError(
                f"{target.name} runs no image: a target of type {target.section.type} gets the files that are here"
            )
        order = order_of(inspection, allow_dirty=allow_dirty)
        return cls(chosen(target.selection, target.name, version or order.image.tag), order)

    @property
    def version(self) -> str:
        """The version that `/version` will tell."""
        assert self.chosen.seen.configuration is not None
        return self.chosen.seen.configuration.version

    def image(self, hands: Hands) -> Image:
        """Return the image in its registry, built where it is not there yet. Raises CommandError."""
        if not kind_of(self.chosen.section).uses_image:
            return Image("", self.version)
        is_here = isinstance(self.chosen.section, Compose) and self.chosen.section.host in THIS_MACHINE
        return image_of(self.order, hands, push=not is_here).image

    def likely_image(self, live: Release | None) -> Image:
        """Return the image without building it: the live one where its version is this, else the one with the tag."""
        if live is not None and live.version == self.version and live.image:
            return image_named(live.image, self.order.image.tag)
        return self.order.image

    def wanted(self, image: Image) -> Wanted:
        """Return what the pipeline brings to the target."""
        uses_image = kind_of(self.chosen.section).uses_image
        staged = () if uses_image else staged_files(self.order)
        planned = plan_release(self.chosen.seen, image, self.order.layout.places, staged)
        return Wanted(planned.version, image.reference if uses_image else "", render(planned))


def image_named(text: str, tag: str = "") -> Image:
    """Return an image by its name with a tag, which is its version, or a digest. Raises UsageError."""
    try:
        name = parse_image(text)
    except ValueError as error:
        raise UsageError(f'"{text}" is no name of an image: {error}') from error
    if not (name.tag or tag):
        raise UsageError(f'"{text}" does not tell the version: name the image with its tag')
    bare = text.removesuffix(f"@{name.digest}").removesuffix(f":{name.tag}")
    return Image(bare, name.tag or tag, name.digest)
