"""Which environment has the live address, and how it gets to another: nothing else moves traffic on Beanstalk.

    live address   shop.eu-west-1.elasticbeanstalk.com, what clients know
    own address    shop-12.eu-west-1.elasticbeanstalk.com, where release 12 is asked before it has the traffic

A swap exchanges the addresses of two environments. Everything here may be done again, and ends the same. Not for which
release runs where (platform).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from macaron_runner.deploy.beanstalk.aws import AwsRefusal
from macaron_runner.deploy.beanstalk.environments import Environment, Environments
from macaron_runner.deploy.failures import DeploymentFailed
from macaron_runner.deploy.hands import Hands

_PATIENCE: Final = 900.0
"""Seconds that an exchange of addresses, or the end of an environment, may take."""
_PAUSE: Final = 5.0


class Traffic:
    """The live address of a target; `live` is its first label."""

    def __init__(self, environments: Environments, hands: Hands, live: str) -> None:
        self._environments, self._hands, self._live = environments, hands, live

    def holder(self) -> Environment | None:
        """Return the environment that has the live address, None where none has."""
        holder = self._environments.with_prefix(self._live)
        return holder if holder is not None and holder.stands else None

    def first_prefix(self, own: str) -> str:
        """Return the address to make an environment with: its own, or the live one where nobody has it.

        Raises DeploymentFailed where somebody else's environment does: no swap of ours could ever take it.
        """
        holder = self._environments.with_prefix(self._live)
        if holder is not None and holder.stands:
            return own
        if holder is not None:
            self.wait_for_end(holder.name)
        if not self._environments.is_free(self._live):
            raise DeploymentFailed(
                f"the address {self._live} belongs to an environment of another application, or of somebody else:"
                " choose another `cname` for the target"
            )
        return self._live

    def give(self, name: str) -> None:
        """See to it that an environment has the live address: the one that has it gets its own in exchange."""
        self._settle(name)
        holder = self.holder()
        if holder is None and self._hands.dry_run:
            return
        if holder is None:
            raise DeploymentFailed(
                f"no environment has the address {self._live}: {name} cannot get it by a swap"
            )
        if holder.name != name:
            self._settle(holder.name)
            self._swap(holder.name, name)
            self._settle(name, self._live)

    def give_back(self, name: str, former: str) -> None:
        """See to it that an environment does not have the live address: `former` gets it back, if `name` has it."""
        environment = self._environments.named(name)
        if environment is None or not environment.stands:
            return
        self._settle(name)
        holder = self.holder()
        if holder is not None and holder.name == name:
            self.give(former)

    def end(self, name: str) -> None:
        """Have an environment taken away, if it stands, as soon as Beanstalk lets us."""

        def look() -> str:
            environment = self._environments.named(name)
            if environment is None or not environment.stands:
                return ""
            try:
                self._environments.terminate(name)
            except AwsRefusal as refusal:
                if "invalid state" not in refusal.message.lower():
                    raise
                return (
                    f"environment {name} to be in a state in which it can be taken away: {environment.status}"
                )
            return ""

        self._wait(look)

    def wait_for_end(self, name: str) -> None:
        """Wait until an environment that is being taken away has left its name and address to others."""
        self._wait(lambda: f"environment {name} to be gone" if self._environments.named(name) else "")

    def _swap(self, one: str, other: str) -> None:
        """Exchange the live address of `one` for that of the other."""
        try:
            self._environments.swap(one, other)
        except AwsRefusal:
            self._settle(other)
            holder = self.holder()
            if holder is None or holder.name != other:  # else done at a try whose answer was lost
                raise

    def _settle(self, name: str, prefix: str = "") -> None:
        """Wait until no exchange is under way in an environment, and it has the address, if one is given."""

        def look() -> str:
            environment = self._environments.standing(name)
            if environment.status == "Updating":
                return f"environment {name}: {environment.status}"
            return (
                f"environment {name} to have the address {prefix}"
                if prefix not in ("", environment.prefix)
                else ""
            )

        if not self._hands.dry_run:
            self._wait(look)

    def _wait(self, look: Callable[[], str]) -> None:
        self._hands.wait(look, self._hands.clock() + _PATIENCE, every=_PAUSE)
