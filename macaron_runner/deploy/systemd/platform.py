"""Opens the Platform of a systemd target."""

from __future__ import annotations

import shlex

from macaron_runner.configuration.deployment import Systemd
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.host.machine import Machine
from macaron_runner.deploy.host.places import Places
from macaron_runner.deploy.host.platform import HostPlatform
from macaron_runner.deploy.systemd.engine import SystemdEngine
from macaron_runner.deploy.systemd.placing import unit_name
from macaron_runner.deploy.target import Site


def open_platform(site: Site, hands: Hands) -> HostPlatform:
    """Return the platform of a systemd target."""
    section = site.section
    assert isinstance(section, Systemd)  # by target.PLATFORMS
    machine = Machine(section.host, section.user or "", hands, root=True)
    places, name = Places(section.directory), unit_name(site.service, site.target)
    engine = SystemdEngine(name, shlex.quote(section.python), machine, places, hands)
    return HostPlatform(machine, places, engine, hands, section.timeout)
