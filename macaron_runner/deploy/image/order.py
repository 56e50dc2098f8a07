"""What is to be built: of which service, from which files, and what the image is called.

Not for building it (build).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from macaron_runner.configuration.deployment import Build
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.deploy.image.layout import Layout
from macaron_runner.deploy.image.sources import folders_of, sources_of
from macaron_runner.deploy.naming import image_tag
from macaron_runner.deploy.workloads import Image
from macaron_runner.errors import UsageError
from macaron_runner.git import Revision, revision_of


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be built: of which service, from which files, and how the image is called.

    `revision` is None without git; `others` are configurations of the same service with other overlays, of which the
    image must be able to do what they want as well.
    """

    configuration: Configuration
    layout: Layout
    sources: tuple[Path, ...]
    revision: Revision | None
    image: Image
    others: tuple[Configuration, ...] = ()

    @classmethod
    def of(
        cls,
        configuration: Configuration,
        read: Iterable[Path],
        *,
        allow_dirty: bool = False,
        others: Iterable[Configuration] = (),
    ) -> Order:
        """Return the order for a service; `read` are the files that were read of it. Raises UsageError.

        So does a folder with changes that no commit has, unless that is allowed: the image's tag then says -dirty.
        """
        read = tuple(read)
        layout = Layout.of(configuration, read)
        revision = revision_of(configuration.directory, *folders_of(configuration, layout), *read)
        dirty = revision is not None and revision.dirty
        if dirty and not allow_dirty:
            raise UsageError(
                f"{layout.root} has changes that are in no commit, so that nobody could tell later what was built: "
                "commit them, or build with --allow-dirty"
            )
        version = configuration.version
        if dirty and not version.endswith("-dirty"):
            version += "-dirty"
        image = Image(build_of(configuration).image or configuration.config.service.name, image_tag(version))
        return cls(
            configuration, layout, sources_of(configuration, layout, read), revision, image, tuple(others)
        )

    @property
    def build(self) -> Build:
        """The section `build`."""
        return build_of(self.configuration)

    @property
    def epoch(self) -> int:
        """The time of the service's files: that of the commit, or of the newest change where there is none of it."""
        if self.revision is not None and not self.revision.dirty:
            return int(self.revision.at.timestamp())
        return max((int(file.lstat().st_mtime) for file in self.sources), default=0)

    @property
    def made_at(self) -> str:
        """The same as RFC 3339 writes it."""
        return datetime.fromtimestamp(self.epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def own_dockerfile(self) -> Path | None:
        """The service's own Dockerfile, which is used as it is, where there is one."""
        file = self.layout.file.parent / "Dockerfile"
        return file if file.is_file() else None


def build_of(configuration: Configuration) -> Build:
    """Return the section `build`, or what it is where there is none."""
    return configuration.config.build or Build()
