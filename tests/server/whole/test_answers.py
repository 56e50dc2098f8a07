"""What a handler makes with Flask's own means: responses, redirects, files, streams, templates, URLs."""

from urllib.parse import quote

import pytest

VALUES = {
    "flask.make_response()": (200, "text/html", b""),
    "flask.make_response('hi')": (200, "text/html", b"hi"),
    "flask.make_response('hi', 404)": (404, "text/html", b"hi"),
    "flask.make_response({'a': 1})": (200, "application/json", b'{"a":1}\n'),
    "flask.make_response(c for c in 'hello')": (200, "text/html", b"hello"),
    "flask.make_response(flask.jsonify(a=1), 400)": (400, "application/json", b'{"a":1}\n'),
    "flask.make_response(flask.Response('x', headers={'X-A': 'b'}), 400, [('X-B', 'c')])": (
        400,
        "text/html",
        b"x",
    ),
    "flask.jsonify([1])": (200, "application/json", b"[1]\n"),
    "app.json.response(a=1)": (200, "application/json", b'{"a":1}\n'),
    "app.response_class('hi', 202, mimetype='text/plain')": (202, "text/plain", b"hi"),
    "flask.Response('hi')": (200, "text/html", b"hi"),
    "flask.Response(b'\\xff', mimetype='image/png')": (200, "image/png", b"\xff"),
    "flask.Response(status=204)": (204, "text/html", b""),
    "flask.Response(part for part in ('a', 'b'))": (200, "text/html", b"ab"),
    "flask.Response(['a', 'b'])": (200, "text/html", b"ab"),
    "(flask.Response('hi'), 299)": (299, "text/html", b"hi"),
    "(flask.Response('hi'), 299, {'Content-Type': 'text/plain'})": (299, "text/plain", b"hi"),
    "__import__('werkzeug').Response('plain')": (200, "text/plain", b"plain"),
    "flask.redirect('/plain', 307)": (307, "text/html", None),
    "flask.redirect(flask.url_for('shop.get_plain'))": (302, "text/html", None),
    "flask.abort(flask.Response('no', 403))": (403, "text/html", b"no"),
    "flask.abort(410)": (410, "application/json", None),
    "flask.render_template_string('<b>{{ a }}</b>', a='&')": (200, "application/json", b'"<b>&amp;</b>"'),
}


def test_each_alone(serve):
    served = serve("def get_it(value):\n    return eval(value)\n\ndef get_plain():\n    return 1")
    for value, (status, mimetype, data) in VALUES.items():
        answer = served.client.get(f"/it/{quote(value, safe='')}")
        assert (value, answer.status_code, answer.mimetype) == (value, status, mimetype)
        assert data is None or answer.data == data
        assert answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    "value", ["flask.Response('four')", "flask.make_response('four')", "flask.jsonify('four')"]
)
def test_head(serve, value):
    served = serve(f"def get_it():\n    return {value}")
    answer = served.client.head("/it")
    assert answer.data == b""
    assert int(answer.headers["Content-Length"]) >= 4


@pytest.mark.parametrize("hook", ["", "@app.after_request\ndef hook(response):\n    return response\n"])
@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("None, 204", {}),
        ("None, 204, {'Content-Length': '5'}", {}),
        ("None, 304, {'X-Request-ID': 'mine'}", {}),
        ("1, 200, {'Content-Length': '5', 'X-Request-ID': 'mine'}", {"Content-Length": "1"}),
        ("1, 201, {'Location': '/größe'}", {"Content-Length": "1", "Location": "/gr%C3%B6%C3%9Fe"}),
        ("1, 201, {'X-A': 'b'}", {"Content-Length": "1", "X-A": "b"}),
    ],
)
def test_headers_of_a_result(serve, hook, result, expected):
    served = serve(f"{hook}\ndef get_it():\n    return {result}")
    headers = served.client.get("/it", headers={"X-Request-ID": "given"}).headers
    assert headers.getlist("X-Request-ID") == ["given"]
    assert {
        name: value for name, value in headers if name in expected or name == "Content-Length"
    } == expected


def test_cookies(serve):
    served = serve("""
        def get_it():
            response = flask.make_response("")
            response.set_cookie("a", "1", max_age=60, httponly=True)
            response.delete_cookie("b")
            return response

        def get_cookies():
            return dict(request.cookies)
    """)
    assert len(served.client.get("/it").headers.getlist("Set-Cookie")) == 2
    assert served.json("/cookies") == {"a": "1"}


def test_a_response_class_of_the_service(serve):
    served = serve("""
        class Own(flask.Response):
            default_mimetype = "text/x-own"

        app.response_class = Own

        @app.after_request
        def after(response):
            seen.append(isinstance(response, flask.Response))
            return response

        def get_made():
            return flask.make_response("hi")

        def get_plain():
            return 1
    """)
    assert served.client.get("/made").mimetype == "text/x-own"
    assert served.client.get("/plain").mimetype == "application/json"
    assert served.seen() == [True, True]


def test_what_closes_with_the_response(serve):
    served = serve("""
        def get_it():
            response = flask.Response("hi")
            response.call_on_close(lambda: seen.append("closed"))
            return response

        def get_stream():
            response = flask.Response(part for part in "hi")
            response.call_on_close(lambda: seen.append("closed"))
            return response
    """)
    for path in ("/it", "/stream"):
        answer = served.client.get(path)
        assert answer.data == b"hi"
        answer.close()
        assert served.seen() == ["closed"]


FILES = """
import io
from pathlib import Path
folder = Path(__file__).parent
(folder / "hello.txt").write_text("hello, file")

def get_file():
    return flask.send_file(folder / "hello.txt", conditional=True)

def get_relative():
    return flask.send_file("hello.txt")

def get_memory():
    return flask.send_file(io.BytesIO(b"hello, file"), download_name="hello.txt", as_attachment=True)

def get_from(name):
    return flask.send_from_directory(folder, name)
"""


@pytest.mark.parametrize("path", ["/file", "/relative", "/memory", "/from/hello.txt"])
def test_files(serve, path):
    served = serve(FILES)
    with served.client.get(path) as answer:
        assert (answer.status_code, answer.mimetype, answer.data) == (200, "text/plain", b"hello, file")
        assert answer.headers["Content-Disposition"].startswith(
            "attachment" if path == "/memory" else "inline"
        )


def test_parts_of_files(serve):
    served = serve(FILES)
    with served.client.get("/file", headers={"Range": "bytes=7-10"}) as answer:
        assert (answer.status_code, answer.data) == (206, b"file")
    with served.client.get("/file") as answer:
        tag = answer.headers["ETag"]
    with served.client.get("/file", headers={"If-None-Match": tag}) as answer:
        assert (answer.status_code, answer.data) == (304, b"")
    with served.client.get("/file", headers={"Range": "bytes=99-"}) as answer:
        assert (answer.status_code, answer.json["status"]) == (416, 416)


@pytest.mark.parametrize("name", ["nothing.txt", "..%2Fsecret", "%2Fetc%2Fpasswd"])
def test_files_that_are_not_there(serve, name):
    assert serve(FILES).status(f"/from/{name}") == 404


def test_how_long_files_are_kept(serve):
    served = serve(FILES)
    served.app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    with served.client.get("/file") as answer:
        assert answer.cache_control.max_age == 3600


STREAMS = """
app.secret_key = "for these tests"

@app.teardown_request
def teardown(error):
    seen.append("teardown")

def parts():
    try:
        yield f"{flask.has_request_context()},"
        yield request.args["name"] + "," + session["user"] + "," + g.user
        seen.append("end")
    finally:
        seen.append("closed")

def get_kept():
    session["user"] = g.user = "ann"
    return flask.Response(flask.stream_with_context(parts()))

def get_decorated():
    session["user"] = g.user = "ann"

    @flask.stream_with_context
    def inner(first):
        yield first
        yield from parts()

    return flask.Response(inner(""))

async def get_async():
    session["user"] = g.user = "ann"
    return flask.Response(flask.stream_with_context(parts()))

def get_left():
    def parts():
        yield str(flask.has_request_context())
    return flask.Response(parts())

def get_only():
    return flask.Response(flask.stream_with_context(part for part in "hi"))
"""


@pytest.mark.parametrize("path", ["/kept", "/decorated", "/async"])
def test_a_stream_may_keep_its_request(serve, path):
    served = serve(STREAMS)
    answer = served.client.get(f"{path}?name=bob")
    assert answer.text == "True,bob,ann,ann"
    answer.close()
    assert served.seen()[-3:] == ["end", "closed", "teardown"]  # Flask 3.1 runs it when the handler ends, too


def test_a_stream_that_nobody_reads(serve):
    served = serve(STREAMS)
    served.client.get("/kept?name=bob").close()
    assert served.seen()[-1] == "teardown"
    assert served.client.get("/left").text == "False"


def test_a_stream_keeps_nothing_by_itself(serve):
    served = serve(STREAMS)
    assert served.client.get("/left").text == "False"
    assert served.seen() == ["teardown"]


def test_only_the_stream_needs_the_context(serve):
    served = serve(STREAMS)
    for _ in range(2):
        assert served.client.get("/only").text == "hi"
        assert served.seen()[-1] == "teardown"


def test_templates_know_the_request(serve):
    served = serve("""
        from pathlib import Path
        app.secret_key = "for these tests"
        (Path(__file__).parent / "templates").mkdir()
        (Path(__file__).parent / "templates" / "page.html").write_text("{{ a }} {{ request.path }} {{ shout('hi') }}")

        @app.context_processor
        def add():
            return {"added": "processed"}

        @app.template_filter()
        def twice(text):
            return text * 2

        @app.template_global()
        def shout(text):
            return text.upper()

        @app.template_test()
        def short(text):
            return len(text) < 3

        def get_page():
            return flask.render_template("page.html", a="<")

        def get_string():
            g.user = session["user"] = "ann"
            return flask.render_template_string(
                "{{ added }} {{ 'ab' | twice }} {{ shout('hi') }} {{ 'ab' is short }} {{ request.args.x }} "
                "{{ g.user }} {{ session.user }} {{ config.MAX_CONTENT_LENGTH }} {{ url_for('shop.get_page') }}"
            )

        def get_stream():
            return flask.Response(flask.stream_template_string("{{ request.path }}"))
    """)
    assert served.json("/page") == "&lt; /page HI"
    assert served.json("/string?x=1") == "processed abab HI True 1 ann ann 1048576 /page"
    assert served.client.get("/stream").text == "/stream"


URLS = """
def get_order(order):
    return 1

def get_url(what):
    return eval(what)

app.add_url_rule("/extra/<int:number>", "extra", lambda number: "1")
"""

BUILT = {
    "flask.url_for('shop.get_order', order='a b')": "/order/a%20b",
    "flask.url_for('shop.get_order', order='1', page=2, tag=['x', 'y'])": "/order/1?page=2&tag=x&tag=y",
    "flask.url_for('.get_order', order='1')": "/order/1",
    "flask.url_for('shop.get_order', order='1', _anchor='x y')": "/order/1#x%20y",
    "flask.url_for('shop.get_order', order='1', _external=True)": "http://shop.example.com/order/1",
    "flask.url_for('shop.get_order', order='1', _scheme='https')": "https://shop.example.com/order/1",
    "flask.url_for('extra', number=7)": "/extra/7",
    "flask.url_for('ping.ping')": "/ping",
    "app.url_for('shop.get_order', order='1')": "/order/1",
    "request.url_rule.rule": "/url/<what>",
    "flask.globals.request_ctx.url_adapter.build('extra', {'number': 1})": "/extra/1",
}


def test_urls(serve):
    served = serve(URLS)
    base = "http://shop.example.com"
    assert {what: served.json(f"/url/{quote(what, safe='')}", base_url=base) for what in BUILT} == BUILT


def test_urls_below_a_mount_point(serve):
    served = serve(
        "def get_it():\n    return [flask.url_for('shop.get_it'), request.script_root, request.path]"
    )
    assert served.json("/it", base_url="http://localhost/below") == ["/below/it", "/below", "/it"]


def test_urls_that_cannot_be_built(serve):
    served = serve("""
        def get_it():
            return flask.url_for("nothing", a=1)
    """)
    assert served.status("/it") == 500


def test_urls_that_others_build(serve):
    served = serve("""
        app.url_build_error_handlers.append(lambda error, endpoint, values: f"/{endpoint}/{values['a']}")

        def get_it():
            return flask.url_for("nothing", a=1)
    """)
    assert served.json("/it") == "/nothing/1"


def test_urls_outside_a_request(serve):
    served = serve("def get_order(order):\n    return 1")
    with served.app.test_request_context():
        assert served.app.url_for("shop.get_order", order="1") == "/order/1"
    with served.app.app_context(), pytest.raises(RuntimeError):
        served.app.url_for("shop.get_order", order="1")
    served.app.config.update(SERVER_NAME="shop.example.com", PREFERRED_URL_SCHEME="https")
    with served.app.app_context():
        assert served.app.url_for("shop.get_order", order="1") == "https://shop.example.com/order/1"


def test_flask_own_json(serve):
    served = serve("""
        import dataclasses, datetime, decimal, uuid
        from flask.json.provider import DefaultJSONProvider

        class Provider(DefaultJSONProvider):
            mimetype = "application/vnd.own+json"
            def default(self, value):
                return "own" if isinstance(value, complex) else DefaultJSONProvider.default(value)

        app.json = Provider(app)

        @dataclasses.dataclass
        class Data:
            name: str

        def get_own():
            return flask.jsonify([Data("x"), uuid.UUID(int=1), decimal.Decimal("1.5"), 1j])
    """)
    answer = served.client.get("/own")
    assert answer.mimetype == "application/vnd.own+json"
    assert answer.json == [{"name": "x"}, "00000000-0000-0000-0000-000000000001", "1.5", "own"]


STATUS_LINES = {
    299: "299 Unknown", 404: "404 Not Found", 413: "413 Content Too Large", 418: "418 I'm a Teapot",
    422: "422 Unprocessable Content",
}  # fmt: skip
WAYS = ("({{}}, {0})", "flask.Response('x', {0})", "(flask.Response('x'), {0})", "flask.abort({0})")


@pytest.mark.parametrize("hook", ["", "@app.after_request\n"])
def test_every_way_to_a_status_has_the_same_line(serve, hook):
    served = serve(f"{hook}def keep(response): return response\n\ndef get_it(value):\n    return eval(value)")
    for status, line in STATUS_LINES.items():
        for way in WAYS[: 4 if status >= 400 else 3]:
            answer = served.client.get(f"/it/{quote(way.format(status), safe='')}")
            assert (way, answer.status) == (way, line)
    assert served.client.get("/it/" + quote("flask.Response('x', '200 Fine')")).status == "200 Fine"
    assert served.client.get("/nowhere").status == "404 Not Found"
    assert served.client.delete("/it/1").status == "405 Method Not Allowed"
