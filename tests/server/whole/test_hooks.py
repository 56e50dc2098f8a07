"""Hooks: each as the only one there is, all of them in their order, and what they may do to a request."""

import flask
import pytest

PLAIN = """
def get_plain():
    seen.append("handler")
    return 1

def get_ask(item):
    return [item, request.path]

def get_fails():
    raise ZeroDivisionError
"""

ALONE = {
    "before_request": "@app.before_request\ndef hook():\n    seen.append('hook')",
    "after_request": "@app.after_request\ndef hook(response):\n    seen.append('hook')\n    return response",
    "teardown_request": "@app.teardown_request\ndef hook(error):\n    seen.append('hook')",
    "teardown_appcontext": "@app.teardown_appcontext\ndef hook(error):\n    seen.append('hook')",
    "url_value_preprocessor": "@app.url_value_preprocessor\ndef hook(endpoint, values):\n    seen.append('hook')",
}

BLUEPRINT = """
blueprint = flask.Blueprint("other", __name__)

@blueprint.get("/in-blueprint")
def view():
    return "1"

{hook}

app.register_blueprint(blueprint)
"""


@pytest.mark.parametrize("kind", ALONE)
def test_each_alone(serve, kind):
    served = serve(PLAIN + ALONE[kind])
    order = (
        ["hook", "handler"] if kind in ("before_request", "url_value_preprocessor") else ["handler", "hook"]
    )
    for _ in range(2):
        assert served.json("/plain") == 1
        assert served.seen() == order


@pytest.mark.parametrize("kind", ALONE)
def test_they_run_whatever_is_answered(serve, kind):
    served = serve(PLAIN + ALONE[kind])
    for request, status in (
        ("GET /nowhere", 404),
        ("PUT /plain", 405),
        ("OPTIONS /plain", 200),
        ("GET /fails", 500),
    ):
        method, path = request.split()
        assert served.client.open(path, method=method).status_code == status
        assert (request, served.seen()) == (request, ["hook"])


@pytest.mark.parametrize(
    "kind", ["before_request", "after_request", "teardown_request", "url_value_preprocessor"]
)
def test_those_of_a_blueprint(serve, kind):
    hook = ALONE[kind].replace("@app.", "@blueprint.")
    served = serve(PLAIN + BLUEPRINT.format(hook=hook))
    assert served.status("/in-blueprint") == 200
    assert served.seen() == ["hook"]
    assert served.status("/plain") == 200
    assert served.seen() == ["handler"]


@pytest.mark.parametrize(
    "kind", ["before_app_request", "after_app_request", "teardown_app_request", "app_url_value_preprocessor"]
)
def test_those_of_a_blueprint_for_the_application(serve, kind):
    hook = ALONE[kind.replace("app_", "")].replace(f"@app.{kind.replace('app_', '')}", f"@blueprint.{kind}")
    served = serve(PLAIN + BLUEPRINT.format(hook=hook))
    assert served.status("/plain") == 200
    assert sorted(served.seen()) == ["handler", "hook"]


@pytest.mark.parametrize(
    "kind", ["before_request", "after_request", "teardown_request", "url_value_preprocessor"]
)
def test_a_blueprint_named_as_an_api_has_hooks_for_its_operations(serve, kind):
    hook = ALONE[kind].replace("@app.", "@blueprint.")
    code = f"blueprint = flask.Blueprint('shop', __name__)\n{hook}\napp.register_blueprint(blueprint)"
    served = serve(PLAIN + code)
    assert served.status("/plain") == 200
    assert sorted(served.seen()) == ["handler", "hook"]
    assert served.status("/ping") == 200
    assert served.seen() == []


EVERY = """
class Gone(Exception):
    pass

blueprint = flask.Blueprint("shop", __name__)

@app.errorhandler(Gone)
def on_gone(error):
    seen.append("error")
    return "gone", 410

for number in (1, 2):
    for place, where in (("app", app), ("api", blueprint)):
        name = f"{place}{number}"

        @where.before_request
        def before(name=name):
            seen.append(f"before {name}")

        @where.after_request
        def after(response, name=name):
            seen.append(f"after {name} {response.status_code}")
            return response

        @where.teardown_request
        def teardown(error, name=name):
            seen.append(f"teardown {name} {type(error).__name__}")

    @app.teardown_appcontext
    def last(error, name=name):
        seen.append(f"last {name} {type(error).__name__}")

app.register_blueprint(blueprint)

def get_it(how):
    @flask.after_this_request
    def this(response):
        seen.append(f"after this {response.status_code}")
        return response

    seen.append("handler")
    if how == "handled":
        raise Gone
    if how == "unexpected":
        raise ZeroDivisionError
    return 1
"""


@pytest.mark.parametrize(
    ("how", "status", "errors"),
    [
        ("well", 200, ["NoneType", []]),
        ("handled", 410, ["NoneType", ["error"]]),
        ("unexpected", 500, ["ZeroDivisionError", []]),
    ],
)
def test_all_in_their_order(serve, how, status, errors):
    served = serve(EVERY)
    assert served.status(f"/it/{how}") == status
    error, between = errors
    assert served.seen() == [
        "before app1", "before app2", "before api1", "before api2", "handler", *between, f"after this {status}",
        f"after api2 {status}", f"after api1 {status}", f"after app2 {status}", f"after app1 {status}",
        f"teardown api2 {error}", f"teardown api1 {error}", f"teardown app2 {error}", f"teardown app1 {error}",
        f"last api2 {error}", f"last api1 {error}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "status", "body"),
    [
        ("'early'", 200, b"early"),
        ("'early', 418", 418, b"early"),
        ("{'a': 1}, 201, {'X-A': 'b'}", 201, b'{"a":1}\n'),
        ("['a']", 200, b'["a"]\n'),
        ("flask.Response('early', 202)", 202, b"early"),
        ("flask.redirect('/plain')", 302, None),
        ("(part for part in ('a', 'b'))", 200, b"ab"),
        ("''", 200, b""),
    ],
)
def test_a_hook_may_answer(serve, value, status, body):
    served = serve(f"""
@app.before_request
def first():
    seen.append(1)

@app.before_request
def second():
    seen.append(2)
    return {value}

@app.before_request
def third():
    seen.append(3)
{PLAIN}""")
    answer = served.client.get("/plain")
    assert answer.status_code == status
    assert body is None or answer.data == body
    assert served.seen() == [1, 2]


def test_what_a_hook_leaves_in_g_the_handler_finds(serve):
    served = serve("""
        @app.before_request
        def before():
            g.user = request.headers.get("X-User")

        @app.after_request
        def after(response):
            response.headers["X-User"] = str(g.user)
            return response

        @app.teardown_request
        def teardown(error):
            seen.append(g.pop("user", None))

        def get_user():
            return g.user

        def get_plain():
            return 1
    """)
    assert served.json("/user", headers={"X-User": "ann"}) == "ann"
    assert served.client.get("/plain", headers={"X-User": "bob"}).headers["X-User"] == "bob"
    assert served.seen() == ["ann", "bob"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("response.data += b'2'", (200, b"12", "2")),
        ("response.status_code = 202", (202, b"1", "1")),
        ("response.headers['X-A'] = 'b'", (200, b"1", "1")),
        ("response = flask.make_response('new', 203)", (203, b"new", "3")),
        ("response.set_data(str(response.get_json() + 40))", (200, b"41", "2")),
        ("response.status_code, response.data = 204, b''", (204, b"", None)),
        ("response.response = [b'a', b'b']; response.headers.pop('Content-Length')", (200, b"ab", None)),
    ],
)
def test_a_hook_may_change_the_answer(serve, change, expected):
    served = serve(f"@app.after_request\ndef hook(response):\n    {change}\n    return response\n{PLAIN}")
    answer = served.client.get("/plain")
    status, data, length = expected
    assert (answer.status_code, answer.data) == (status, data)
    assert length is None or answer.headers["Content-Length"] == length


def test_a_hook_sees_a_whole_response(serve):
    served = serve(f"""
@app.after_request
def hook(response):
    seen.append([
        type(response) is app.response_class or isinstance(response, app.response_class), response.status,
        response.mimetype, response.is_json, response.json, response.content_length, response.is_streamed,
    ])
    response.set_cookie("theme", "dark")
    response.cache_control.max_age = 60
    response.add_etag()
    response.last_modified = 0
    response.vary.add("Accept")
    return response
{PLAIN}""")
    answer = served.client.get("/plain")
    assert served.seen() == ["handler", [True, "200 OK", "application/json", True, 1, 1, False]]
    assert answer.headers["Set-Cookie"] == "theme=dark; Path=/"
    assert answer.headers["Cache-Control"] == "max-age=60"
    assert answer.headers["Vary"] == "Accept"
    assert answer.headers["ETag"]


AFTER_THIS = """
def mark():
    @flask.after_this_request
    def after(response):
        response.headers.add("X-Marked", response.status_code)
        return response

def get_plain():
    return 1

def get_marked():
    mark()
    return 1

def get_twice():
    mark()
    mark()
    flask.abort(410)

def get_fails():
    mark()
    raise ZeroDivisionError
"""


@pytest.mark.parametrize(
    ("path", "marks"),
    [("/marked", ["200"]), ("/twice", ["410", "410"]), ("/fails", ["500"]), ("/plain", []), ("/nowhere", [])],
)
def test_after_this_request_alone(serve, path, marks):
    served = serve(AFTER_THIS)
    assert served.client.get(path).headers.getlist("X-Marked") == marks
    assert "X-Marked" not in served.client.get("/plain").headers


@pytest.mark.parametrize("path", ["/plain", "/nowhere", "/fails"])
def test_after_this_request_in_a_hook(serve, path):
    served = serve(AFTER_THIS + "app.before_request(mark)")
    assert "X-Marked" in served.client.get(path).headers


def test_url_values_may_be_taken_out(serve):
    served = serve("""
        @app.url_value_preprocessor
        def pull(endpoint, values):
            g.language = (values or {}).get("language")

        @app.url_defaults
        def add(endpoint, values):
            if app.url_map.is_endpoint_expecting(endpoint, "language"):
                values.setdefault("language", g.language)

        def get_about(language):
            return [g.language, flask.url_for("shop.get_about")]
    """)
    assert served.json("/about/de") == ["de", "/about/de"]


def test_hooks_may_be_added_by_hand(serve):
    served = serve(
        PLAIN + "\napp.before_request_funcs.setdefault(None, []).append(lambda: seen.append('hook'))"
    )
    assert served.json("/plain") == 1
    assert served.seen() == ["hook", "handler"]


@pytest.mark.parametrize(
    ("name", "functions"),
    [
        ("before_request_funcs", "{None: [lambda: seen.append('hook')]}"),
        ("after_request_funcs", "{None: [lambda response: seen.append('hook') or response]}"),
        ("teardown_request_funcs", "{None: [lambda error: seen.append('hook')]}"),
        ("teardown_appcontext_funcs", "[lambda error: seen.append('hook')]"),
        ("url_value_preprocessors", "{None: [lambda endpoint, values: seen.append('hook')]}"),
    ],
)
def test_all_hooks_of_a_kind_may_be_replaced(serve, name, functions):
    served = serve(PLAIN)
    assert served.json("/plain") == 1
    setattr(served.app, name, eval(functions, {"seen": served.module.seen}))
    served.seen()
    assert served.json("/plain") == 1
    assert sorted(served.seen()) == ["handler", "hook"]


@pytest.mark.parametrize(
    "setup",
    [
        "app.before_request(len)", "app.after_request(len)", "app.teardown_request(len)", "app.errorhandler(404)(len)",
        "app.add_url_rule('/late', view_func=len)", "app.register_blueprint(flask.Blueprint('late', 'flask'))",
        "app.teardown_appcontext(len)", "app.context_processor(len)", "app.url_defaults(len)",
    ],
)  # fmt: skip
def test_no_set_up_after_the_first_request(serve, setup):
    served = serve(PLAIN)
    assert served.json("/plain") == 1
    with pytest.raises(AssertionError, match="first request"):
        eval(setup, {"app": served.app, "flask": flask})


@pytest.mark.parametrize(
    "code",
    [
        "@app.before_request\nasync def hook():\n    seen.append(request.path)",
        "@app.after_request\nasync def hook(response):\n    seen.append(request.path)\n    return response",
        "@app.teardown_request\nasync def hook(error):\n    seen.append(request.path)",
        "@app.teardown_appcontext\nasync def hook(error):\n    seen.append('/ask/1')",
    ],
)
def test_each_may_be_a_coroutine(serve, code):
    served = serve(PLAIN + code)
    assert served.json("/ask/1") == ["1", "/ask/1"]
    assert served.seen() == ["/ask/1"]


def test_hooks_see_the_whole_body_of_a_stream(serve):
    served = serve("""
        @app.after_request
        def after(response):
            seen.append(response.is_streamed)
            return response

        def get_stream():
            return flask.Response(part for part in ("a", "b"))
    """)
    assert served.client.get("/stream").data == b"ab"
    assert served.seen() == [True]


def test_the_last_hooks_get_one_error_however_many_there_are(serve):
    served = serve("""
        for number in (1, 2):
            @app.teardown_request
            def teardown(error, number=number):
                seen.append([number, type(error).__name__])
                try:
                    raise TypeError
                except TypeError:
                    pass

        def get_fails():
            raise ZeroDivisionError
    """)
    assert served.status("/fails") == 500
    assert served.seen() == [[2, "ZeroDivisionError"], [1, "ZeroDivisionError"]]


def test_a_service_may_ignore_errors_in_its_last_hooks(serve):
    served = serve("""
        app.should_ignore_error = lambda error: isinstance(error, ZeroDivisionError)

        @app.teardown_request
        def teardown(error):
            seen.append(error)

        def get_fails():
            raise ZeroDivisionError
    """)
    assert served.status("/fails") == 500
    assert served.seen() == [None]
