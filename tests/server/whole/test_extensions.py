"""What others add: extensions, blueprints, views, middleware, commands; and the test client's own ways."""

import flask
import pytest

EXTENSION = """
from werkzeug.local import LocalProxy

class Extension:
    '''As extensions are written: it knows its application by name only, and keeps what it opens in g.'''

    def init_app(self, app):
        app.extensions["thing"] = self
        app.config.setdefault("THING_NAME", "thing")
        app.teardown_appcontext(self.close)

    @property
    def connection(self):
        if "thing" not in g:
            g.thing = current_app.config["THING_NAME"] + " of " + request.path
            seen.append("opened")
        return g.thing

    def close(self, error):
        thing = g.pop("thing", None)
        if thing is not None:
            seen.append("closed " + thing)

extension = Extension()
current_thing = LocalProxy(lambda: extension.connection)
extension.init_app(current_app)

def get_connected():
    return [extension.connection, extension.connection]

def get_proxied():
    return str(current_thing)

def get_plain():
    return 1
"""


def test_an_extension_opens_what_is_used(serve):
    served = serve(EXTENSION)
    assert served.json("/connected") == ["thing of /connected"] * 2
    assert served.seen() == ["opened", "closed thing of /connected"]
    assert served.json("/proxied") == "thing of /proxied"
    assert served.seen() == ["opened", "closed thing of /proxied"]
    assert served.json("/plain") == 1
    assert served.seen() == []


SCOPED = """
from flask.globals import app_ctx

class Sessions:
    '''As ORMs keep one session a context: by the identity of the application's context.'''

    def __init__(self):
        self.open = {}

    def get(self):
        return self.open.setdefault(id(app_ctx._get_current_object()), object())

    def remove(self, error):
        seen.append(self.open.pop(id(app_ctx._get_current_object()), None) is not None)

sessions = Sessions()
app.teardown_appcontext(sessions.remove)

def get_same():
    return sessions.get() is sessions.get()

def get_plain():
    return 1
"""


def test_an_extension_may_go_by_the_identity_of_a_context(serve):
    served = serve(SCOPED)
    assert served.json("/same") is True
    assert served.json("/plain") == 1
    assert served.seen() == [True, False]
    assert served.module.sessions.open == {}


LOGIN = """
app.secret_key = "for these tests"

@app.before_request
def load():
    g.user = session.get("user")

@app.after_request
def remember(response):
    if "remember" in session:
        response.set_cookie("remembered", session.pop("remember"))
    return response

def login_required(view):
    def wrapper(*args, **kwargs):
        if g.user is None:
            return flask.redirect(flask.url_for("shop.get_login", name="nobody"))
        return view(*args, **kwargs)
    return wrapper

def get_login(name):
    session["user"] = session["remember"] = name
    return 1

@login_required
def get_secret():
    return g.user
"""


def test_an_extension_that_logs_people_in(serve):
    served = serve(LOGIN)
    assert served.client.get("/secret").headers["Location"] == "/login/nobody"
    assert served.client.get("/login/ann").headers.getlist("Set-Cookie")[0] == "remembered=ann; Path=/"
    assert served.json("/secret") == "ann"


BLUEPRINT = """
from pathlib import Path
from flask.views import MethodView, View

folder = Path(__file__).parent / "site"
(folder / "static").mkdir(parents=True)
(folder / "templates").mkdir()
(folder / "static" / "style.css").write_text("b {}")
(folder / "templates" / "site.html").write_text("{{ request.blueprint }} {{ url_for('.page') }}")
site = flask.Blueprint("site", __name__, root_path=str(folder), static_folder="static", template_folder="templates",
                       url_prefix="/site")

@site.route("/page")
def page():
    return flask.render_template("site.html")

class Item(MethodView):
    def get(self, number):
        return {"number": number}

    async def post(self, number):
        return {"posted": number}

class Old(View):
    methods = ["GET", "POST"]
    decorators = [lambda view: lambda **values: view(**values) + "!"]

    def dispatch_request(self):
        return request.method

site.add_url_rule("/item/<int:number>", view_func=Item.as_view("item"))
site.add_url_rule("/old", view_func=Old.as_view("old"))

@site.get("/slash/")
def slash():
    return "slash"

inner = flask.Blueprint("inner", __name__)

@inner.before_request
def before():
    seen.append(request.blueprints)

@inner.get("/deep")
def deep():
    return flask.url_for("site.inner.deep") + flask.url_for(".deep")

site.register_blueprint(inner, url_prefix="/inner")
app.register_blueprint(site)

def get_item():
    return flask.url_for("site.item", number=7)
"""


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/site/page", 200, "site /site/page"),
        ("GET", "/site/static/style.css", 200, "b {}"),
        ("GET", "/site/item/7", 200, '{"number":7}\n'),
        ("POST", "/site/item/7", 200, '{"posted":7}\n'),
        ("POST", "/site/old", 200, "POST!"),
        ("GET", "/site/slash/", 200, "slash"),
        ("GET", "/site/slash", 308, None),
        ("GET", "/site/inner/deep", 200, "/site/inner/deep/site/inner/deep"),
        ("GET", "/item", 200, '"/site/item/7"'),
        ("HEAD", "/site/page", 200, ""),
        ("OPTIONS", "/site/old", 200, ""),
    ],
)
def test_views_beside_operations(serve, method, path, status, body):
    served = serve(BLUEPRINT)
    with served.client.open(path, method=method) as answer:
        assert answer.status_code == status
        assert body is None or answer.text == body
        assert "X-Request-ID" in answer.headers
    assert served.seen() == ([["site.inner", "site"]] if path.endswith("deep") else [])


MIDDLEWARE = """
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

class Prefix:
    def __init__(self, inner):
        self.inner = inner

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"].startswith("/old/"):
            environ["PATH_INFO"] = environ["PATH_INFO"].replace("/old/", "/")

        def start(status, headers, *rest):
            return start_response(status, [*headers, ("X-Middleware", "yes")], *rest)

        return self.inner(environ, start)

def other(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"other"]

proxied = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1, x_prefix=1)
app.wsgi_app = DispatcherMiddleware(Prefix(proxied), {"/other": other})

def get_seen():
    return [request.remote_addr, request.scheme, request.host, request.script_root]

def get_plain():
    return 1
"""


def test_middleware(serve):
    served = serve(MIDDLEWARE)
    answer = served.client.get("/plain")
    assert (answer.json, answer.headers["X-Middleware"]) == (1, "yes")
    assert served.client.get("/other/x").text == "other"
    assert served.json("/old/plain") == 1
    forwarded = {"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "h.example.com",
                 "X-Forwarded-Prefix": "/below"}  # fmt: skip
    assert served.json("/seen", headers=forwarded) == ["1.2.3.4", "https", "h.example.com", "/below"]


def test_a_request_may_be_answered_again_at_another_path(serve):
    served = serve("""
        class Retry:
            def __init__(self, inner):
                self.inner = inner

            def __call__(self, environ, start_response):
                told = []
                body = self.inner(environ, lambda status, headers, *rest: told.append((status, headers)))
                if told[0][0].startswith("409"):
                    return self.inner(environ | {"PATH_INFO": "/second/7", "RAW_URI": "/second/7"}, start_response)
                start_response(*told[0])
                return body

        app.wsgi_app = Retry(app.wsgi_app)

        def get_first():
            flask.abort(409)

        def get_second(item):
            return [item, request.endpoint, request.path]
    """)
    assert served.json("/first") == ["7", "shop.get_second", "/second/7"]


def test_commands(serve):
    served = serve("""
        def get_plain():
            return 1

        @app.cli.command("hello")
        def hello():
            print("hello from", current_app.name)

        @app.shell_context_processor
        def shell():
            return {"thing": 1}
    """)
    result = served.app.test_cli_runner().invoke(args=["hello"])
    assert (result.exit_code, result.output) == (0, "hello from shop\n")
    assert served.app.make_shell_context()["thing"] == 1


CLIENT = """
app.secret_key = "for these tests"

def get_plain():
    return 1

def get_stored():
    g.value = session["value"] = 42
    return 1

def get_fails():
    raise ZeroDivisionError

def get_redirect():
    session["redirected"] = True
    return flask.redirect("/stored")

def post_body(body):
    return body
"""


@pytest.mark.parametrize("path", ["/plain", "/stored"])
def test_a_client_may_keep_the_last_request(serve, path):
    served = serve(CLIENT)
    with served.client as client:
        client.get(f"{path}?vodka=42")
        assert flask.request.args["vodka"] == "42"
        assert flask.request.path == path
        assert flask.request.endpoint == f"shop.get_{path.strip('/')}"
        assert flask.g.get("value") == flask.session.get("value") == (42 if path == "/stored" else None)
        assert flask.current_app.name == "shop"
        client.get("/fails")
        assert flask.request.path == "/fails"
        assert not hasattr(flask.g, "value")
    assert not flask.has_request_context()


def test_a_client_follows_redirects(serve):
    served = serve(CLIENT)
    with served.client as client:
        assert client.get("/redirect", follow_redirects=True).json == 1
        assert flask.session["redirected"] is True
        assert flask.session["value"] == 42
        assert client.post("/body?gin=43", json={"a": 1}).json == {"a": 1}
        assert flask.request.get_json() == {"a": 1}
        assert flask.request.args["gin"] == "43"


def test_a_client_with_other_surroundings(serve):
    served = serve("def get_it():\n    return [request.remote_addr, request.user_agent.string, request.url]")
    served.client.environ_base.update({"REMOTE_ADDR": "192.168.0.22", "HTTP_USER_AGENT": "Foo"})
    served.app.config["SERVER_NAME"] = "example.com:1234"
    assert served.json("/it") == ["192.168.0.22", "Foo", "http://example.com:1234/it"]
    assert served.json("/it", url_scheme="https")[2] == "https://example.com:1234/it"


def test_a_prepared_environment(serve):
    served = serve("def get_it(item):\n    return [item, request.remote_addr]")
    builder = flask.testing.EnvironBuilder(served.app, path="/it/1")
    assert served.client.open(builder).json == ["1", "127.0.0.1"]
    assert served.client.open(builder.get_environ()).json == ["1", "127.0.0.1"]
