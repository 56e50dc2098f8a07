"""From what a target sees to what its renderer is given; the only step of it that reads files. Not for rendering."""

from __future__ import annotations

from macaron_runner.configuration.at_target import Seen
from macaron_runner.deploy.files import File, Files, in_order
from macaron_runner.deploy.workloads import Image, Places, Planned, config_path, workloads

IN_CONTAINER = Places()


def plan_release(seen: Seen, image: Image, places: Places = IN_CONTAINER, staged: Files = ()) -> Planned:
    """Return the plan of a release; the configuration must be free of errors. Raises OSError where a file has gone.

    The configuration's own files come along, at their places there; what is set by hand does not. `staged` are all the
    files of the service instead, for a target that runs no image.
    """
    configuration, section = seen.configuration, seen.section
    assert configuration is not None  # it has no errors
    assert section is not None
    files = staged or in_order(
        File(config_path(configuration, file, places), file.read_bytes()) for file in configuration.files
    )
    return Planned(
        service=configuration.config.service.name,
        target=seen.target,
        section=section,
        image=image,
        version=configuration.version,
        workloads=workloads(configuration, section, places),
        files=files,
        configuration=configuration,
        places=places,
    )
