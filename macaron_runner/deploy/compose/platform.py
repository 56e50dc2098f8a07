"""Opens the Platform of a compose target."""

from __future__ import annotations

from macaron_runner.configuration.deployment import Compose
from macaron_runner.deploy.compose.engine import ComposeEngine
from macaron_runner.deploy.compose.render import project
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.host.machine import Machine
from macaron_runner.deploy.host.places import Places
from macaron_runner.deploy.host.platform import HostPlatform
from macaron_runner.deploy.target import Site


def open_platform(site: Site, hands: Hands) -> HostPlatform:
    """Return the platform of a compose target."""
    section = site.section
    assert isinstance(section, Compose)  # by target.PLATFORMS
    machine = Machine(section.host, section.user or "", hands)
    places = Places(section.directory)
    return HostPlatform(
        machine,
        places,
        ComposeEngine(project(site.service, site.target), machine, places, hands),
        hands,
        section.timeout,
    )
