"""Redirections: which are followed, with what, and which never are."""

from __future__ import annotations

import pytest

from macaron_runner.clients.failures import TooManyRedirects
from macaron_runner.clients.outgoing import Answer, Garbled
from tests.support.played import ORIGIN, RULES, Played, request

FINE = (200, {}, b"fine")
SECRETS = (
    ("Authorization", "Bearer secret"),
    ("Cookie", "token=secret"),
    ("X-Api-Key", "secret"),
    ("X-Described-Parameter", "secret"),
    ("Accept", "application/json"),
    ("X-Request-ID", "1f0c"),
)


def to(location: str, status: int = 302) -> tuple[int, dict[str, str], bytes]:
    return status, {"Location": location}, b"moved"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/v2/items?a=1", "/v2/items?a=1"),
        ("other", "/v1/other"),
        ("?page=2", "/v1/items?page=2"),
        ("http://stock.example/v2", "/v2"),
        ("http://STOCK.example:80/v2#part", "/v2"),
        ("//stock.example/v2", "/v2"),
        ("http://stock.example", "/"),
        ("/caf\xc3\xa9 au lait?q=%20", "/caf%C3%A9%20au%20lait?q=%20"),
    ],
)
def test_within_the_origin_a_get_goes_on_as_it_is(status: int, location: str, target: str) -> None:
    played = Played([to(location, status), FINE])
    assert played.call(request(headers=SECRETS)).body == b"fine"
    moved = played.sent[1]
    assert (moved.origin, moved.target, moved.headers) == ("", target, SECRETS)


@pytest.mark.parametrize(
    ("location", "origin"),
    [
        ("http://elsewhere.example/v1/items", "http://elsewhere.example:80"),
        ("http://stock.example:8080/v1/items", "http://stock.example:8080"),
        ("https://stock.example/v1/items", "https://stock.example:443"),
        ("http://stock.example.evil.example/", "http://stock.example.evil.example:80"),
        ("http://stock.example@evil.example/", "http://evil.example:80"),
        ("http://[::1]/", "http://[::1]:80"),
        ("\\\\evil.example/", ""),
    ],
)
def test_to_another_origin_it_takes_nothing_that_could_be_a_credential(location: str, origin: str) -> None:
    played = Played([to(location), FINE])
    played.call(request(headers=SECRETS))
    moved = played.sent[1]
    assert moved.origin == origin
    if origin:
        assert [name for name, _ in moved.headers] == ["Accept", "X-Request-ID"]
        assert "secret" not in f"{moved.headers}{moved.target}"


def test_the_body_of_a_redirection_may_be_anything() -> None:
    for body in (b"x" * 70_000, Garbled("cut short")):
        assert Played([(302, {"Location": "/v2"}, body), FINE]).call(request()).body == b"fine"


def test_what_was_left_behind_does_not_come_back() -> None:
    played = Played([to("http://evil.example/"), to("http://stock.example/v1/again"), FINE])
    played.call(request(headers=SECRETS))
    assert [moved.origin for moved in played.sent] == ["", "http://evil.example:80", ORIGIN]
    assert "secret" not in str(played.sent[2].headers)


@pytest.mark.parametrize("location", ["http://stock.example/v1", "http://elsewhere.example/"])
def test_from_https_nothing_goes_to_http(location: str) -> None:
    played = Played([to(location)], rules=RULES._replace(origin="https://stock.example:443"))
    assert played.call(request(headers=SECRETS)) == Answer(302, (("Location", location),), b"moved")


@pytest.mark.parametrize(
    "location",
    [
        "",
        "ftp://stock.example/",
        "http://stock.example:port/",
        "http://[::1",
        "javascript:alert(1)",
    ],
)
def test_where_there_is_no_way_the_answer_is_the_redirection(location: str) -> None:
    played = Played([to(location)])
    assert played.call(request()).status == 302


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_other_methods_go_where_307_and_308_say_within_the_origin(method: str) -> None:
    for status in (307, 308):
        played = Played([to("/v2", status), FINE])
        assert played.call(request(method, body=b"{}", headers=SECRETS)).status == 200
        assert (played.sent[1].method, played.sent[1].body, played.sent[1].headers) == (
            method,
            b"{}",
            SECRETS,
        )
    for location, status in (("/v2", 301), ("/v2", 302), ("/v2", 303), ("http://elsewhere.example/", 307)):
        assert Played([to(location, status)]).call(request(method, body=b"{}")).status == status
    assert Played([to("/v2", 307)]).call(request(method, body=iter([b""]))).status == 307


def test_a_redirection_that_the_document_describes_is_the_result() -> None:
    for described in ("302", "3XX"):
        assert Played([to("/v2")]).call(request("GET", "200", described)).status == 302
    assert Played([to("/v2"), FINE]).call(request("GET", "200", "301", "default")).status == 200


def test_a_loop_ends_at_once_and_a_long_way_after_five() -> None:
    loop = Played([to("/v1/a"), to("/v1/items")])
    with pytest.raises(TooManyRedirects):
        loop.call(request())
    assert len(loop.sent) == 2
    long = Played([to(f"/v1/{number}") for number in range(9)])
    with pytest.raises(TooManyRedirects):
        long.call(request())
    assert len(long.sent) == 6
    assert Played([*(to(f"/v1/{number}") for number in range(5)), FINE]).call(request()).status == 200
