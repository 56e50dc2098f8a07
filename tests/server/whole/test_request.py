"""flask.request in handlers: each of its facts as the only thing that is asked for."""

from io import BytesIO
from urllib.parse import quote

import pytest

ASK = """
def post_ask(item, what):
    return eval(what)

def post_body(what, body):
    return [eval(what), body]
"""

QUERY = "x=1&x=2&y=a%20b"

OF_ANY = {
    "request.method": "POST",
    "request.path.startswith('/ask/a/b/request.path')": True,
    "request.url.startswith('http://shop.example.com/ask/a/b/')": True,
    "request.base_url.endswith('?')": False,
    "request.endpoint": "shop.post_ask",
    "request.blueprint": "shop",
    "request.blueprints": ["shop"],
    "request.url_rule.rule": "/ask/<item>/<what>",
    "request.url_rule.endpoint": "shop.post_ask",
    "request.view_args['item']": "a%2Fb",
    "request.routing_exception": None,
    "request.args['x']": "1",
    "request.args.getlist('x')": ["1", "2"],
    "request.args.get('y')": "a b",
    "request.args.to_dict(flat=False)['x']": ["1", "2"],
    "request.values['y']": "a b",
    "request.query_string.decode()": QUERY,
    "request.full_path.endswith(request.query_string.decode())": True,
    "request.host": "shop.example.com",
    "request.host_url": "http://shop.example.com/",
    "request.scheme": "http",
    "request.is_secure": False,
    "request.root_path": "",
    "request.script_root": "",
    "request.remote_addr": "127.0.0.1",
    "request.headers['X-Shop']": "seven",
    "request.headers.get('x-shop')": "seven",
    "'X-Shop' in request.headers": True,
    "request.cookies['theme']": "dark",
    "request.user_agent.string": "tests",
    "request.accept_mimetypes.best": "application/json",
    "request.accept_languages.best": "de",
    "request.if_none_match.contains('tag')": True,
    "request.authorization.username": "ann",
    "request.referrer": "http://elsewhere/",
    "request.environ['REQUEST_METHOD']": "POST",
    "request.get_data().decode()": "",
    "request.get_json(silent=True)": None,
    "request.is_json": False,
    "request.json_module is app.json": True,
    "request.max_content_length": 1048576,
    "type(request._get_current_object()) is app.request_class": True,
    "request._get_current_object() is request._get_current_object()": True,
    "request == request": True,
    "bool(request)": True,
    "isinstance(request, flask.Request)": True,
    "'POST' in repr(request)": True,
}

HEADERS = {
    "X-Shop": "seven",
    "Cookie": "theme=dark",
    "User-Agent": "tests",
    "Accept": "application/json",
    "Accept-Language": "de",
    "If-None-Match": '"tag"',
    "Authorization": "Basic YW5uOnNlY3JldA==",
    "Referer": "http://elsewhere/",
    "Host": "shop.example.com",
}


@pytest.fixture
def client(serve):
    return serve(ASK).app.test_client(use_cookies=False)


def test_each_alone(client):
    found = {
        what: client.post(f"/ask/a%2Fb/{quote(what, safe='')}?{QUERY}", headers=HEADERS).json
        for what in OF_ANY
    }
    assert found == OF_ANY


BODIES = (
    ("request.form['a']", {"data": {"a": "1"}}, "1"),
    ("request.form.getlist('a')", {"data": {"a": ["1", "2"]}}, ["1", "2"]),
    ("request.values['a']", {"data": {"a": "1"}}, "1"),
    ("request.content_type", {"data": {"a": "1"}}, "application/x-www-form-urlencoded"),
    ("request.content_length", {"data": {"a": "1"}}, 3),
    ("request.files['f'].filename", {"data": {"f": (BytesIO(b"hi"), "f.txt")}}, "f.txt"),
    ("request.files['f'].read().decode()", {"data": {"f": (BytesIO(b"hi"), "f.txt")}}, "hi"),
    ("request.form['a']", {"data": {"f": (BytesIO(b"hi"), "f.txt"), "a": "1"}}, "1"),
    ("request.mimetype", {"data": {"f": (BytesIO(b"hi"), "f.txt")}}, "multipart/form-data"),
    ("request.json", {"json": {"a": [1]}}, {"a": [1]}),
    ("request.get_json()", {"json": [1]}, [1]),
    ("request.is_json", {"json": 1}, True),
    ("request.data.decode()", {"data": b"raw", "content_type": "a/b"}, "raw"),
    ("request.get_data(as_text=True)", {"data": b"raw", "content_type": "a/b"}, "raw"),
    ("request.stream.read().decode()", {"data": b"raw", "content_type": "a/b"}, "raw"),
    ("request.mimetype_params['charset']", {"data": b"", "content_type": "a/b; charset=x"}, "x"),
)


def test_bodies_that_no_document_declares(client):
    for what, arguments, expected in BODIES:
        answer = client.post(f"/ask/1/{quote(what, safe='')}", **arguments)
        assert (what, answer.status_code, answer.json) == (what, 200, expected)


@pytest.mark.parametrize("what", ["request.json", "request.get_json()", "flask.json.loads(request.data)"])
def test_bodies_that_the_operation_read_first(client, what):
    assert client.post(f"/body/{quote(what, safe='')}", json={"a": 1}).json == [{"a": 1}, {"a": 1}]


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("request.form['missing']", 400),
        ("request.args['missing']", 400),
        ("request.files['missing']", 400),
        ("request.cookies['missing']", 400),
        ("request.json", 415),
    ],
)
def test_what_is_missing_is_the_clients_fault(client, what, status):
    answer = client.post(f"/ask/1/{quote(what, safe='')}", data="x", content_type="text/plain")
    assert (answer.status_code, answer.json["status"]) == (status, status)
    assert "missing" not in answer.json["error_description"]


def test_json_that_is_none(client):
    answer = client.post(
        f"/ask/1/{quote('request.json', safe='')}", data="{", content_type="application/json"
    )
    assert (answer.status_code, answer.json["error"]) == (400, "INVALID_PARAMETER")


def test_what_flask_reads_is_limited(client):
    answer = client.post(f"/ask/1/{quote('request.form', safe='')}", data={"a": "x" * 2**20})
    assert (answer.status_code, answer.json["error"]) == (413, "BODY_TOO_LARGE")


def test_a_request_class_of_the_service(serve):
    served = serve("""
        class Request(flask.Request):
            @property
            def tenant(self):
                return self.host.partition(".")[0]

            def on_json_loading_failed(self, error):
                return "nonsense"

        app.request_class = Request

        def post_tenant():
            return [request.tenant, request.json]
    """)
    answer = served.client.post("/tenant", base_url="http://acme.example.com", data="{",
                                content_type="application/json")  # fmt: skip
    assert answer.json == ["acme", "nonsense"]


@pytest.mark.parametrize(("host", "status"), [("good.example.com", 200), ("bad.example.com", 400)])
def test_trusted_hosts(serve, host, status):
    served = serve("""
        app.config["TRUSTED_HOSTS"] = [".example.com", "other"]
        app.config["TRUSTED_HOSTS"][0] = "good.example.com"

        def get_plain():
            return 1
    """)
    assert served.status("/plain", headers={"Host": host}) == status


def test_a_file_that_was_sent_is_closed_with_its_request(serve):
    served = serve("""
        def post_file():
            seen.append(request.files["f"])
            return request.files["f"].stream.closed
    """)
    assert served.client.post("/file", data={"f": (BytesIO(b"hi"), "f.txt")}).json is False
    (file,) = served.seen()
    assert file.stream.closed
