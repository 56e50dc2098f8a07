"""One operation as the application routes it: what our router finds for a method and a path.

Not for finding it (router).
"""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.routing import Rule

from macaron_runner.server.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Route:
    """What answers, what logs call it, and the rule under which Flask and its extensions know it."""

    name: str
    methods: frozenset[str]
    endpoint: Endpoint
    rule: Rule
