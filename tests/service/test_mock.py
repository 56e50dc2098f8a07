"""`macaron mock`: documents served alone, over a real socket, with none of a service's code."""

from __future__ import annotations

import base64
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from macaron_runner.openapi.api import read_api
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.operation import Operation
from macaron_runner.validation.responses import compile_responses
from tests.support.service import ROOT, RunningService

pytestmark = pytest.mark.service

DOCUMENT = """\
openapi: 3.0.3
info: {title: Locks, version: "2"}
servers: [{url: https://example.com/v2}]
paths:
  /ping:
    get: {operationId: os.getcwd, responses: {"200": {description: mine, content: {text/plain: {example: pong}}}}}
  /token: {get: {security: [{token: [doors:open]}], responses: &fine {"204": {description: fine}}}}
  /basic: {get: {security: [{basic: []}], responses: *fine}}
  /key: {get: {security: [{key: []}], responses: *fine}}
  /both: {get: {security: [{basic: [], key: []}, {token: []}], responses: *fine}}
  /maybe: {get: {security: [{token: []}, {}], responses: *fine}}
  /parent: {get: {x-bind-server: no.such.module, responses: {"200": {$ref: "#/components/responses/Parent"}}}}
components:
  securitySchemes:
    token: {type: oauth2, flows: {clientCredentials: {tokenUrl: https://example.com, scopes: {"doors:open": Open}}}}
    basic: {type: http, scheme: basic}
    key: {type: apiKey, in: query, name: api key}
  schemas:
    Parent: {type: object, x-parent: no.such.Class, required: [children], properties: {children: {type: integer}}}
  responses:
    Parent: {description: a model, content: {application/json: {schema: {$ref: "#/components/schemas/Parent"}}}}
"""


@pytest.fixture(scope="module")
def locks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    document = tmp_path_factory.mktemp("documents") / "locks and doors.yaml"
    document.write_text(DOCUMENT)
    with RunningService(document, verb="mock", ready_path="/health/ready") as service:
        yield service


def test_it_says_what_it_serves(locks: RunningService) -> None:
    assert (
        f"macaron: 7 operations of Locks 2 ({locks.file}) on http://127.0.0.1:{locks.port}/v2\n" in locks.log
    )


def test_only_the_document_is_served_and_no_code_is_run(locks: RunningService) -> None:
    assert locks.request("GET", "/v2/ping").text == "pong"
    assert locks.request("GET", "/ping").status == 404
    assert locks.request("GET", "/v2/parent").json() == {"children": 1}


BASIC = {"Authorization": f"Basic {base64.b64encode(b'ada:secret').decode()}"}


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v2/token", {}, 401),
        ("/v2/token", {"Authorization": "Bearer whatever"}, 204),
        ("/v2/token", BASIC, 401),
        ("/v2/basic", {}, 401),
        ("/v2/basic", BASIC, 204),
        ("/v2/basic", {"Authorization": "Bearer whatever"}, 401),
        ("/v2/key", {}, 401),
        ("/v2/key?api%20key=", {}, 401),
        ("/v2/key?api%20key=no+token", {}, 204),
        ("/v2/both", BASIC, 401),
        ("/v2/both?api+key=1", BASIC, 204),
        ("/v2/both", {"Authorization": "Bearer whatever"}, 204),
        ("/v2/maybe", {}, 204),
    ],
)
def test_credentials_are_asked_for_and_believed(
    locks: RunningService, path: str, headers: dict[str, str], status: int
) -> None:
    answer = locks.request("GET", path, headers)
    assert answer.status == status
    assert ("www-authenticate" in answer.headers) == (status == 401)


def test_basic_is_asked_for_by_its_name(locks: RunningService) -> None:
    assert locks.request("GET", "/v2/basic").headers["www-authenticate"] == 'Basic realm="mock"'


SAMPLES = ("helloworld", "shop")


@pytest.mark.parametrize("name", SAMPLES)
def test_every_answer_of_the_sample_documents_fits(name: str) -> None:
    file = ROOT / f"sample_services/{name}/apis/{name}.yaml"
    api = read_api(read_document(file), name)
    arguments = () if name == "shop" else ("--base-path", "/other")
    base_path = api.base_path if name == "shop" else "/other"
    with RunningService(file, *arguments, verb="mock", ready_path="/health/ready") as service:
        for operation in (each for each in api.operations if each.body is None and not each.parameters):
            assert_every_answer_fits(service, operation, base_path, api.schemas)
        assert service.stop(signal.SIGINT) == 0


def assert_every_answer_fits(
    service: RunningService, operation: Operation, base_path: str, schemas: object
) -> None:
    encoder = compile_responses(operation, schemas, "enforce")
    for response in (each for each in operation.responses if each.status.isdigit()):
        for dynamic in ("false", "true"):
            headers = {"Prefer": f"code={response.status}, dynamic={dynamic}", "Authorization": "Bearer x"}
            answer = service.request(operation.method, base_path + operation.path, headers)
            assert answer.status == int(response.status), answer.text
            assert answer.headers["preference-applied"] == headers["Prefer"]
            if response.content:
                encoder.encode(answer.json(), answer.status, answer.headers["content-type"])


def test_several_documents_are_served_together(tmp_path: Path) -> None:
    other = tmp_path / "locks.yaml"
    other.write_text(DOCUMENT)
    with RunningService(
        "sample_services/shop/apis/shop.yaml", str(other), verb="mock", ready_path="/v2/ping"
    ) as service:
        assert service.log.count("operations of ") == 2
        assert service.request("GET", "/v2/basic").status == 401
