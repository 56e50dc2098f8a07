"""How a target was before a deployment touched it, so that it can be so again. Pure.

Of everything what does not make a revision: who has how much, how many instances there are, who may call. It is kept at
the target as long as the deployment is under way, for a crash of ours may come in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from macaron_runner.deploy.cloud_run.shares import key_of, settled
from macaron_runner.deploy.cloud_run.template import Json

_SERVICE: tuple[str, ...] = ("labels", "ingress")
_POOL: tuple[str, ...] = ("labels", "scaling")


@dataclass(frozen=True, slots=True)
class Before:
    """The fields of the service, None where there was none; those of worker pools, by full name; whether all may call.

    `release` is the number of the one that is under way.
    """

    release: int
    service: Json | None
    pools: Mapping[str, Json]
    public: bool

    @classmethod
    def of(cls, release: int, service: Json | None, pools: Iterable[Json], *, public: bool) -> Before:
        """Return how it is now."""
        kept = None if service is None else _fields(service, _SERVICE)
        return cls(release, kept, {pool["name"]: _fields(pool, _POOL) for pool in pools}, public)

    def to_json(self) -> Json:
        """Return it as plain data."""
        pools = dict(self.pools)
        return {"release": self.release, "service": self.service, "pools": pools, "public": self.public}

    @classmethod
    def from_json(cls, kept: Json) -> Before:
        """Return what `to_json` wrote."""
        return cls(kept["release"], kept["service"], kept["pools"], kept["public"])


def _fields(owner: Json, keys: Iterable[str]) -> Json:
    return {key: owner.get(key) for key in keys} | {key_of(owner["name"]): settled(owner)}
