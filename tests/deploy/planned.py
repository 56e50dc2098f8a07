"""Plans of releases for tests, from a macaron.yaml given as text or kept in a folder."""

from __future__ import annotations

import textwrap
from pathlib import Path

from macaron_runner.configuration.at_target import see
from macaron_runner.configuration.selection import Selection
from macaron_runner.deploy.planning import IN_CONTAINER, plan_release
from macaron_runner.deploy.workloads import Image, Places, Planned

VERSION = "20261128-421-3f2c9a1"
IMAGE = Image("registry.example.com/acme/shop", VERSION, "sha256:" + "5f" * 32)


def plan_of(
    file: Path, target: str, *, version: str = VERSION, image: Image = IMAGE, places: Places = IN_CONTAINER
) -> Planned:
    """Return the plan of a release of a service's file, which has no problem."""
    seen = see(Selection(str(file)), target, version=version)
    assert not seen.problems, seen.problems
    assert not seen.missing, seen.missing
    return plan_release(seen, image, places)


def write_service(folder: Path, target: str, rest: str = "") -> Path:
    """Write a macaron.yaml whose one target is `live`, `{type: …}` as text, and whatever else; return it."""
    file = folder / "macaron.yaml"
    head = f"""\
        macaron: 1
        service: {{name: shop}}
        apis: {{shop: {{spec: shop.yaml}}}}
        build: {{image: registry.example.com/acme/shop}}
        deploy: {{targets: {{live: {target}}}}}
        """
    file.write_text(textwrap.dedent(head) + textwrap.dedent(rest), "utf-8")
    return file
