"""What is shown of a roll-out that fails: a pod's last lines, what its probe got, and the likely cause.

Not for finding out that it fails (rollout).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from macaron_runner.deploy.failures import Evidence, Failure
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.kubernetes.causes import cause_of
from macaron_runner.deploy.kubernetes.kubectl import Kubectl, read
from macaron_runner.deploy.kubernetes.rollout import Trouble

_MOST: Final = 3
"""So many troubles are shown: pods of one Deployment mostly have the same."""
_LINES: Final = 15


def gather(hands: Hands, kubectl: Kubectl, troubles: Iterable[Trouble]) -> tuple[Evidence, ...]:
    """Return evidence for the first trouble of each Deployment, that of a pod if there is one.

    What cannot be read is left out.
    """
    first: dict[str, Trouble] = {}
    for trouble in troubles:
        if trouble.deployment not in first or (trouble.pod and not first[trouble.deployment].pod):
            first[trouble.deployment] = trouble
    return tuple(_evidence(hands, kubectl, trouble) for trouble in list(first.values())[:_MOST])


def _evidence(hands: Hands, kubectl: Kubectl, trouble: Trouble) -> Evidence:
    if not trouble.pod:
        return Evidence(str(trouble), cause=cause_of(trouble))
    warnings = _warnings(hands, kubectl, trouble.pod)
    probe = next((text for text in reversed(warnings) if "probe failed" in text), "")
    lines = _last_lines(hands, kubectl, trouble)
    return Evidence(str(trouble), lines, probe, cause_of(trouble, "\n".join(warnings)))


def _warnings(hands: Hands, kubectl: Kubectl, pod: str) -> list[str]:
    command = kubectl.get("events", fields=f"involvedObject.name={pod},type=Warning")
    try:
        return [str(event.get("message", "")) for event in read(hands.run(command))]
    except Failure:
        return []


def _last_lines(hands: Hands, kubectl: Kubectl, trouble: Trouble) -> tuple[str, ...]:
    """Return what the container printed last, or the one before it; its last words, where it printed nothing."""
    said = tuple(trouble.last_words.splitlines())
    if not trouble.container:
        return said
    command = kubectl.logs(trouble.pod, trouble.container, _LINES, previous=trouble.restarts > 0)
    try:
        return tuple(hands.run(command).decode("utf-8", "replace").splitlines()) or said
    except Failure:  # a container that never ran has no log
        return said
