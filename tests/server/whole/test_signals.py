"""Signals: each as the only one that anybody hears, whenever they began to listen, and all of them in their order."""

import contextlib

import flask
import pytest

CODE = """
app.secret_key = "for these tests"

def get_plain():
    seen.append("handler")
    return 1

def get_uses():
    request.path
    seen.append("handler")
    return 1

def get_fails():
    raise ZeroDivisionError

def get_gone():
    flask.abort(410)

def get_flash():
    flask.flash("hello", "notice")
    return 1

def get_template():
    return flask.render_template_string("{{ name }}", name="ann")
"""

OF_REQUESTS = (
    "request_started", "request_finished", "request_tearing_down", "appcontext_pushed", "appcontext_popped",
    "appcontext_tearing_down",
)  # fmt: skip


@contextlib.contextmanager
def heard(served, *names, sender=True):
    """Give a list that fills with the names of the signals that are sent."""
    found = []
    with contextlib.ExitStack() as connections:
        for name in names:

            def hear(sender, name=name, **facts):
                assert sender is served.app
                found.append(name)

            signal = getattr(flask, name)
            connections.enter_context(
                signal.connected_to(hear, served.app) if sender else signal.connected_to(hear)
            )
        yield found


@pytest.mark.parametrize("name", OF_REQUESTS)
def test_each_alone(serve, name):
    served = serve(CODE)
    for path in ("/plain", "/uses", "/fails", "/gone", "/nowhere"):
        served.status(path)
        with heard(served, name) as found:
            served.status(path)
            served.status(path)
        served.status(path)
        assert (path, found) == (path, [name, name])


@pytest.mark.parametrize("name", OF_REQUESTS)
def test_whoever_sends_it(serve, name):
    served = serve(CODE)
    with heard(served, name, sender=False) as found:
        served.status("/plain")
    assert found == [name]


def test_of_another_application_nothing_is_heard(serve):
    served = serve(CODE)
    other = flask.Flask("other")

    def hear(sender, **facts):
        raise AssertionError(sender)

    with contextlib.ExitStack() as connections:
        for name in OF_REQUESTS:
            connections.enter_context(getattr(flask, name).connected_to(hear, other))
        assert served.json("/plain") == 1


@pytest.mark.parametrize("path", ["/plain", "/uses"])
def test_all_in_their_order(serve, path):
    served = serve(
        CODE
        + """
@app.before_request
def before():
    seen.append("before")

@app.after_request
def after(response):
    seen.append("after")
    return response

@app.teardown_request
def teardown(error):
    seen.append("teardown")

@app.teardown_appcontext
def last(error):
    seen.append("last")
"""
    )
    order = []
    with contextlib.ExitStack() as connections:
        for name in OF_REQUESTS:

            def hear(sender, name=name, **facts):
                order.extend([*served.seen(), name])

            connections.enter_context(getattr(flask, name).connected_to(hear, served.app))
        served.status(path)
    assert order == [
        "appcontext_pushed", "request_started", "before", "handler", "after", "request_finished", "teardown",
        "request_tearing_down", "last", "appcontext_tearing_down", "appcontext_popped",
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["/plain", "/uses", "/gone"])
def test_the_answer_that_is_finished(serve, path):
    served = serve(CODE)
    found = []

    def hear(sender, response):
        response.headers["X-Heard"] = "yes"
        found.append((response.status_code, response.is_json, flask.request.path))

    with flask.request_finished.connected_to(hear, served.app):
        answer = served.client.get(path)
    assert found == [(answer.status_code, True, path)]
    assert answer.headers["X-Heard"] == "yes"


@pytest.mark.parametrize(
    ("path", "expected"), [("/fails", "ZeroDivisionError"), ("/gone", None), ("/plain", None)]
)
@pytest.mark.parametrize("name", ["got_request_exception", "request_tearing_down", "appcontext_tearing_down"])
def test_what_they_tell_of_an_error(serve, path, expected, name):
    served = serve(CODE)
    found = []

    def hear(sender, **facts):
        found.append(type(facts.get("exc") or facts.get("exception")).__name__)

    with getattr(flask, name).connected_to(hear, served.app):
        served.status(path)
    if name == "got_request_exception":
        assert found == ([expected] if expected else [])
    else:
        assert found == [expected or "NoneType"]


def test_a_message_is_flashed(serve):
    served = serve(CODE)
    found = []

    def hear(sender, message, category):
        found.append((message, category))

    with flask.message_flashed.connected_to(hear, served.app):
        served.status("/flash")
    assert found == [("hello", "notice")]


def test_templates(serve):
    served = serve(CODE)
    found = []

    def before(sender, template, context):
        context["name"] = "bob"

    def after(sender, template, context):
        found.append(context["name"])

    with (
        flask.before_render_template.connected_to(before, served.app),
        flask.template_rendered.connected_to(after, served.app),
    ):
        assert served.json("/template") == "bob"
    assert found == ["bob"]


@pytest.mark.parametrize("path", ["/plain", "/uses"])
def test_listeners_see_the_request(serve, path):
    served = serve(
        CODE
        + """
@flask.request_started.connect_via(app)
def started(sender, **facts):
    g.started = request.endpoint

@flask.request_tearing_down.connect_via(app)
def ended(sender, exc, **facts):
    seen.append(g.started)
"""
    )
    served.status(path)
    assert served.seen() == ["handler", "shop.get_" + path.strip("/")]


def test_a_listener_may_be_a_coroutine(serve):
    served = serve(
        CODE
        + "@flask.request_started.connect_via(app)\nasync def started(sender):\n    seen.append(request.path)\n"
    )
    served.status("/plain")
    assert served.seen() == ["/plain", "handler"]


@pytest.mark.parametrize("name", ["request_started", "request_finished"])
def test_a_listener_that_fails(serve, name):
    served = serve(
        CODE + f"@flask.{name}.connect_via(app)\ndef fails(sender, **facts):\n    raise ZeroDivisionError\n"
    )
    assert served.status("/plain") == 500
    assert not flask.has_request_context()
