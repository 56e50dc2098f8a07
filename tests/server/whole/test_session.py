"""Sessions: what one request stores the next one finds, and answers say so no more often than they must."""

import flask
import pytest

VISITS = """
app.secret_key = "for these tests"

def get_visits():
    session["visits"] = session.get("visits", 0) + 1
    return session["visits"]

def get_read():
    return session.get("visits")

def get_plain():
    return 1

def get_clear():
    session.clear()
    return 1
"""

CASES = {
    "getitem": "session['a'] if 'a' in session else 0",
    "setdefault": "session.setdefault('a', 1)",
    "update": "session.update(a=1)",
    "pop": "session.pop('a', 1)",
    "attribute": "setattr(session, 'modified', True)",
    "len": "len(session)",
}


def test_a_session_is_kept(serve):
    served = serve(VISITS)
    assert [served.json("/visits") for _ in range(3)] == [1, 2, 3]
    assert served.json("/read") == 3
    assert served.json("/clear") == 1
    assert served.json("/read") is None


@pytest.mark.parametrize(
    ("path", "vary", "sets"),
    [
        ("/visits", "Cookie", True),
        ("/read", "Cookie", False),
        ("/plain", None, False),
        ("/clear", "Cookie", True),
    ],
)
def test_what_an_answer_says_of_it(serve, path, vary, sets):
    served = serve(VISITS)
    served.json("/visits")
    answer = served.client.get(path)
    assert (answer.headers.get("Vary"), "Set-Cookie" in answer.headers) == (vary, sets)


@pytest.mark.parametrize("use", CASES.values(), ids=CASES)
def test_every_use_is_noticed(serve, use):
    served = serve(f"app.secret_key = 'for these tests'\ndef get_it():\n    {use}\n    return 1")
    assert served.client.get("/it").headers["Vary"] == "Cookie"


def test_vary_is_said_once(serve):
    served = serve("""
        app.secret_key = "for these tests"

        def get_it():
            session["a"] = 1
            response = flask.Response()
            response.vary.update(["Accept-Language", "Cookie"])
            return response
    """)
    assert served.client.get("/it").headers.getlist("Vary") == ["Accept-Language, Cookie"]


def test_a_permanent_session_is_renewed_by_every_request(serve):
    served = serve("""
        app.secret_key = "for these tests"

        def get_login():
            session["user"] = 1
            session.permanent = True
            return 1

        def get_plain():
            return 1

        def get_permanent():
            return session.permanent
    """)
    assert "Expires=" in served.client.get("/login").headers["Set-Cookie"]
    answer = served.client.get("/plain")
    assert "Expires=" in answer.headers["Set-Cookie"]
    assert answer.headers["Vary"] == "Cookie"
    assert served.json("/permanent") is True
    served.app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    assert "Set-Cookie" not in served.client.get("/plain").headers


def test_settings_of_the_cookie(serve):
    served = serve(f"""
        app.config.update(
            SESSION_COOKIE_NAME="mine", SESSION_COOKIE_PATH="/", SESSION_COOKIE_SECURE=True,
            SESSION_COOKIE_HTTPONLY=False, SESSION_COOKIE_SAMESITE="Lax",
            SESSION_COOKIE_DOMAIN=".example.com", SESSION_COOKIE_PARTITIONED=True,
        )
        {VISITS.replace(chr(10), chr(10) + "        ")}
    """)
    cookie = served.client.get("/visits", base_url="https://shop.example.com").headers["Set-Cookie"]
    parts = {part.strip() for part in cookie.split(";")[1:]}
    assert cookie.startswith("mine=")
    assert parts == {"Domain=example.com", "Path=/", "Secure", "SameSite=Lax", "Partitioned"}


def test_a_cookie_of_another_key_is_no_session(serve):
    served = serve(VISITS)
    served.json("/visits")
    served.app.secret_key = "another"
    assert served.json("/read") is None
    served.app.config["SECRET_KEY_FALLBACKS"] = ["for these tests"]
    assert served.json("/read") == 1


@pytest.mark.parametrize(
    "cookie", ["session=", "session=x.y.z", "session=%00", "session=eyJhIjoxfQ.x.y", "session"]
)
def test_a_cookie_that_is_none_of_ours(serve, cookie):
    served = serve(VISITS)
    answer = served.app.test_client(use_cookies=False).get("/read", headers={"Cookie": cookie})
    assert (answer.status_code, answer.json) == (200, None)


def test_without_a_key_a_session_can_only_be_read(serve):
    served = serve(VISITS.replace("app.secret_key", "not_the_key"))
    assert served.json("/read") is None
    assert served.status("/visits") == 500


def test_values_keep_their_types(serve):
    served = serve("""
        import uuid
        from datetime import datetime, timezone
        from markupsafe import Markup

        app.secret_key = "for these tests"
        VALUES = {
            "tuple": (1, 2), "bytes": b"\\xff", "markup": Markup("<b>"), "uuid": uuid.UUID(int=7),
            "time": datetime(2026, 1, 2, tzinfo=timezone.utc), "tagged": {" t": "none"},
        }

        def get_store():
            session.update(VALUES)
            return 1

        def get_compare():
            return [dict(session) == VALUES, type(session["bytes"]) is bytes]
    """)
    assert served.json("/store") == 1
    assert served.json("/compare") == [True, True]


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("raise MacaronError", 500),
        ("flask.abort(404)", 404),
        ("flask.abort(flask.Response('no', 403))", 403),
        ("raise ZeroDivisionError", 500),
        ("return object()", 500),
        ("return flask.redirect('/read')", 302),
    ],
)
def test_it_is_kept_however_a_request_ends(serve, ending, status):
    served = serve(
        f"{VISITS}\nfrom macaron_runner import MacaronError\ndef get_end():\n    session['visits'] = 7\n    {ending}"
    )
    assert served.status("/end") == status
    assert served.json("/read") == 7


@pytest.mark.parametrize(
    "hook",
    [
        "@app.after_request\ndef hook(response):\n    session['visits'] = 7\n    return response",
        "@app.before_request\ndef hook():\n    session['visits'] = 7",
        "@app.url_value_preprocessor\ndef hook(endpoint, values):\n    session['visits'] = 7",
    ],
)
def test_hooks_may_store(serve, hook):
    served = serve(f"{VISITS}\n{hook}")
    assert served.json("/plain") == 1
    with served.client.session_transaction() as kept:
        assert kept["visits"] == 7


def test_error_handlers_may_store(serve):
    served = serve(
        VISITS
        + "\n@app.errorhandler(404)\ndef on_error(error):\n    session['visits'] = 7\n    return 'no', 404"
    )
    assert served.status("/nowhere") == 404
    assert served.json("/read") == 7


def test_transactions_of_the_test_client(serve):
    served = serve(VISITS)
    with served.client.session_transaction() as session:
        session["visits"] = 41
    assert served.json("/visits") == 42
    with served.client.session_transaction() as session:
        assert session == {"visits": 42}


INTERFACE = """
from flask.sessions import SecureCookieSession, SessionInterface

class Store(SessionInterface):
    kept = {}

    def open_session(self, app, request):
        seen.append(["open", request.path])
        return SecureCookieSession(self.kept)

    def save_session(self, app, session, response):
        seen.append(["save", response.status_code])
        self.kept = dict(session)

app.session_interface = Store()

def get_visits():
    session["visits"] = session.get("visits", 0) + 1
    return session["visits"]

def get_plain():
    return 1
"""


def test_sessions_may_be_kept_elsewhere(serve):
    served = serve(INTERFACE)
    assert [served.json("/visits"), served.json("/visits")] == [1, 2]
    assert served.seen() == [["open", "/visits"], ["save", 200]] * 2


@pytest.mark.parametrize(("path", "status"), [("/plain", 200), ("/nowhere", 404)])
def test_another_store_hears_of_every_request(serve, path, status):
    served = serve(INTERFACE)
    assert served.status(path) == status
    assert served.seen() == [["open", path], ["save", status]]


def test_a_store_may_look_at_the_request(serve):
    served = serve("""
        from flask.globals import request_ctx
        from flask.sessions import SecureCookieSessionInterface, SessionInterface

        class ByPath(SecureCookieSessionInterface):
            def get_cookie_name(self, app):
                return request.path.strip("/")

            def open_session(self, app, request):
                request_ctx.match_request()
                seen.append(request.endpoint)
                return super().open_session(app, request)

        app.secret_key = "for these tests"
        app.session_interface = ByPath()

        def get_one():
            session["n"] = session.get("n", 0) + 1
            return session["n"]

        def get_two():
            return list(session)
    """)
    assert [served.json("/one"), served.json("/two"), served.json("/one")] == [1, [], 2]
    assert served.seen() == ["shop.get_one", "shop.get_two", "shop.get_one"]


@pytest.mark.parametrize("method", ["open_session", "save_session"])
def test_a_store_that_fails(serve, method):
    arguments = "request" if method == "open_session" else "session, response"
    served = serve(f"""
        from flask.sessions import SecureCookieSessionInterface

        class Broken(SecureCookieSessionInterface):
            def {method}(self, app, {arguments}):
                raise ZeroDivisionError

        app.secret_key = "for these tests"
        app.session_interface = Broken()

        def get_plain():
            return 1
    """)
    answer = served.client.get("/plain")
    assert (answer.status_code, answer.json["error"]) == (500, "SERVER_ERROR")
    assert not flask.request
    assert not flask.current_app


def test_flashes(serve):
    served = serve("""
        app.secret_key = "for these tests"

        def get_flash():
            flask.flash("one")
            flask.flash("two", "error")
            return 1

        def get_flashed(category):
            found = flask.get_flashed_messages(with_categories=True, category_filter=category.split("+"))
            return [found, found == flask.get_flashed_messages(True, category.split("+"))]
    """)
    served.json("/flash")
    assert served.json("/flashed/error") == [[["error", "two"]], True]
    served.json("/flash")
    assert served.json("/flashed/message+error") == [[["message", "one"], ["error", "two"]], True]
    assert served.json("/flashed/message+error") == [[], True]
