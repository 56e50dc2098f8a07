"""What a unit of ours is kept from: everything that a service of Python needs not. Pure.

systemd.exec(5) tells each; `systemd-analyze security` gives marks. Not among them: MemoryDenyWriteExecute, for packages
that compile while they run (numba, JITs of regular expressions) would die of it.
"""

from __future__ import annotations

from typing import Final

HARDENING: Final = (
    "NoNewPrivileges=yes",
    "CapabilityBoundingSet=",
    "AmbientCapabilities=",
    "ProtectSystem=strict",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "PrivateMounts=yes",
    "DevicePolicy=closed",
    "PrivateUsers=yes",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "ProtectProc=invisible",
    "ProcSubset=pid",
    "KeyringMode=private",
    "LockPersonality=yes",
    "RemoveIPC=yes",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "SystemCallFilter=~@privileged @resources",
    "SystemCallFilter=prlimit64 getrlimit",  # which limits there are, Valkey and Celery ask
    "SystemCallErrorNumber=EPERM",
    "UMask=0077",
)

_HOMES: Final = ("/home/", "/root/", "/run/user/")


def home(directory: str) -> str:
    """Return how far homes are kept from a service whose folder this is: out of sight, unless it is in one."""
    return f"ProtectHome={'read-only' if directory.startswith(_HOMES) else 'yes'}"
