"""What Flask asks Werkzeug of a request's URL, answered with what our router found.

Not for finding it (router), nor for the routes that extensions add, which Werkzeug matches as ever.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from werkzeug.exceptions import MethodNotAllowed
from werkzeug.routing import MapAdapter, Rule

from macaron_runner.openapi.operation import PLACEHOLDER
from macaron_runner.server.route import Route
from macaron_runner.server.router import Match
from macaron_runner.validation.identifiers import identifier


class UrlRule(Rule):
    """A rule of Werkzeug that compiles what url_for needs of it when url_for is first called: of most, nobody asks."""

    def _compile_builder(self, *arguments: Any) -> Callable[..., tuple[str, str]]:
        compiled = functools.cache(lambda: super(UrlRule, self)._compile_builder(*arguments))
        return lambda rule, /, **values: compiled()(rule, **values)


class OperationAdapter(MapAdapter):
    """The adapter of a request whose path is known. Werkzeug's own is made when url_for or an extension needs it."""

    def __init__(self, found: Match[Route], method: str, bind: Callable[[], MapAdapter | None]) -> None:
        # Not the parent's: what it would compute from the whole request comes in __getattr__, for those who ask.
        self.default_method = method
        self._found = found
        self._bind = bind

    def __getattr__(self, name: str) -> Any:
        bound = vars(self._bind()) if not name.startswith("_") else {}
        if name not in bound:
            raise AttributeError(name)
        vars(self).update(bound)
        return bound[name]

    def match(  # one answer for Werkzeug's overloads
        self,
        path_info: str | None = None,
        method: str | None = None,
        return_rule: bool = False,  # noqa: FBT001, FBT002 - Werkzeug's signature
        query_args: Any = None,
        websocket: bool | None = None,  # noqa: FBT001
    ) -> tuple[Any, dict[str, Any]]:
        """Return the rule (or its endpoint) and the path's values, still encoded. Raises MethodNotAllowed."""
        if path_info is not None:
            return super().match(path_info, method, return_rule, query_args, websocket)  # type: ignore[call-overload,no-any-return]
        route = self._found.target
        if route is None or (method or self.default_method) != self.default_method:
            raise MethodNotAllowed(valid_methods=list(self._found.allowed))
        return route.rule if return_rule else route.rule.endpoint, dict(self._found.values)


def rule_of(template: str) -> str:
    """Return a path template as Werkzeug writes it: "/orders/{order-id}" -> "/orders/<order_id>"."""
    return PLACEHOLDER.sub(lambda found: f"<{_variable_of(found[1])}>", template)


def _variable_of(name: str) -> str:
    """Return a path variable's name as Werkzeug takes it: an identifier, in ASCII."""
    word = identifier(name)
    return word if word.isascii() else "v" + word.encode("utf-8").hex()
