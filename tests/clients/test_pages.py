"""Lists of several pages: by the links of a document, and by the header Link."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from macaron_runner.clients.client import Client
from macaron_runner.clients.failures import CannotSend, RemoteError
from macaron_runner.clients.operations import ClientApi, compile_operations
from macaron_runner.clients.options import Options
from macaron_runner.clients.outgoing import Answer, Outgoing
from macaron_runner.openapi.operation import Api, Content, Header, Link, Operation, Parameter, Response
from macaron_runner.validation.jsonable import write_json

LIST = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": {}}, "next": {"type": ["string", "null"]}},
}


class Plain:
    """Models of an API that has none."""

    def adapt(self, schema: Any) -> Any:
        return lambda value: value

    def annotation(self, schema: Any) -> str:
        return "Any"


class Server:
    """Answers with numbers, three a page; `answers` makes what is answered for where a page begins."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.targets: list[str] = []

    def __call__(self, outgoing: Outgoing, options: Options) -> Answer:
        self.targets.append(outgoing.target)
        answer: Answer = self.answer(outgoing)
        return answer

    async def aio(self, outgoing: Outgoing, options: Options) -> Answer:
        return self(outgoing, options)


def parameter(name: str, location: Any = "query", required: bool = False) -> Parameter:
    return Parameter(
        name, location, required, {"type": "string"}, "simple" if location == "path" else "form", True
    )


def client_for(server: Server, *, links: tuple[Link, ...] = (), schema: Any = LIST, **how: bool) -> Any:
    headers = (Header("Link", {"type": "string"}),) if how.get("link_header") else ()
    response = Response("200", content=(Content("application/json", schema),), links=links, headers=headers)
    operation = Operation(
        "stock", "get", "", "/shops/{shop}/items", "list_items",
        (parameter("shop", "path", required=True), parameter("page-token"), parameter("filter")), None, (response,),
    )  # fmt: skip
    api = Api("stock", "stock", "1", "", (operation,), {}, {})
    shared = ClientApi(api, Plain(), {}, lambda _: server)
    client = Client("stock", compile_operations(shared))
    return client.aio.list_items if how.get("aio") else client.list_items


def by_cursor(outgoing: Outgoing) -> Answer:
    start = next((int(pair[11:]) for pair in outgoing.query.split("&") if pair.startswith("page-token=")), 0)
    after = str(start + 3) if start < 6 else None
    return Answer(
        200,
        (("Content-Type", "application/json"),),
        write_json({"items": list(range(start, start + 3)), "next": after}),
    )


NEXT = Link("next", operation_id="list_items", parameters={"query.page-token": "$response.body#/next"})


@pytest.mark.parametrize(
    "link",
    [
        NEXT,
        Link(
            "more",
            operation_ref="#/paths/~1shops~1{shop}~1items/get",
            parameters={"page-token": "{$response.body#/next}"},
        ),
    ],
)
def test_links_lead_from_page_to_page_and_other_arguments_stay(link: Link) -> None:
    server = Server(by_cursor)
    listed = client_for(server, links=(link,))
    pages = list(listed.pages(shop="a", filter="x"))
    assert [page["items"] for page in pages] == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert server.targets == [
        "/shops/a/items?filter=x",
        "/shops/a/items?filter=x&page-token=3",
        "/shops/a/items?filter=x&page-token=6",
    ]


def test_items_come_one_by_one_and_no_page_before_it_is_needed() -> None:
    server = Server(by_cursor)
    items = client_for(server, links=(NEXT,)).items(shop="a")
    assert [next(items) for _ in range(4)] == [0, 1, 2, 3]
    assert len(server.targets) == 2
    assert list(items) == [4, 5, 6, 7, 8]


def test_items_are_the_same_with_all_that_came_along() -> None:
    waiting = client_for(Server(by_cursor), links=(NEXT,)).with_options(whole=True)
    assert list(waiting.items(shop="a")) == list(range(9))


def test_the_same_in_coroutines() -> None:
    async def found() -> list[int]:
        waiting = client_for(Server(by_cursor), links=(NEXT,), aio=True)
        return [item async for item in waiting.items(shop="a")]

    assert asyncio.run(found()) == list(range(9))


def by_header(target: str) -> Any:
    def answer(outgoing: Outgoing) -> Answer:
        start = int(outgoing.query.partition("start=")[2] or 0)
        more = (
            (("Link", f'<{target}?start={start + 3}>; rel="prev next", </>; rel=first'),) if start < 3 else ()
        )
        return Answer(200, (("Content-Type", "application/json"), *more), write_json([start, start + 1]))

    return answer


@pytest.mark.parametrize("target", ["/shops/a/items", "items", "https://elsewhere.example.com/shops/a/items"])
def test_the_header_link_leads_on_where_it_is_described_and_never_elsewhere(target: str) -> None:
    server = Server(by_header(target))
    listed = client_for(server, link_header=True, schema={"type": "array"})
    assert list(listed.items(shop="a")) == [0, 1, 3, 4]
    assert server.targets == ["/shops/a/items", "/shops/a/items?start=3"]


def test_a_page_that_leads_to_itself_is_the_last() -> None:
    stuck = Server(lambda outgoing: by_cursor(Outgoing(outgoing.operation, "", "page-token=0")))
    listed = client_for(stuck, links=(NEXT,))
    assert len(list(listed.pages(shop="a", page_token="3"))) == 1


def test_an_operation_without_links_has_no_pages() -> None:
    with pytest.raises(TypeError, match="links no further pages"):
        next(client_for(Server(by_cursor)).pages(shop="a"))


def test_what_fails_is_raised() -> None:
    listed = client_for(Server(lambda _: Answer(500)), links=(NEXT,))
    with pytest.raises(RemoteError):
        list(listed.pages(shop="a"))
    with pytest.raises(CannotSend):
        list(listed.pages(shop=""))


def test_a_page_of_no_list_has_no_items() -> None:
    plain = Server(lambda _: Answer(200, (("Content-Type", "application/json"),), b'{"a": [], "items": [1]}'))
    with pytest.raises(TypeError, match="a page has 2 lists"):
        list(client_for(plain, links=(NEXT,)).items(shop="a"))


def test_other_values_may_come_from_the_request() -> None:
    link = Link(
        "next",
        operation_id="list_items",
        parameters={
            "page-token": "$response.header.X-Next",
            "filter": "{$request.query.filter}{$request.path.shop}-{$statusCode}-{$method}",
        },
    )

    def answer(outgoing: Outgoing) -> Answer:
        more = () if "page-token" in outgoing.query else (("X-Next", "7"),)
        return Answer(200, (("Content-Type", "application/json"), *more), b'{"items": []}')

    server = Server(answer)
    assert len(list(client_for(server, links=(link,)).pages(shop="a", filter="f"))) == 2
    assert server.targets[1] == "/shops/a/items?page-token=7&filter=fa-200-GET"
