"""A mock speaks for its document in errors, too: a request it refuses is answered as the document describes."""

import pytest

DOCUMENT = """
paths:
  /things/{thing}:
    get:
      operationId: get_thing
      parameters:
        - {name: thing, in: path, required: true, schema: {type: integer}}
        - {name: page, in: query, schema: {type: integer}}
      responses:
        "200": {description: fine, content: {application/json: {schema: {type: integer}}}}
        RESPONSES
"""

FAULT = "{required: [fault], properties: {fault: {enum: [bad]}}}"
THEIRS = f"{{description: no, content: {{application/json: {{schema: {FAULT}}}}}}}"
OURS = "{description: no, content: {application/json: {schema: {type: object, required: [error_id]}}}}"
TEXT = "{description: no, content: {text/plain: {schema: {type: string}, example: bad}}}"


@pytest.fixture
def client_of(folder):
    """Give a function that returns a client of a mocked document with some more responses."""

    def make(responses: str):
        folder.write({"shop.yaml": DOCUMENT.replace("RESPONSES", responses), "shop_handlers.py": ""})
        return folder.app("apis.shop.on_missing_handler=mock").test_client()

    return make


@pytest.mark.parametrize("status", ['"400"', "4XX", "default"])
def test_as_the_document_describes(client_of, status):
    answer = client_of(f"{status}: {THEIRS}").get("/things/x")
    assert (answer.status_code, answer.json) == (400, {"fault": "bad"})
    assert answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (THEIRS, {"fault": "bad"}),
        (OURS, {"status": 422, "error": "INVALID_PARAMETER"}),
        ("{description: no}", {}),
    ],
)
def test_with_the_status_it_describes(client_of, response, said):
    answer = client_of(f'"422": {response}').get("/things/x")
    assert answer.status_code == 422
    assert (answer.json if answer.data else {}).items() >= said.items()


def test_in_the_media_type_it_describes(client_of):
    answer = client_of(f'"400": {TEXT}').get("/things/x")
    assert (answer.status_code, answer.mimetype, answer.text) == (400, "text/plain", "bad")


def test_in_the_media_type_it_describes_although_our_form_would_fit(client_of):
    answer = client_of(f'"400": {OURS.replace("application/json", "application/problem+json")}').get(
        "/things/x"
    )
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert list(answer.json) == ["error_id"]


@pytest.mark.parametrize("responses", ["", f'"400": {OURS}', f'"404": {THEIRS}', '"400": {description: no}'])
def test_in_our_form_where_nothing_speaks_against_it(client_of, responses):
    answer = client_of(responses).get("/things/x")
    assert (answer.status_code, answer.json["error"]) == (400, "INVALID_PARAMETER")


def test_who_speaks_to_the_mock_is_told_what_is_wrong(client_of):
    answer = client_of(f"default: {THEIRS}").get("/things/1", headers={"Prefer": "code=9"})
    assert "Prefer" in answer.json["error_description"]


def test_what_is_right_is_answered_as_ever(client_of):
    assert client_of(f"default: {THEIRS}").get("/things/1").json == 1
