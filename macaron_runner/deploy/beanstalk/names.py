"""What environments, versions and objects in S3 are called: valid where they go, and the same for the same release.

Pure. Not for asking whether a name is free.
"""

from __future__ import annotations

import re
from typing import Final

from macaron_runner.deploy.naming import dns_label

_LONGEST_ENVIRONMENT: Final = 40
_SHORTEST_PREFIX: Final = 4
_LONGEST_LABEL: Final = 100
_DIGITS: Final = 12


def live_prefix(application: str, cname: str | None) -> str:
    """Return the first label of the address that clients know: `cname`, else the application's name as one.

    Beanstalk wants 4 characters at least (CreateEnvironment, CNAMEPrefix).
    """
    prefix = cname or re.sub("[^a-z0-9]+", "-", application.lower()).strip("-")
    return prefix if len(prefix) >= _SHORTEST_PREFIX else f"{prefix}-app".lstrip("-")


def release_prefix(live: str, number: int) -> str:
    """Return the first label of a release's own address, which is its environment's name as well: "shop-12".

    An environment's name has 4 to 40 characters, letters, digits and hyphens (CreateEnvironment, EnvironmentName).
    """
    end = f"-{number}"
    return live[: _LONGEST_ENVIRONMENT - len(end)].rstrip("-") + end


def version_label(version: str, digest: str) -> str:
    """Return the label of an application version: the service's version, and of what its files are 12 digits."""
    end = f"-{digest.removeprefix('sha256:')[:_DIGITS]}"
    return re.sub(r"[^\w.+-]", "-", version, flags=re.ASCII)[: _LONGEST_LABEL - len(end)] + end


def bundle_key(application: str, label: str) -> str:
    """Return where in the bucket a version's bundle is."""
    return f"macaron/{dns_label(application)}/bundles/{label}.zip"


def target_folder(application: str, target: str) -> str:
    """Return where in the bucket the records and the lock of a target are; it ends with a slash."""
    return f"macaron/{dns_label(application)}/targets/{target}/"
