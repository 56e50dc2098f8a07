"""From one page of a list to the next, as its document links them, or as the answer's header Link does.

    links: {next: {operationId: list_items, parameters: {cursor: $response.body#/next}}}
    Link: </items?page=2>; rel="next"                (RFC 8288, where the document describes the header)

The last page is that which has no such value. Not for making calls (client).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

from macaron_runner.clients.outgoing import Answer, Outgoing
from macaron_runner.clients.runtime_expressions import Exchange, evaluate
from macaron_runner.openapi.operation import Link, Operation, Response
from macaron_runner.validation.identifiers import argument_names
from macaron_runner.validation.json_text import read_json
from macaron_runner.validation.jsonable import NotJson, jsonable
from macaron_runner.validation.promises import said_of
from macaron_runner.validation.text_values import UnreadableText

if TYPE_CHECKING:
    from collections.abc import Iterable

_NEXT: Final = "next"
_LINK: Final = re.compile(r'<([^<>]*)>((?:\s*;\s*[^\s=;,"]+\s*(?:=\s*(?:"[^"]*"|[^\s;,"]*))?)*)')
_REL: Final = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]*))', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """One call of a list: its arguments, as they were given, and the request that was made of them."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    outgoing: Outgoing


class Pages:
    """Finds the page after a page of one operation. `encode` makes the request of arguments."""

    def __init__(
        self, operation: Operation, encode: Callable[[tuple[Any, ...], Mapping[str, Any]], Outgoing]
    ) -> None:
        self._operation = operation
        self._names = {
            parameter.name: name
            for parameter, name in zip(operation.parameters, argument_names(operation), strict=True)
        }
        self._encode = encode
        self._responses = {each.status: each for each in operation.responses}

    def first(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Page:
        """Return the first page. Raises CannotSend, and TypeError also where nothing leads to a further page."""
        if not links_pages(self._operation):
            raise TypeError(f"the document of {self._operation.name} links no further pages")
        return Page(args, kwargs, self._encode(args, kwargs))

    def after(self, page: Page, answer: Answer) -> Page | None:
        """Return the next page, None where this is the last. Raises CannotSend."""
        response = said_of(self._responses, answer.status)
        link = _link_to(self._operation, response) if response is not None else None
        if link is not None:
            return self._linked(page, answer, link)
        if response is None or not _has_link_header(response):
            return None
        target = _next_in(answer.header("Link") or "")
        return None if target is None else _at_target(page, target)

    def _linked(self, page: Page, answer: Answer, link: Link) -> Page | None:
        """Return the page that a link leads to: the arguments of the call, with what the link says in their place."""
        exchange = Exchange(
            page.outgoing, self._given(page.kwargs), _json(page.args), answer, _parsed(answer)
        )
        said = {self._named(name): evaluate(value, exchange) for name, value in link.parameters.items()}
        computed = [self._named(name) for name, value in link.parameters.items() if _is_of_answer(value)]
        if not computed or any(said[name] in (None, "") for name in computed):
            return None
        names = {document: name for document, name in self._names.items() if name in said}
        kept = {name: value for name, value in page.kwargs.items() if name not in names}
        kwargs = {**kept, **said}
        args = page.args if link.request_body is None else (evaluate(link.request_body, exchange),)
        following = Page(args, kwargs, self._encode(args, kwargs))
        return None if following.outgoing == page.outgoing else following

    def _named(self, name: str) -> str:
        """Return the document's name of a parameter, which links may write as `path.id`, in Python."""
        place, dot, rest = name.partition(".")
        plain = rest if dot and place in {"path", "query", "header", "cookie"} else name
        return self._names.get(plain, plain)

    def _given(self, kwargs: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
        """Return the arguments by place and the document's name."""
        return {
            (each.location, each.name): kwargs.get(self._names[each.name], kwargs.get(each.name))
            for each in self._operation.parameters
        }


def links_pages(operation: Operation) -> bool:
    """Tell whether the document says of an operation what leads from one of its pages to the next."""
    return any(_link_to(operation, each) or _has_link_header(each) for each in operation.responses)


def _is_of_answer(value: Any) -> bool:
    return isinstance(value, str) and "$response." in value


def _link_to(operation: Operation, response: Response) -> Link | None:
    """Return the link of a response that leads to the same operation: that of the name next, else the only one."""
    same = [link for link in response.links if _leads_to(link, operation)]
    named = [link for link in same if link.name.lower() == _NEXT]
    return named[0] if named else same[0] if len(same) == 1 else None


def _leads_to(link: Link, operation: Operation) -> bool:
    if link.operation_id is not None:
        return link.operation_id == operation.operation_id
    escaped = operation.path.replace("~", "~0").replace("/", "~1")
    wanted = f"#/paths/{escaped}/{operation.method.lower()}"
    return (link.operation_ref or "").replace("%7B", "{").replace("%7D", "}") == wanted


def _has_link_header(response: Response) -> bool:
    return any(header.name.lower() == "link" for header in response.headers)


def _next_in(text: str) -> str | None:
    """Return the target of the first link whose relation is next (RFC 8288 section 3)."""
    for target, parameters in _LINK.findall(text):
        relation = _REL.search(parameters)
        if relation is not None and _NEXT in (relation[1] or relation[2] or "").lower().split():
            found: str = target
            return found
    return None


def _at_target(page: Page, target: str) -> Page | None:
    """Return the page at a target, which may be relative to this one; its origin is that of the client in any case."""
    outgoing = page.outgoing
    moved = urlsplit(urljoin(f"http://origin{outgoing.target}", target))
    following = replace(outgoing, path=moved.path or "/", query=moved.query)
    return None if following == outgoing else replace(page, outgoing=following)


def items_of(page: Any) -> Iterable[Any]:
    """Return the items of a page: itself, where it is a list, else its one member that is. Raises TypeError."""
    if isinstance(page, list):
        return page
    members = page.__dict__ if hasattr(page, "__dict__") else page if isinstance(page, dict) else {}
    lists = [value for value in members.values() if isinstance(value, list)]
    if len(lists) != 1:
        raise TypeError(f"a page has {len(lists) or 'no'} lists: use pages(), and take the items from there")
    return lists[0]


def _json(args: tuple[Any, ...]) -> Any:
    try:
        return jsonable(args[0]) if args else None
    except NotJson:
        return None


def _parsed(answer: Answer) -> Any:
    try:
        return read_json(answer.body)
    except UnreadableText:
        return None
