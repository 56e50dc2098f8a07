"""Requests as bytes on a socket: what stands there, by which way they go, and what can never stand there."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from macaron_runner.assembly import assemble
from macaron_runner.clients.caller import Caller
from macaron_runner.clients.failures import CallTimeout, CannotSend, ConnectionFailed
from macaron_runner.clients.http.reach import Reach
from macaron_runner.clients.http.tls import Trust
from macaron_runner.clients.options import NO_OPTIONS, Options
from macaron_runner.clients.outgoing import Outgoing
from macaron_runner.configuration.load import load
from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.openapi.operation import SecurityScheme
from tests.support.called import caller_of, in_a_coroutine, in_a_thread, remote_at
from tests.support.certificates import Authority
from tests.support.misbehaving import Asked, answer, misbehaving, tunnel
from tests.support.played import operation, request

FINE = answer(200, b"fine")
BOTH = pytest.mark.parametrize("ask", [in_a_thread, in_a_coroutine])


def sent(
    outgoing: Outgoing, ask: Callable[..., Any], options: Options = NO_OPTIONS, **settings: Any
) -> Asked:
    """Return a request as its server sees it."""
    with misbehaving(FINE) as server:
        with contextlib.closing(remote_at(server.origin, **settings)) as remote:
            assert ask(caller_of(remote, outgoing), outgoing, options).body == b"fine"
        return server.asked[0]


@BOTH
def test_path_and_query_go_as_they_were_written(ask: Callable[..., Any]) -> None:
    path, query = "/v1/a%2fb/%7E/~/;x=1/..%2F/a%20b/|", "q=%41&r=a+b&s[]=1&t=%27'&u=/?:@"
    assert sent(Outgoing(operation(), path, query), ask).line == f"GET {path}?{query} HTTP/1.1"


@BOTH
def test_a_request_has_what_http_wants_of_it(ask: Callable[..., Any]) -> None:
    headers = sent(request(headers=(("Accept", "a/b"),)), ask).headers
    assert {name: headers[name] for name in ("accept", "accept-encoding", "user-agent")} == {
        "accept": "a/b", "accept-encoding": "gzip, deflate", "user-agent": "macaron-runner",
    }  # fmt: skip
    assert headers["host"].startswith("127.0.0.1:")
    assert "content-length" not in headers
    assert {"x-request-id", "pymcallid", "pymcallpath", "x-request-deadline"} <= set(headers)


@BOTH
@pytest.mark.parametrize(
    ("body", "framing", "arrives"),
    [
        (None, ("content-length", "0"), b""),
        (b"", ("content-length", "0"), b""),
        (b"{}", ("content-length", "2"), b"{}"),
        (lambda: iter([b"ab", b"", b"c" * 70_000]), ("transfer-encoding", "chunked"), b"ab" + b"c" * 70_000),
    ],
)
def test_bodies(body: Any, framing: tuple[str, str], arrives: bytes, ask: Callable[..., Any]) -> None:
    asked = sent(request("POST", body=body() if callable(body) else body), ask)
    assert (framing[0], asked.headers[framing[0]]) == framing
    assert asked.body == arrives


@BOTH
def test_a_body_of_known_length_may_come_in_pieces(ask: Callable[..., Any]) -> None:
    outgoing = request("POST", body=iter([b"ab", b"c"]), headers=(("Content-Length", "3"),))
    asked = sent(outgoing, ask)
    assert (asked.body, "transfer-encoding" in asked.headers) == (b"abc", False)


@BOTH
def test_what_making_a_body_raises_is_raised(ask: Callable[..., Any]) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"a"
        raise ZeroDivisionError

    with misbehaving(FINE) as server, contextlib.closing(remote_at(server.origin)) as remote:
        outgoing = request("PUT", body=pieces())
        with pytest.raises(ZeroDivisionError):
            ask(caller_of(remote, outgoing), outgoing)


@BOTH
@pytest.mark.parametrize(
    "header",
    [
        ("X-One", "1\r\nX-Two: 2"),
        ("X-One", "1\n"),
        ("X-One", "a\x00b"),
        ("X-One\r\nX-Two", "1"),
        ("X One", "1"),
        ("", "1"),
        ("X-Één", "1"),
        ("X-One", "\u20ac"),
        ("Transfer-Encoding", "chunked"),
    ],
)
def test_no_header_begins_another(header: tuple[str, str], ask: Callable[..., Any]) -> None:
    with misbehaving(FINE) as server, contextlib.closing(remote_at(server.origin)) as remote:
        outgoing = request("POST", headers=(header,))
        with pytest.raises(CannotSend) as failure:
            ask(caller_of(remote, outgoing), outgoing)
        assert failure.value.__cause__ is None
        assert server.asked == []
        assert ask(caller_of(remote, request()), request()).body == b"fine"


@BOTH
@pytest.mark.parametrize("target", ["/v1/\r\nX: 1", "/v1/ x", "/v1/\u00e9", "/v1/\x00"])
def test_nor_does_a_path(target: str, ask: Callable[..., Any]) -> None:
    with misbehaving(FINE) as server, contextlib.closing(remote_at(server.origin)) as remote:
        outgoing = Outgoing(operation(), target)
        with pytest.raises(CannotSend):
            ask(caller_of(remote, outgoing), outgoing)
        assert server.asked == []


@BOTH
def test_options_of_a_call(ask: Callable[..., Any]) -> None:
    asked = sent(request(), ask, Options(token="t", headers=(("X-One", "1"), ("Accept-Language", "da"))))
    headers = asked.headers
    assert (headers["authorization"], headers["x-one"], headers["accept-language"]) == ("Bearer t", "1", "da")
    with misbehaving(answer(503), FINE) as server, contextlib.closing(remote_at(server.origin)) as remote:
        assert ask(caller_of(remote, request()), request(), Options(retries=0)).status == 503


def test_a_credential_is_not_taken_along_to_another_origin() -> None:
    with (
        misbehaving(FINE) as elsewhere,
        misbehaving(answer(302, Location=f"{elsewhere.origin}/x?y=1")) as server,
    ):
        scheme = {"key": SecurityScheme("key", "apiKey", carrier="header", parameter_name="X-Key")}
        for auth in ({"token": "secret"}, {"api_key": "secret"}):
            with contextlib.closing(remote_at(server.origin, scheme, auth=auth)) as remote:
                assert caller_of(remote, request())(request(headers=(("X-Mine", "secret"),))).body == b"fine"
        assert [asked.line for asked in elsewhere.asked] == ["GET /x?y=1 HTTP/1.1"] * 2
        assert "secret" not in str(elsewhere.asked)
        assert elsewhere.asked[0].headers["host"] == f"127.0.0.1:{elsewhere.port}"


# Decorated requests


@BOTH
def test_a_function_of_the_service_may_make_the_request(ask: Callable[..., Any]) -> None:
    decorated = []

    def signed(send: Callable[[Outgoing], Any]) -> Callable[[Outgoing], Any]:
        decorated.append(send)

        def sending(outgoing: Outgoing) -> Any:
            return send(outgoing.with_headers(("X-Signature", f"{len(outgoing.body or b'')}")))

        async def sending_async(outgoing: Outgoing) -> Any:
            await asyncio.sleep(0)
            return await send(outgoing.with_headers(("X-Signature", f"{len(outgoing.body or b'')}")))

        return sending if ask is in_a_thread else sending_async

    outgoing = request("PUT", body=b"four")
    with misbehaving(answer(503), FINE) as server:
        with contextlib.closing(remote_at(server.origin, retries={"backoff": "0s"})) as remote:
            caller = caller_of(remote, outgoing, signed)
            assert [ask(caller, outgoing).body for _ in range(2)] == [b"fine", b"fine"]
        assert [asked.headers["x-signature"] for asked in server.asked] == ["4", "4", "4"]
    assert len(decorated) == 1


def test_to_another_origin_it_goes_without_that_function() -> None:
    def signed(send: Callable[[Outgoing], Any]) -> Callable[[Outgoing], Any]:
        return lambda outgoing: send(outgoing.with_headers(("X-Signature", "secret")))

    async def ask(caller: Caller) -> Any:
        return await caller.aio(request())

    with (
        misbehaving(FINE) as elsewhere,
        misbehaving(answer(302, Location=f"{elsewhere.origin}/x")) as server,
        contextlib.closing(remote_at(server.origin)) as remote,
    ):
        caller = caller_of(remote, request(), signed)
        assert [caller(request()).body, asyncio.run(ask(caller)).body] == [b"fine"] * 2
        assert [asked.headers["x-signature"] for asked in server.asked] == ["secret"] * 2
        assert ["x-signature" in asked.headers for asked in elsewhere.asked] == [False] * 2


# TLS


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(tmp_path_factory.mktemp("certificates"))
    for name in ("127.0.0.1", "elsewhere.example", "client"):
        made.issue(name)
    return made


def who_asks(connection: Any) -> bool:
    """Answer with the name in the client's certificate."""
    shown = connection.getpeercert()
    name = dict(pair for (pair,) in shown["subject"])["commonName"] if shown else "nobody"
    return bool(answer(200, name.encode())(connection))


@BOTH
def test_only_what_a_trusted_authority_says_is_believed(
    ask: Callable[..., Any], authority: Authority
) -> None:
    outgoing = request("POST")
    with misbehaving(FINE, tls=authority.server("127.0.0.1")) as server:
        origin = f"https://127.0.0.1:{server.port}"
        for tls in ({"ca": "ca.pem"}, {"verify": "false"}):
            with contextlib.closing(remote_at(origin, folder=authority.folder, tls=tls)) as remote:
                assert ask(caller_of(remote, outgoing), outgoing).body == b"fine"
        with (
            contextlib.closing(remote_at(origin, retries=1)) as remote,
            pytest.raises(ConnectionFailed) as failure,
        ):
            ask(caller_of(remote, outgoing), outgoing)
        assert "CERTIFICATE_VERIFY_FAILED" in str(failure.value.__cause__)
        assert "127.0.0.1" not in str(failure.value.__cause__)
        assert len(server.asked) == 2


def test_connections_with_tls_are_kept_as_well(authority: Authority) -> None:
    with misbehaving(FINE, tls=authority.server("127.0.0.1")) as server:
        origin = f"https://127.0.0.1:{server.port}"
        with contextlib.closing(remote_at(origin, folder=authority.folder, tls={"ca": "ca.pem"})) as remote:
            caller = caller_of(remote, request())
            assert [caller(request()).body for _ in range(5)] == [b"fine"] * 5

            async def several() -> list[bytes]:
                return [(await caller.aio(request())).body for _ in range(5)]

            assert asyncio.run(several()) == [b"fine"] * 5
        assert server.connections == 2


@BOTH
def test_a_certificate_of_another_name_is_refused(ask: Callable[..., Any], authority: Authority) -> None:
    with misbehaving(FINE, tls=authority.server("elsewhere.example")) as server:
        origin = f"https://127.0.0.1:{server.port}"
        with (
            contextlib.closing(
                remote_at(origin, folder=authority.folder, tls={"ca": "ca.pem"}, retries=0)
            ) as remote,
            pytest.raises(ConnectionFailed),
        ):
            ask(caller_of(remote, request()), request())


@BOTH
def test_this_services_certificate_is_shown_to_its_origin_and_nobody_else(
    ask: Callable[..., Any], authority: Authority
) -> None:
    asking = authority.server("127.0.0.1", asks=ssl.CERT_OPTIONAL)
    tls = {"ca": "ca.pem", "certificate": "client.pem", "key": "client.key"}
    with misbehaving(who_asks, tls=asking) as elsewhere:
        moved = answer(302, Location=f"https://127.0.0.1:{elsewhere.port}/")
        with misbehaving(who_asks, moved, tls=asking) as server:
            origin = f"https://127.0.0.1:{server.port}"
            with contextlib.closing(remote_at(origin, folder=authority.folder, tls=tls)) as remote:
                caller = caller_of(remote, request())
                assert [ask(caller, request()).body for _ in range(2)] == [b"client", b"nobody"]


@BOTH
def test_plain_http_where_tls_is_spoken_and_the_other_way_round(
    ask: Callable[..., Any], authority: Authority
) -> None:
    with (
        misbehaving(FINE, tls=authority.server("127.0.0.1")) as server,
        contextlib.closing(remote_at(server.origin, retries=0)) as remote,
        pytest.raises(ConnectionFailed),
    ):
        ask(caller_of(remote, request()), request())
    with (
        misbehaving(FINE) as server,
        contextlib.closing(
            remote_at(f"https://127.0.0.1:{server.port}", retries=0, connect_timeout="200ms")
        ) as remote,
        pytest.raises(CallTimeout),  # it waits for the rest of what it takes for a request
    ):
        ask(caller_of(remote, request()), request())


# Proxies


@BOTH
def test_by_a_proxy_plain(ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with misbehaving(FINE) as proxy:
        settings = {"proxy": f"http://us:p%40ss@127.0.0.1:{proxy.port}"}
        with contextlib.closing(remote_at("http://stock.example:8080", **settings)) as remote:
            assert ask(caller_of(remote, request()), request()).body == b"fine"
        assert proxy.asked[0].line == "GET http://stock.example:8080/v1/items HTTP/1.1"
        assert proxy.asked[0].headers["proxy-authorization"] == "Basic dXM6cEBzcw=="


@BOTH
def test_by_a_proxy_to_tls(ask: Callable[..., Any], authority: Authority) -> None:
    """The proxy sees neither the request nor its credentials, the other side nothing of the proxy's."""
    with (
        misbehaving(FINE, tls=authority.server("elsewhere.example")) as server,
        misbehaving(tunnel(server.port)) as proxy,
    ):
        remote = remote_at(
            "https://elsewhere.example:443",
            folder=authority.folder,
            tls={"ca": "ca.pem"},
            proxy=f"http://us:pass@127.0.0.1:{proxy.port}",
            auth={"token": "secret"},
        )
        with contextlib.closing(remote):
            caller = caller_of(remote, request())
            assert [ask(caller, request()).body for _ in range(2)] == [b"fine"] * 2
        assert proxy.asked[0].line == "CONNECT elsewhere.example:443 HTTP/1.1"
        assert "secret" not in str(proxy.asked)
        assert "proxy-authorization" not in server.asked[0].headers


@BOTH
def test_a_proxy_that_would_not(ask: Callable[..., Any]) -> None:
    with misbehaving(answer(407, b"who are you?")) as proxy:
        remote = remote_at("https://stock.example:443", proxy=f"http://127.0.0.1:{proxy.port}", retries=0)
        with contextlib.closing(remote), pytest.raises(ConnectionFailed):
            ask(caller_of(remote, request("POST")), request("POST"))


@pytest.mark.parametrize(
    ("proxy", "host", "port"),
    [
        ("http://[::1]:3128", b"::1", 3128),
        ("http://proxy.example", b"proxy.example", 80),
        ("https://proxy.example", b"proxy.example", 443),
    ],
)
def test_where_a_proxy_is(proxy: str, host: bytes, port: int) -> None:
    url = Reach("http://stock:80", Trust(None, None), proxy=proxy).pool_options(None)["proxy"].url
    assert (url.host.strip(b"[]"), url.port) == (host, port)


def test_a_process_that_called_ends_without_a_word() -> None:
    code = """
import asyncio, sys
from tests.support.called import caller_of, remote_at
from tests.support.played import request
caller = caller_of(remote_at(sys.argv[1]), request())
assert caller(request()).body == asyncio.run(caller.aio(request())).body == b"fine"
"""
    with misbehaving(FINE) as server:
        words = [sys.executable, "-W", "error", "-c", code, server.origin]
        ended = subprocess.run(words, capture_output=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


def test_why_there_was_no_answer_is_for_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with (
        contextlib.closing(remote_at("http://127.0.0.1:9", retries=0)) as remote,
        pytest.raises(ConnectionFailed),
    ):
        caller_of(remote, request())(request())
    assert caplog.messages == ["calling stock.items: CONNECTION_FAILED (Connection refused)"]


def test_the_library_is_imported_by_who_calls_over_http_alone() -> None:
    code = "import macaron_runner.clients.caller, sys; sys.exit('httpcore2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("tls", "text"),
    [("{ca: ca.pem}", "x"), ("{certificate: ca.pem}", ""), ("{certificate: ca.pem, key: ca.pem}", "x")],
)
def test_certificates_that_are_none_end_the_start(tls: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(text)
    (tmp_path / "stock.yaml").write_text('{openapi: 3.1.0, info: {title: stock, version: "1"}, paths: {}}')
    (tmp_path / "macaron.yaml").write_text(
        "macaron: 1\nservice: {name: shop}\napis: {crash: {spec: macaron:crash}}\n"
        f'clients: {{stock: {{spec: stock.yaml, url: "https://stock", tls: {tls}}}}}\n'
    )
    with pytest.raises(BadConfiguration) as problem:
        assemble(load(Selection(str(tmp_path / "macaron.yaml")), environ={}))
    assert [each.code for each in problem.value.diagnostics] == ["MAC240"]
