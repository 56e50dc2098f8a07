"""What the rules of `macaron audit` look at, and what each of them gives: risks.

Not for the rules (secret_risks, server_risks, api_risks, deployment_risks), nor for what becomes of risks (audit).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any, Final, TypeAlias

from macaron_runner.configuration.keys import join_key
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.merge import ABSENT, merge_layers, value_at
from macaron_runner.configuration.model import MacaronConfig
from macaron_runner.configuration.source import Path
from macaron_runner.diagnostics import Location, Severity
from macaron_runner.inspection.inspection import Inspection

_DEVELOPMENT: Final = ("", "dev", "devel", "development", "local", "test", "testing", "ci")

CommittedByGit: TypeAlias = Callable[[FilePath, Sequence[FilePath]], frozenset[FilePath]]
"""(a folder, paths) -> those of the paths that git would commit, for no ignore rule keeps them out."""


@dataclass(frozen=True, slots=True)
class Risk:
    """One thing that is unsafe: what, where, and the remedy.

    `about` is what `audit.ignore` calls it: a key ("auth.users.audience"), an operation ("shop.create_order"), a file.
    `severity` is None where it is that of its rule. `confidential`: its line holds what must not be shown.
    """

    message: str
    place: Location | None
    about: str
    help: str = ""
    severity: Severity | None = None
    confidential: bool = False


@dataclass(frozen=True)
class Audited:
    """One service, its configuration known at least in part; `committed` asks git."""

    inspection: Inspection
    configuration: Configuration
    committed: CommittedByGit

    @property
    def config(self) -> MacaronConfig:
        """The model, as far as it is good."""
        return self.configuration.config

    def said(self, *path: str | int) -> Any:
        """Return what the files say at a path, keys of later versions included; None where they say nothing."""
        value = value_at(self.configuration.merged.value, path)
        return None if value is ABSENT else value

    @cached_property
    def written(self) -> dict[str, Any]:
        """The merged tree with its references as they are written."""
        return merge_layers(self.configuration.merged.layers).value

    @property
    def outside_development(self) -> bool:
        """Whether this configuration, with this overlay, is meant for more than a developer's machine."""
        environment, deploy = self.configuration.environment, self.config.deploy
        deployed = deploy is not None and any(
            (target.env or "") == environment for target in deploy.targets.values()
        )
        return deployed or environment.lower() not in _DEVELOPMENT

    def risk(
        self,
        message: str,
        path: Path,
        help: str = "",  # noqa: A002 - as Diagnostic has it
        *,
        key: bool = False,
        severity: Severity | None = None,
        confidential: bool = False,
    ) -> Risk:
        """Return a risk about a key of macaron.yaml."""
        place = self.configuration.locate(*path, key=key)
        return Risk(message, place, join_key(path), help, severity, confidential)


def scalars(tree: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield path and value of everything in a tree that is neither a map nor a list, but for `x-*` of the top."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            if path or not str(key).startswith("x-"):
                yield from scalars(value, (*path, key))
    elif isinstance(tree, list | tuple):
        for index, value in enumerate(tree):
            yield from scalars(value, (*path, index))
    else:
        yield path, tree


def is_loopback(host: str) -> bool:
    """Tell whether a host of a URL or address is this machine; "" counts as it."""
    bare = host.strip("[]").lower()
    if bare in ("", "localhost") or bare.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def is_everywhere(bind: str) -> bool:
    """Tell whether an address to listen on is that of all interfaces: 0.0.0.0:80, [::]:80."""
    return bind.rpartition(":")[0] in ("0.0.0.0", "[::]", "*")  # noqa: S104 - it is looked for, not used


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a map as it is, and an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}
