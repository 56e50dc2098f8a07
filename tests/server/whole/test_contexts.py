"""Contexts: there in a handler, one for each request, gone when it ends, and others beside them."""

import contextvars
import threading
from urllib.parse import quote

import flask
import pytest
from flask.globals import app_ctx, request_ctx

PLAIN = """
def get_plain():
    return 1
"""


def nothing_is_left() -> bool:
    """Tell whether this thread knows no request and no application."""
    return not (flask.has_request_context() or flask.has_app_context() or flask.current_app or flask.request)


TRUE = (
    "flask.has_request_context()",
    "flask.has_app_context()",
    "bool(request)",
    "bool(g)",
    "bool(current_app)",
    "current_app._get_current_object() is app",
    "current_app == app",
    "current_app.name == 'shop'",
    "current_app.config['MAX_CONTENT_LENGTH'] == 2**20",
    "repr(g) == \"<flask.g of 'shop'>\"",
    "flask.globals.app_ctx.app is app",
    "flask.globals.app_ctx.g is g._get_current_object()",
    "flask.globals.request_ctx.app is app",
    "flask.globals.request_ctx.request is request._get_current_object()",
    "flask.globals.request_ctx._get_current_object() is flask.globals.request_ctx._get_current_object()",
    "flask.globals.request_ctx.url_adapter.match()[0] == 'shop.get_ask'",
    "isinstance(flask.globals.request_ctx._get_current_object(), flask.ctx.RequestContext)",
    "isinstance(flask.globals.app_ctx._get_current_object(), flask.ctx.AppContext)",
    "flask.globals._cv_app.get() is flask.globals.app_ctx._get_current_object()",
    "flask.globals._cv_request.get() is flask.globals.request_ctx._get_current_object()",
    "app.url_for('shop.get_ask', item=1) == '/ask/1'",
    "current_app.ensure_sync(len) is len",
    "current_app.logger.name == 'shop'",
    "flask.json.dumps({'a': 1}) == '{\"a\": 1}'",
    "'get' in dir(request.args)",
)


def test_each_alone(serve):
    served = serve("def get_ask(item):\n    return eval(item)")
    found = {what: [served.json(f"/ask/{quote(what, safe='')}") for _ in range(2)] for what in TRUE}
    assert [what for what in TRUE if found[what] != [True, True]] == []
    assert nothing_is_left()


def test_nothing_is_there_outside(serve):
    serve(PLAIN)
    assert nothing_is_left()
    for proxy in (flask.request, flask.g, flask.session, flask.current_app):
        with pytest.raises(RuntimeError):
            proxy.anything  # noqa: B018


def test_g(serve):
    served = serve("""
        def get_all():
            g.foo = "bar"
            return [
                g.get("nothing"), g.get("nothing", 1), "foo" in g, g.foo,
                g.setdefault("foo", 2), g.setdefault("two", 2), g.pop("two"), g.pop("two", 3),
                list(g), hasattr(g, "two"),
            ]
    """)
    assert served.json("/all") == [None, 1, True, "bar", "bar", 2, 2, 3, ["foo"], False]


def test_every_request_has_a_g_of_its_own(serve):
    served = serve("""
        def get_remember(what):
            before = g.get("what")
            g.what = what
            return [before, g.what]

        def get_g():
            return list(g)
    """)
    assert served.json("/remember/a") == [None, "a"]
    assert served.json("/remember/b") == [None, "b"]
    assert served.json("/g") == []


def test_the_application_may_have_another_g(serve):
    served = serve("""
        class G:
            def __init__(self):
                self.spam = "eggs"

        app.app_ctx_globals_class = G

        def get_spam():
            return g.spam
    """)
    assert served.json("/spam") == "eggs"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("return 1", 200),
        ("return request.path", 200),
        ("g.x = 1; return 1", 200),
        ("raise ZeroDivisionError", 500),
        ("request.path; raise ZeroDivisionError", 500),
        ("flask.abort(404)", 404),
        ("raise SystemExit", 500),
        ("request.path; raise SystemExit", 500),
        ("flask.globals.app_ctx.push(); flask.globals.app_ctx.pop(); return 1", 200),
    ],
)
def test_a_thread_keeps_nothing_of_a_request(serve, code, status):
    served = serve(f"def get_it():\n    {code}\n\ndef get_left():\n    return [list(g), list(session)]")
    for _ in range(2):
        assert served.status("/it") == status
        assert nothing_is_left()
        assert served.json("/left") == [[], []]


@pytest.mark.parametrize("stage", ["before", "after", "teardown"])
def test_not_even_when_hooks_fail(serve, stage):
    hook = {
        "before": "@app.before_request\ndef hook():",
        "after": "@app.after_request\ndef hook(response):",
        "teardown": "@app.teardown_request\ndef hook(error):",
    }[stage]
    served = serve(f"{hook}\n    raise ZeroDivisionError\n{PLAIN}")
    assert served.status("/plain") == (200 if stage == "teardown" else 500)
    assert nothing_is_left()


def test_a_context_pushed_twice_is_torn_down_once(serve):
    served = serve("""
        @app.teardown_request
        def of_request(error):
            seen.append("request")

        @app.teardown_appcontext
        def of_app(error):
            seen.append("app")

        def get_nested():
            with flask.globals.app_ctx, flask.globals.request_ctx:
                return request.path

        def get_plain():
            with flask.globals.app_ctx:
                pass
            return 1
    """)
    assert served.json("/nested") == "/nested"
    assert served.seen() == ["request", "app"]
    assert served.json("/plain") == 1
    assert served.seen() == ["request", "app"]


def test_another_request_inside_a_request(serve):
    served = serve("""
        def get_outer():
            with app.test_request_context("/inner?x=2"):
                inner = [request.path, request.args["x"], request.endpoint, flask.url_for("shop.get_outer")]
            return [inner, request.path, request.args.get("x")]

        def get_inner():
            return 1
    """)
    assert served.json("/outer?x=1") == [["/inner", "2", "shop.get_inner", "/outer"], "/outer", "1"]
    assert nothing_is_left()


def test_only_the_request_inside_is_used(serve):
    served = serve("""
        def get_outer():
            with app.test_request_context("/inner"):
                request.path
            return 1

        def get_inner():
            return 1
    """)
    assert served.json("/outer") == 1
    assert nothing_is_left()


def test_another_application_context_inside_a_request(serve):
    served = serve("""
        def get_outer():
            g.x = "outer"
            with app.app_context():
                inner = [g.get("x"), flask.has_request_context()]
                g.x = "inner"
            return [inner, g.x]
    """)
    assert served.json("/outer") == [[None, True], "outer"]


def test_a_request_sent_from_inside_a_request(serve):
    served = serve("""
        app.secret_key = "for these tests"

        def get_outer():
            answer = app.test_client().get("/inner/1", headers={"X-Request-ID": "inner"})
            return [answer.json, answer.headers["X-Request-ID"], request.path, "inner" in session]

        def get_plain():
            return app.test_client().get("/inner/2").json

        def get_inner(item):
            session["inner"] = 1
            return [item, request.path]
    """)
    assert served.json("/outer") == [["1", "/inner/1"], "inner", "/outer", False]
    assert served.json("/plain") == ["2", "/inner/2"]
    assert nothing_is_left()


def test_another_application_inside_a_request(serve):
    served = serve("""
        other = flask.Flask("other")

        @other.get("/<name>")
        def view(name):
            return [name, current_app.name, request.path]

        def get_other():
            return [other.test_client().get("/x").json, current_app.name]
    """)
    assert served.json("/other") == [["x", "other", "/x"], "shop"]


def test_a_thread_of_a_handler_knows_no_request(serve):
    served = serve("""
        import threading

        def get_it():
            thread = threading.Thread(target=lambda: seen.append([flask.has_request_context(), bool(current_app)]))
            thread.start()
            thread.join()
            return 1
    """)
    assert served.json("/it") == 1
    assert served.seen() == [[False, False]]


@pytest.mark.parametrize(
    "way", ["flask.copy_current_request_context(look)", "partial(copy_context().run, look)"]
)
def test_a_thread_may_get_the_request(serve, way):
    served = serve(f"""
        import threading
        from contextvars import copy_context
        from functools import partial

        app.secret_key = "for these tests"

        def look():
            seen.append([request.path, request.args["x"], session["user"], current_app.name, request.endpoint])

        def get_it():
            session["user"] = "ann"
            thread = threading.Thread(target={way})
            thread.start()
            thread.join()
            return 1
    """)
    assert served.json("/it?x=1") == 1
    assert served.seen() == [["/it", "1", "ann", "shop", "shop.get_it"]]


def test_only_a_copy_of_the_context_is_taken(serve):
    served = serve("""
        def get_it():
            seen.append(flask.copy_current_request_context(lambda: request.args["x"]))
            return 1
    """)
    assert served.json("/it?x=1") == 1
    assert nothing_is_left()
    (look,) = served.seen()
    assert look() == "1"
    assert nothing_is_left()


def test_a_copy_of_the_context_needs_a_request(serve):
    serve(PLAIN)
    with pytest.raises(RuntimeError):
        flask.copy_current_request_context(len)
    with pytest.raises(RuntimeError):
        flask.after_this_request(len)


def test_two_threads_answer_two_requests(serve):
    served = serve("""
        import threading
        both = threading.Barrier(2, timeout=60)

        def get_who(name):
            g.name = name
            both.wait()
            return [g.name, request.view_args["name"], request.path]
    """)
    found = {}

    def ask(name):
        found[name] = served.app.test_client().get(f"/who/{name}").json

    threads = [threading.Thread(target=ask, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == {name: [name, name, f"/who/{name}"] for name in "ab"}


def test_threads_that_look_at_one_request_at_once_see_one(serve):
    served = serve("""
        import asyncio
        import time

        class SlowG(type(app).app_ctx_globals_class):
            def __init__(self):
                time.sleep(0.05)

        class SlowRequest(flask.Request):
            def __init__(self, *arguments):
                time.sleep(0.05)
                super().__init__(*arguments)

        app.app_ctx_globals_class = SlowG
        app.request_class = SlowRequest
        app.secret_key = "for these tests"

        def look():
            session["seen"] = g.seen = True
            return [request.endpoint, id(request._get_current_object()), id(g._get_current_object())]

        async def get_it():
            first, *others = await asyncio.gather(*(asyncio.to_thread(look) for _ in range(4)))
            return [first[0], [other == first for other in others], list(g)]
    """)
    assert served.json("/it") == ["shop.get_it", [True, True, True], ["seen"]]


def test_what_a_handler_sets_in_its_context_stays_there(serve):
    served = serve("""
        import contextvars
        variable = contextvars.ContextVar("variable", default="nothing")

        @app.before_request
        def before():
            variable.set("from the hook")

        def get_it():
            return variable.get()
    """)
    assert contextvars.copy_context().run(served.json, "/it") == "from the hook"


TEST_CONTEXT = """
app.secret_key = "for these tests"

@app.before_request
def before():
    seen.append("before")

@app.teardown_request
def of_request(error):
    seen.append(["request", type(error).__name__])

@app.teardown_appcontext
def of_app(error):
    seen.append(["app", type(error).__name__])

def post_item(item):
    return [item, request.args.get("x"), session.get("user")]
"""


def test_a_context_made_by_hand(serve):
    served = serve(TEST_CONTEXT)
    with served.app.test_request_context("/item/a%20b?x=1", method="POST") as context:
        assert context is request_ctx._get_current_object()
        assert (flask.request.endpoint, flask.request.blueprint) == ("shop.post_item", "shop")
        assert flask.request.view_args == {"item": "a%20b"}
        assert flask.request.routing_exception is None
        flask.session["user"] = "ann"
        assert served.app.preprocess_request() is None
        answer = served.app.make_response(served.app.dispatch_request())
        assert served.app.process_response(answer).json == ["a b", "1", "ann"]
        assert "session=" in answer.headers["Set-Cookie"]
    assert served.seen() == ["before", ["request", "NoneType"], ["app", "NoneType"]]
    assert nothing_is_left()


def test_a_whole_request_in_a_context_made_by_hand(serve):
    served = serve(TEST_CONTEXT)
    with served.app.test_request_context("/item/a", method="POST"):
        assert served.app.full_dispatch_request().json == ["a", None, None]
    with served.app.test_request_context("/item/a"):
        assert flask.request.endpoint is None
        assert served.app.full_dispatch_request().status_code == 405


@pytest.mark.parametrize("outside", [True, False])
def test_an_error_in_a_context_made_by_hand(serve, outside):
    served = serve(TEST_CONTEXT)
    with pytest.raises(ZeroDivisionError), served.app.test_request_context("/item/a"):  # noqa: PT012
        if not outside:
            try:
                raise KeyError
            except KeyError:
                pass
        raise ZeroDivisionError
    assert served.seen() == [["request", "ZeroDivisionError"], ["app", "ZeroDivisionError"]]


def test_pushed_and_popped_by_hand(serve):
    served = serve(TEST_CONTEXT)
    context = served.app.test_request_context("/item/a?x=1", method="POST")
    context.push()
    assert flask.request.args["x"] == "1"
    context.pop()
    assert nothing_is_left()
    with served.app.app_context():
        assert flask.current_app.name == "shop"
        assert not flask.request
    assert nothing_is_left()
    assert served.seen()[-1] == ["app", "NoneType"]


def test_a_request_inside_an_application_context(serve):
    served = serve(PLAIN + TEST_CONTEXT)
    with served.app.app_context():
        flask.g.mine = 1
        assert served.json("/plain") == 1
        assert served.client.post("/item/a?x=1").json == ["a", "1", None]
        assert flask.g.mine == 1
        assert app_ctx.app is served.app
        assert not flask.has_request_context()
    assert nothing_is_left()
