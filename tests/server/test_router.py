import sys

import pytest

from macaron_runner.openapi.operation import Operation
from macaron_runner.server.router import Router, values_between

ROUTES = (
    ("GET", "", "/"),
    ("GET", "", "/orders"),
    ("POST", "", "/orders"),
    ("GET", "", "/orders/{id}"),
    ("DELETE", "", "/orders/{order-id}"),
    ("GET", "", "/orders/mine"),
    ("GET", "", "/orders/{id}.json"),
    ("GET", "", "/preis/{sum}€"),
    ("GET", "", "/orders/{id}/items/{n}"),
    ("POST", "", "/orders/mine/items/{n}"),
    ("GET", "/v1", "/things/{x}:act"),
    ("GET", "/v1", "/things/{a}-{b}"),
    ("POST", "/v1", "/things/{x}%3Aact"),
    ("GET", "", "/files/{name}.{kind}"),
    ("GET", "", "/files/{name}.tar.{kind}"),
    ("PUT", "", "/files/{name}"),
    ("GET", "", "/files/latest.zip"),
    ("GET", "", "/café/{x}"),
    ("GET", "", "/deep/{a}/b/{c}/d"),
    ("GET", "", "/deep/x/{b}/y/{d}"),
    ("GET", "", "/deep/{a}/b/{c}.json/d"),
    ("GET", "", "/slash/"),
    ("GET", "", "/a b/~c"),
    ("OPTIONS", "", "/own"),
    ("HEAD", "", "/own"),
    ("GET", "", "/own"),
)


def operation(method: str, base_path: str, path: str) -> Operation:
    return Operation("shop", method, base_path, path, None, (), None, ())


ROUTER = Router([(method, base + path, f"{method} {base}{path}") for method, base, path in ROUTES])


@pytest.mark.parametrize(
    ("method", "path", "target", "values"),
    [
        ("GET", "/", "GET /", {}),
        ("GET", "/orders", "GET /orders", {}),
        ("HEAD", "/orders", "GET /orders", {}),
        ("POST", "/orders", "POST /orders", {}),
        ("GET", "/orders/7", "GET /orders/{id}", {"id": "7"}),
        ("DELETE", "/orders/7", "DELETE /orders/{order-id}", {"order-id": "7"}),
        ("GET", "/orders/mine", "GET /orders/mine", {}),
        ("GET", "/orders/m%69ne", "GET /orders/mine", {}),
        ("GET", "/orders/a%2Fb%2Cc", "GET /orders/{id}", {"id": "a%2Fb%2Cc"}),
        ("GET", "/orders/7.json", "GET /orders/{id}.json", {"id": "7"}),
        ("GET", "/orders/.json", "GET /orders/{id}", {"id": ".json"}),
        ("GET", "/orders/mine/items/2", "GET /orders/{id}/items/{n}", {"id": "mine", "n": "2"}),
        ("POST", "/orders/mine/items/2", "POST /orders/mine/items/{n}", {"n": "2"}),
        ("GET", "/v1/things/4:act", "GET /v1/things/{x}:act", {"x": "4"}),
        ("GET", "/v1/things/x-y-z", "GET /v1/things/{a}-{b}", {"a": "x-y", "b": "z"}),
        ("GET", "/v1/things/4%3Aact", "GET /v1/things/{x}:act", {"x": "4"}),
        ("GET", "/v1/things/4%3aact:act", "GET /v1/things/{x}:act", {"x": "4%3aact"}),
        ("POST", "/v1/things/4:act", "POST /v1/things/{x}%3Aact", {"x": "4"}),
        ("GET", "/v1/things/x%2Dy-z", "GET /v1/things/{a}-{b}", {"a": "x%2Dy", "b": "z"}),
        ("GET", "/v1/things/x%2Dy", "GET /v1/things/{a}-{b}", {"a": "x", "b": "y"}),
        ("GET", "/orders/7%2Ejson", "GET /orders/{id}.json", {"id": "7"}),
        ("GET", "/preis/7%E2%82%AC", "GET /preis/{sum}€", {"sum": "7"}),
        ("GET", "/orders/%E2%82%AC.json", "GET /orders/{id}.json", {"id": "%E2%82%AC"}),
        ("GET", "/files/a.b.c", "GET /files/{name}.{kind}", {"name": "a.b", "kind": "c"}),
        ("GET", "/files/a.tar.gz", "GET /files/{name}.tar.{kind}", {"name": "a", "kind": "gz"}),
        ("GET", "/files/latest.zip", "GET /files/latest.zip", {}),
        ("PUT", "/files/other.zip", "PUT /files/{name}", {"name": "other.zip"}),
        ("GET", "/caf%C3%A9/1", "GET /café/{x}", {"x": "1"}),
        ("GET", "/cafÃ©/1", "GET /café/{x}", {"x": "1"}),  # sent without encoding
        ("GET", "/deep/x/b/y/d", "GET /deep/x/{b}/y/{d}", {"b": "b", "d": "d"}),
        ("GET", "/deep/x/b/z/d", "GET /deep/{a}/b/{c}/d", {"a": "x", "c": "z"}),
        ("GET", "/deep/x/b/z.json/d", "GET /deep/{a}/b/{c}.json/d", {"a": "x", "c": "z"}),
        ("GET", "/slash/", "GET /slash/", {}),
        ("GET", "/a%20b/%7Ec", "GET /a b/~c", {}),
        ("OPTIONS", "/own", "OPTIONS /own", {}),
        ("HEAD", "/own", "HEAD /own", {}),
        ("OPTIONS", "/orders", "GET /orders", {}),
    ],
)
def test_found(method, path, target, values):
    found = ROUTER.find(method, path)
    assert found is not None
    assert (found.target, found.values) == (target, values)


@pytest.mark.parametrize(
    "path", ["/nope", "/orders/", "/slash", "/orders//items/2", "/Orders", "//", "", "*"]
)
def test_unknown_path(path):
    assert ROUTER.find("GET", path) is None


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/orders", ("GET", "HEAD", "OPTIONS", "POST")),
        # A concrete path is matched before its templated counterparts (3.1 section 4.8.8.2), which take more methods.
        ("DELETE", "/orders/mine", ("GET", "HEAD", "OPTIONS")),
        ("DELETE", "/orders/m%69ne", ("GET", "HEAD", "OPTIONS")),
        ("PUT", "/files/latest.zip", ("GET", "HEAD", "OPTIONS")),
        ("PUT", "/orders/7", ("DELETE", "GET", "HEAD", "OPTIONS")),
        ("PUT", "/v1/things/4:act", ("GET", "HEAD", "OPTIONS", "POST")),
        ("BREW", "/own", ("GET", "HEAD", "OPTIONS")),
    ],
)
def test_method_not_allowed(method, path, allowed):
    found = ROUTER.find(method, path)
    assert found is not None
    assert found.target is None
    assert found.allowed == allowed


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/orders/mine", ("GET", "HEAD", "OPTIONS")),
        ("/orders/7", ("DELETE", "GET", "HEAD", "OPTIONS")),
        ("/orders", ("GET", "HEAD", "OPTIONS", "POST")),
        ("*", ("DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT")),
    ],
)
def test_options_tells_what_every_fitting_path_takes(path, allowed):
    found = ROUTER.find("OPTIONS", path)
    assert found is not None
    assert found.target is not None
    assert found.allowed == allowed


def test_only_options_asks_about_everything():
    assert ROUTER.find("GET", "*") is None
    found = Router([("OPTIONS", "/own", "own")]).find("OPTIONS", "*")
    assert found is not None
    assert found.target is None  # what /own says of itself


@pytest.mark.parametrize(
    ("texts", "segment", "values"),
    [
        (("", ".json"), "7.json", ("7",)),
        (("", ".json"), "7xjson", None),
        (("", ".json"), ".json", None),
        (("a", "a"), "a", None),
        (("v", "-", ""), "v1-2-3", ("1-2", "3")),
        (("", "-", ""), "--", None),
        (("", "-", ""), "---", ("-", "-")),
        (("", "-", "-", ""), "a-b-c-d", ("a-b", "c", "d")),
        (("", "-", ""), "a-", None),
        (("", "-", ""), "", None),
        (("", "", ""), "abc", ("ab", "c")),
        (("", "", ""), "a", None),
        (("", "--", "--", ".json"), "-" * 100_000, None),
    ],
)
def test_segments_of_text_and_variables(texts, segment, values):
    assert values_between(texts, segment) == values


def test_long_paths_cost_no_recursion():
    router = Router([("GET", "/{a}" * 5000, "deep")])
    found = router.find("GET", "/x" * 5000)
    assert found is not None
    assert found.target == "deep"
    assert ROUTER.find("GET", "/orders" + "/x" * 5000) is None


def lines_run(router, method, path):
    """Return how many lines of Python a look-up runs."""
    count = 0

    def trace(_frame, event, _argument):
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        assert router.find(method, path)
    finally:
        sys.settrace(before)
    return count


def big_router(operations):
    shapes = ("/r{}", "/r{}/{{id}}", "/r{}/{{id}}.json", "/r{}/{{id}}/parts/{{part}}", "/r{}/{{id}}:stop")
    routes = [("GET", shape.format(n), n) for n in range(operations // len(shapes)) for shape in shapes]
    return Router([*routes, ("GET", "/{a}/{b}/{c}/{d}/{e}", 0)])


@pytest.mark.parametrize("path", ["/r1", "/r1/7", "/r1/7.json", "/r1/7/parts/8", "/r1/7:stop", "/a/b/c/d/e"])
def test_a_look_up_costs_the_same_among_ten_and_among_five_thousand(path):
    few, many = (lines_run(big_router(operations), "GET", path) for operations in (10, 5000))
    assert few == many < 120
