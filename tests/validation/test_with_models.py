"""The codecs with the models that the same API has: what a handler really gets and returns."""

from __future__ import annotations

import datetime
import io
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage

from macaron_runner.errors import BadResponse, InvalidParameter
from macaron_runner.models.build import build_models
from macaron_runner.openapi.operation import Api, Body, Content, Operation, Parameter, Response
from macaron_runner.validation.body import compile_body
from macaron_runner.validation.parameters import compile_parameters
from macaron_runner.validation.responses import compile_responses
from macaron_runner.validation.schema import Definitions

JSON = "application/json"
SCHEMAS: dict[str, Any] = {
    "Order": {
        "type": "object",
        "required": ["sku", "at"],
        "properties": {"sku": {"type": "string"}, "at": {"type": "string", "format": "date-time"}},
    },
    "Upload": {
        "type": "object",
        "properties": {"file": {"type": "string", "format": "binary"}, "note": {"type": "string"}},
    },
}
ORDER, UPLOAD = {"$ref": "#/$defs/Order"}, {"$ref": "#/$defs/Upload"}
OPERATION = Operation(
    "shop", "POST", "", "/orders", "create",
    (Parameter("since", "query", False, {"type": "string", "format": "date"}, "form", True),),
    Body(True, (Content(JSON, ORDER), Content("multipart/form-data", UPLOAD))),
    (Response("200", "", (Content(JSON, {"type": "array", "items": ORDER}),)),),
)  # fmt: skip
DEFINITIONS = Definitions(SCHEMAS)
MODELS = build_models(Api("shop", "Shop", "1", "", (OPERATION,), SCHEMAS, {}))
BODY = compile_body(OPERATION, DEFINITIONS, MODELS.adapt)


def test_a_body_is_a_model_and_models_are_an_answer() -> None:
    raw = b'{"sku": "a", "at": "2026-01-02T03:04:05Z"}'
    order = BODY(JSON, len(raw), lambda: raw)
    assert isinstance(order, MODELS["Order"])
    assert order.at == datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    encoder = compile_responses(OPERATION, DEFINITIONS, "enforce")
    assert encoder.encode([order], 200, JSON).startswith(b'[{"sku":"a","at":"2026-01-02T03:04:05')


@pytest.mark.parametrize("mode", ["enforce", "log", "none"])
def test_a_time_without_zone_is_utc_in_an_answer_however_it_came_there(mode: Any) -> None:
    naive = datetime.datetime(2026, 1, 2, 3, 4, 5)
    order = MODELS["Order"](sku="a", at=naive)
    assert order.at == naive.replace(tzinfo=datetime.UTC)
    order.at = naive
    answer = compile_responses(OPERATION, DEFINITIONS, mode).encode([order], 200, JSON)
    assert answer == b'[{"sku":"a","at":"2026-01-02T03:04:05Z"}]'


def test_parameters_are_what_their_format_says() -> None:
    decode = compile_parameters(OPERATION, DEFINITIONS, MODELS.adapt)
    assert decode({}, "since=2026-01-02", {}.get) == {"since": datetime.date(2026, 1, 2)}


@pytest.mark.parametrize("at", ["2016-12-31T23:59:60Z", "0000-01-01T00:00:00Z"])
def test_a_time_that_python_cannot_hold_is_the_clients_error(at: str) -> None:
    raw = f'{{"sku": "a", "at": "{at}"}}'.encode()
    with pytest.raises(InvalidParameter) as caught:
        BODY(JSON, len(raw), lambda: raw)
    assert [(one.location, one.pointer) for one in caught.value.errors] == [("body", "/at")]


def test_a_day_that_python_cannot_hold_is_told_with_its_parameter() -> None:
    decode = compile_parameters(OPERATION, DEFINITIONS, MODELS.adapt)
    with pytest.raises(InvalidParameter) as caught:
        decode({}, "since=0000-01-02", {}.get)
    assert [(one.location, one.pointer) for one in caught.value.errors] == [("query", "/since")]


def test_a_file_in_an_answer_is_a_bad_response() -> None:
    upload = MODELS["Upload"](file=FileStorage(io.BytesIO()))
    with pytest.raises(BadResponse):
        compile_responses(OPERATION, DEFINITIONS, "none").encode(upload, 200, JSON)


def test_a_file_reaches_the_model() -> None:
    raw = (
        b'--X\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n\xff\r\n'
        b'--X\r\nContent-Disposition: form-data; name="note"\r\n\r\nhi\r\n--X--\r\n'
    )
    upload = BODY("multipart/form-data; boundary=X", len(raw), lambda: raw)
    assert isinstance(upload, MODELS["Upload"])
    assert (upload.file.read(), upload.note) == (b"\xff", "hi")
