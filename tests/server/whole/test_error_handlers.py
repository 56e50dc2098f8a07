"""Error handlers: by class and by status, the nearest first, of the application and of a blueprint."""

import pytest

CODE = """
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, InternalServerError, NotFound
from macaron_runner import InvalidParameter, MacaronError

class Parent(Exception):
    pass

class Child(Parent):
    pass

class ForbiddenChild(Forbidden):
    pass

class Both(Child, KeyError):
    pass

class Sold(MacaronError):
    code, status = "SOLD", 409

KINDS = {kind.__name__: kind for kind in (Parent, Child, Both, ForbiddenChild, Forbidden, NotFound, KeyError, Sold,
                                          InternalServerError, InvalidParameter)}

def get_fail(kind):
    raise KINDS[kind]

def get_abort(status):
    flask.abort(int(status))

def post_body(body):
    return body

def get_form():
    return request.form["missing"]

def get_plain():
    return 1

def told(name):
    def on_error(error):
        original = getattr(error, "original_exception", None)
        return f"{name} {type(error).__name__} {type(original).__name__ if original else '-'}", 299
    return on_error
"""


def handlers(*kinds, where="app"):
    return "".join(f"\n{where}.register_error_handler({kind}, told({kind!r}))" for kind in kinds)


@pytest.mark.parametrize(
    ("registered", "path", "expected"),
    [
        (["Parent"], "/fail/Parent", "Parent Parent -"),
        (["Parent"], "/fail/Child", "Parent Child -"),
        (["Parent", "Child"], "/fail/Child", "Child Child -"),
        (["Child", "Parent"], "/fail/Parent", "Parent Parent -"),
        (["KeyError", "Exception"], "/fail/Both", "KeyError Both -"),
        (["KeyError", "Parent"], "/fail/Both", "Parent Both -"),
        (["Exception"], "/fail/Child", "Exception Child -"),
        (["403"], "/fail/Forbidden", "403 Forbidden -"),
        (["403"], "/fail/ForbiddenChild", "403 ForbiddenChild -"),
        (["403", "ForbiddenChild"], "/fail/ForbiddenChild", "ForbiddenChild ForbiddenChild -"),
        (["403", "ForbiddenChild"], "/abort/403", "403 Forbidden -"),
        (["HTTPException", "403"], "/abort/403", "403 Forbidden -"),
        (["HTTPException"], "/abort/418", "HTTPException ImATeapot -"),
        (["HTTPException"], "/nowhere", "HTTPException NotFound -"),
        (["404"], "/nowhere", "404 NotFound -"),
        (["NotFound"], "/nowhere", "NotFound NotFound -"),
        (["Exception"], "/nowhere", "Exception NotFound -"),
        (["405"], "/body", "405 MethodNotAllowed -"),
        (["500"], "/fail/KeyError", "500 InternalServerError KeyError"),
        (["InternalServerError"], "/fail/Child", "InternalServerError InternalServerError Child"),
        (["HTTPException"], "/fail/Child", "HTTPException InternalServerError Child"),
        (["500"], "/abort/500", "500 InternalServerError -"),
        (["500"], "/fail/InternalServerError", "500 InternalServerError -"),
        (["500", "Exception"], "/fail/Child", "Exception Child -"),
        (["KeyError", "500"], "/fail/Child", "500 InternalServerError Child"),
        (["Sold"], "/fail/Sold", "Sold Sold -"),
        (["MacaronError"], "/fail/Sold", "MacaronError Sold -"),
        (["InvalidParameter"], "/fail/InvalidParameter", "InvalidParameter InvalidParameter -"),
        (["MacaronError", "Sold", "Exception"], "/fail/Sold", "Sold Sold -"),
        (["400"], "/form", "400 BadRequestKeyError -"),
        (["BadRequest"], "/form", "BadRequest BadRequestKeyError -"),
        (["KeyError"], "/form", "KeyError BadRequestKeyError -"),
    ],
)
def test_the_nearest_answers(serve, registered, path, expected):
    served = serve(CODE + handlers(*registered))
    answer = served.client.get(path)
    assert (answer.status_code, answer.text) == (299, expected)
    assert served.json("/plain") == 1


@pytest.mark.parametrize("kind", ["InvalidParameter", "MacaronError", "Exception"])
def test_what_macaron_refuses_can_be_handled(serve, kind):
    served = serve(CODE + handlers(kind))
    answer = served.client.post("/body", data="{", content_type="application/json")
    assert (answer.status_code, answer.text) == (299, f"{kind} InvalidParameter -")


@pytest.mark.parametrize(
    ("registered", "path", "status"),
    [(["KeyError"], "/fail/Child", 500), (["403"], "/abort/404", 404), (["404"], "/fail/Sold", 409),
     (["500"], "/abort/404", 404), (["HTTPException"], "/fail/Sold", 409)],
)  # fmt: skip
def test_others_are_answered_as_ever(serve, registered, path, status):
    served = serve(CODE + handlers(*registered))
    answer = served.client.get(path)
    assert (answer.status_code, answer.json["status"]) == (status, status)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/fail/Child", "Child"), ("/abort/403", "403"), ("/fail/Forbidden", "403"), ("/in-blueprint", "403")],
)
def test_a_blueprint_has_its_own(serve, path, expected):
    served = serve(
        CODE
        + "\nblueprint = flask.Blueprint('shop', __name__)"
        + "\nblueprint.add_url_rule('/in-blueprint', view_func=lambda: flask.abort(403), endpoint='view')"
        + handlers("Child", "403", where="blueprint")
        + "\napp.register_blueprint(blueprint)"
        + "\napp.register_error_handler(Exception, told('app'))"
    )
    assert served.client.get(path).text.startswith(expected)
    assert served.client.get("/nowhere").text.startswith("app NotFound")


def test_handlers_of_a_blueprint_for_all(serve):
    served = serve(
        CODE
        + "\nblueprint = flask.Blueprint('other', __name__)"
        + "\nblueprint.app_errorhandler(404)(told('404'))"
        + "\napp.register_blueprint(blueprint)"
    )
    assert served.client.get("/nowhere").text == "404 NotFound -"


@pytest.mark.parametrize(
    "way", ["g.said", "session['said']", "request.path", "flask.url_for('shop.get_plain')"]
)
def test_a_handler_has_the_request(serve, way):
    served = serve(f"""
        app.secret_key = "for these tests"

        @app.before_request
        def before():
            g.said = session["said"] = "/plain"

        @app.errorhandler(404)
        @app.errorhandler(ZeroDivisionError)
        def on_error(error):
            return {{"said": {way}}}, 299

        def get_fails():
            raise ZeroDivisionError

        def get_plain():
            return 1
    """)
    for path in ("/fails", "/nowhere"):
        said = path if way == "request.path" else "/plain"
        assert served.json(path) == {"said": said}


@pytest.mark.parametrize("way", ["request.path", "flask.url_for('shop.get_fails')"])
def test_only_the_error_handler_needs_flask(serve, way):
    served = serve(f"""
        @app.errorhandler(ZeroDivisionError)
        def on_error(error):
            return {{"said": {way}}}

        def get_fails():
            raise ZeroDivisionError
    """)
    assert served.json("/fails") == {"said": "/fails"}


def test_hooks_change_what_an_error_handler_answers(serve):
    served = serve("""
        @app.errorhandler(500)
        def on_error(error):
            return "sorry", 500

        @app.after_request
        def after(response):
            response.mimetype = "text/x-special"
            return response

        def get_fails():
            raise ZeroDivisionError
    """)
    answer = served.client.get("/fails")
    assert (answer.status_code, answer.text, answer.mimetype) == (500, "sorry", "text/x-special")


@pytest.mark.parametrize("stage", ["before_request", "after_request"])
def test_errors_of_hooks_are_handled_too(serve, stage):
    argument = "response" if stage == "after_request" else ""
    served = serve(f"""
        @app.{stage}
        def hook({argument}):
            raise ZeroDivisionError

        @app.errorhandler(500)
        def on_error(error):
            return "sorry", 500

        def get_plain():
            return 1
    """)
    assert served.client.get("/plain").text == "sorry"


def test_a_handler_may_be_a_coroutine(serve):
    served = serve("""
        @app.errorhandler(ZeroDivisionError)
        async def on_error(error):
            return request.path, 412

        async def get_fails():
            raise ZeroDivisionError
    """)
    answer = served.client.get("/fails")
    assert (answer.status_code, answer.text) == (412, "/fails")


@pytest.mark.parametrize("setting", ["TESTING", "DEBUG", "PROPAGATE_EXCEPTIONS"])
def test_errors_propagate_where_a_service_wants_it(serve, setting):
    served = serve(
        CODE + "\n@app.teardown_request\ndef teardown(error):\n    seen.append(type(error).__name__)"
    )
    served.app.config[setting] = True
    with pytest.raises(KeyError):
        served.status("/fail/KeyError")
    assert served.seen() == ["KeyError"]
    assert served.status("/fail/Sold") == 409
    assert served.status("/abort/404") == 404
    assert served.json("/plain") == 1


@pytest.mark.parametrize(
    ("setting", "path", "kind"),
    [
        ("TRAP_HTTP_EXCEPTIONS", "/abort/404", "NotFound"),
        ("TRAP_BAD_REQUEST_ERRORS", "/form", "BadRequestKeyError"),
    ],
)
def test_errors_may_be_trapped(serve, setting, path, kind):
    served = serve(CODE + handlers("500"))
    served.app.config[setting] = True
    answer = served.client.get(path)
    assert (answer.status_code, answer.text) == (299, f"500 InternalServerError {kind}")


@pytest.mark.parametrize("given", ["Parent()", "list", "999"])
def test_what_cannot_be_handled(serve, given):
    served = serve(CODE)
    kind = eval(given, {"Parent": served.module.Parent})
    with pytest.raises((TypeError, ValueError)):
        served.app.register_error_handler(kind, len)
