"""What a client sends, the server hears: for every place, style and media type of every specification, in two ways.

In process, and over a socket; whatever value the client does not refuse arrives equal.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.serving import WSGIRequestHandler, make_server

from macaron_runner import apipool, context, is_error
from macaron_runner.clients.failures import CannotSend
from macaron_runner.server.loading import load_app
from macaron_runner.validation.jsonable import jsonable
from tests.clients.echo_documents import VERSIONS, document

HANDLERS = """
heard = []


def hear(**arguments):
    heard.append({name: seen(value) for name, value in arguments.items()})
    return {}


def seen(value):
    if hasattr(value, "to_json") and any(hasattr(each, "stream") for each in value.__macaron_values__().values()):
        members = value.__macaron_values__().items()
        return {name: each.read() if hasattr(each, "stream") else each for name, each in members if each is not None}
    return value
"""

DOCUMENTS = {version: document(version) for version in VERSIONS}
CASES = [(version, name) for version, (_, values) in DOCUMENTS.items() for name in values]


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Give a service of four APIs, one of each specification, each called in process and by a socket."""
    folder: Path = tmp_path_factory.mktemp("echo")
    names = {version: f"v{version.replace('.', '')}" for version in VERSIONS}
    for version, (described, _) in DOCUMENTS.items():
        (folder / f"{names[version]}.json").write_text(json.dumps(described))
    (folder / "echo_handlers.py").write_text(HANDLERS)
    with listening() as server:
        apis = {name: {"spec": f"{name}.json", "base_path": f"/{name}"} for name in names.values()}
        clients = {
            f"far_{name}": {
                "spec": f"{name}.json", "base_path": f"/{name}",
                "url": f"http://127.0.0.1:{server.port}", "circuit_breaker": "none",
            }
            for name in names.values()
        }  # fmt: skip
        config = {"macaron": 1, "service": {"name": "echo"}, "apis": apis, "clients": clients}
        (folder / "macaron.yaml").write_text(json.dumps(config))
        server.app = load_app(folder / "macaron.yaml")
        service = context.service()
        context.deactivate()
        yield service


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        pass


class listening:  # noqa: N801 - reads as a word in a with statement
    """A server on a free port, whose application is given later."""

    def __enter__(self) -> Any:
        self.server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True, request_handler=Quiet)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self.server

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join(10)
        self.server.server_close()


@pytest.fixture
def service(echo: Any) -> Iterator[Any]:
    context.activate(echo)
    yield echo
    context.deactivate()


def heard() -> list[Any]:
    import echo_handlers  # type: ignore[import-not-found]

    found = list(echo_handlers.heard)
    echo_handlers.heard.clear()
    return found


def sent_and_heard(client: Any, name: str, value: Any) -> tuple[Any, Any] | None:
    """Return a value as it was sent and as it was heard, None where the client refused to send it."""
    call = getattr(client, name)
    result = call(value) if name.startswith("body_") else call(color=value)
    if isinstance(result, CannotSend):
        assert heard() == []
        return None
    assert not is_error(result), result
    ((argument, arrived),) = heard()[0].items()
    assert argument == ("body" if name.startswith("body_") else "color")
    return value, arrived


def plain(value: Any) -> Any:
    """Return a value so that two are equal where they mean the same JSON, or the same bytes."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, dict) and any(isinstance(each, bytes) for each in value.values()):
        return {name: plain(each) for name, each in value.items()}
    return jsonable(value)


def check_round_trip(far: bool, case: tuple[str, str], data: st.DataObject) -> None:
    version, name = case
    value = data.draw(DOCUMENTS[version][1][name])
    api = f"{'far_' if far else ''}v{version.replace('.', '')}"
    trip = sent_and_heard(getattr(apipool, api).client, name, value)
    if trip is not None:
        sent, arrived = map(plain, trip)
        assert arrived == sent
        assert str(type(arrived)) == str(type(sent))


RELAXED = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@settings(max_examples=250, **RELAXED)  # type: ignore[arg-type]
@given(st.sampled_from(CASES), st.data())
def test_in_process(service: Any, case: Any, data: st.DataObject) -> None:
    check_round_trip(False, case, data)


@settings(max_examples=80, **RELAXED)  # type: ignore[arg-type]
@given(st.sampled_from(CASES), st.data())
def test_over_a_socket(service: Any, case: Any, data: st.DataObject) -> None:
    check_round_trip(True, case, data)


@pytest.mark.slow
@pytest.mark.parametrize("far", [False, True])
@settings(max_examples=1500, **RELAXED)  # type: ignore[arg-type]
@given(st.sampled_from(CASES), st.data())
def test_many_more(service: Any, far: bool, case: Any, data: st.DataObject) -> None:
    check_round_trip(far, case, data)


COMMON = {
    "string": "blue", "integer": 5, "number": 1.5, "boolean": True, "date": "2026-01-02", "content": {"a": [1]},
    "array_of_string": ["a", "b"], "array_of_integer": [1, 2], "array_of_number": [1.5, 2.5],
    "array_of_boolean": [True, False], "array_of_date": ["2026-01-02", "2026-01-03"],
    "object": {"n": 1, "text": "a", "ok": True},
}  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
def test_common_values_are_sent_by_every_operation(service: Any, version: str) -> None:
    """So that the round trips above are some."""
    client = getattr(apipool, f"v{version.replace('.', '')}").client
    refused = set()
    for name in DOCUMENTS[version][1]:
        if not name.startswith("body_"):
            value = next(
                value
                for kind, value in sorted(COMMON.items(), key=lambda pair: -len(pair[0]))
                if name.endswith(kind)
            )
            trip = sent_and_heard(client, name, value)
            if trip is None:
                refused.add(name)
            else:
                assert plain(trip[1]) == value
    assert refused <= {"cookie_cookie_content"}


@pytest.mark.parametrize("version", VERSIONS)
def test_common_bodies_are_sent(service: Any, version: str) -> None:
    bodies: dict[str, Any] = {
        "json": [1, {"a": None}],
        "order": {"sku": "a", "qty": 2, "tags": ["x"]},
        "suffixed": {"sku": "a"},
        "form": {"string": "a&b", "array of string": ["a", "b"], "integer": 3},
        "multipart": {"file": b"\\x00\\xff", "note": "é", "sizes": [1, 2]},
        "text": "é", "bytes": b"\\x00", "lines": [{"sku": "a"}, {"sku": "b"}],
    }  # fmt: skip
    client = getattr(apipool, f"v{version.replace('.', '')}").client
    sent = 0
    for name, value in bodies.items():
        if f"body_{name}" in DOCUMENTS[version][1]:
            trip = sent_and_heard(client, f"body_{name}", value)
            assert trip is not None
            assert plain(trip[1]) == plain(value)
            sent += 1
    assert sent == (6 if version == "2.0" else 8)


@pytest.mark.parametrize("api", ["v32", "far_v32"])
def test_what_making_a_body_raises_ends_the_call(service: Any, api: str) -> None:
    def lines() -> Iterator[Any]:
        yield {"sku": "a"}
        raise LookupError("no more of them")

    with pytest.raises(LookupError, match="no more of them"):
        getattr(apipool, api).client.body_lines(lines())
    assert heard() == []
