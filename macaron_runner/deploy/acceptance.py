"""Whether a release is let in: it answers, it is the one that was meant, and the service's own command says yes.

Not for whether its containers are well (each platform's `wait`).
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from http.client import HTTPException
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from macaron_runner.configuration.address import THIS_MACHINE
from macaron_runner.deploy.commands import Command
from macaron_runner.deploy.failures import OutOfTime, Refused
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.release import Release
from macaron_runner.deploy.target import Address

PATIENCE: Final = 60.0
"""Seconds that a healthy release has until it answers at its address: routes and names take a moment."""
_TIMEOUT: Final = 10.0
_LARGEST: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The service's own command (none where it has no words), where it runs, and for how long it may."""

    words: tuple[str, ...]
    directory: str
    deadline: float


def accept(hands: Hands, release: Release, target: str, address: Address | None, own: Acceptance) -> None:
    """Ask a release at its address, then run the service's own command. Raises Refused.

    Without an address only the command is asked; it knows where the service is, or looks elsewhere.
    """
    if address is not None:
        answers(hands, release, address)
    if not own.words:
        return
    told = {"MACARON_VERSION": release.version, "MACARON_TARGET": target}
    if address is not None:
        told["MACARON_URL"] = address.url
    hidden = {"MACARON_TOKEN": address.token} if address is not None and address.token else {}
    hands.show(
        Command(own.words, environment=told, hidden=hidden, directory=own.directory, deadline=own.deadline)
    )


def answers(hands: Hands, release: Release, address: Address, patience: float = PATIENCE) -> None:
    """Wait until an address answers that it is ready, and of the release's version. Raises Refused."""

    def look() -> str:
        ready, text = _get(hands, address, "/health/ready")
        if not ready:
            return f"{address.url}/health/ready: {text}"
        answered, text = _get(hands, address, "/version")
        return (
            "" if answered and _version(text) == release.version else f"{address.url}/version: {text[:200]}"
        )

    try:
        hands.wait(look, hands.clock() + patience)
    except OutOfTime as error:
        raise Refused(f"{release} does not answer as it should: {error.awaited}") from error


def _version(text: str) -> str:
    """Return the version that an answer of /version tells, "" where it tells none."""
    try:
        answer = json.loads(text)
    except ValueError:
        return ""
    return str(answer.get("version", "")) if isinstance(answer, dict) else ""


def _get(hands: Hands, address: Address, path: str) -> tuple[bool, str]:
    """Return whether a path is answered with 200, and the answer's text or what happened instead."""
    url = f"{address.url}{path}"
    return hands.call(f"curl --fail {shlex.quote(url)}", lambda: fetch(url, address.headers), acts=False)


def fetch(url: str, headers: dict[str, str]) -> tuple[bool, str]:
    """Return whether a URL is answered with 200, and the answer's text or what happened instead; nothing is raised."""
    proxies = ProxyHandler({}) if urlsplit(url).hostname in THIS_MACHINE else ProxyHandler()
    try:
        request = Request(url)  # noqa: S310 - of a target's address
        for name, value in headers.items():
            # A token is for who was asked, not for whom that one names.
            request.add_unredirected_header(name, value)
        with build_opener(proxies).open(request, timeout=_TIMEOUT) as answer:
            return answer.status == 200, answer.read(_LARGEST).decode("utf-8", "replace").strip()
    except HTTPError as error:
        return False, f"{error.code} {_begin_of(error)}"
    except (HTTPException, OSError, ValueError) as error:
        return False, str(getattr(error, "reason", error)) or type(error).__name__


def _begin_of(error: HTTPError) -> str:
    """Return what an answer that is an error begins with, "" where it breaks off."""
    try:
        return error.read(200).decode("utf-8", "replace").strip()
    except (HTTPException, OSError):
        return ""
