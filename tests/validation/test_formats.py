"""Formats are asserted, alike in every version of a document; a service adds its own."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from macaron_runner.configuration.model import Format
from macaron_runner.openapi.operation import Api
from macaron_runner.validation.formats import own_formats
from macaron_runner.validation.schema import Definitions
from tests.support.versions import VERSIONS, api_of

TEXTS: dict[str, tuple[list[str], list[str]]] = {
    "date-time": (
        [
            "2026-11-22T10:20:30Z",
            "2026-11-22t10:20:30.123z",
            "2026-11-22T10:20:30-01:30",
            "2016-12-31T23:59:60Z",
        ],
        [
            "2026-11-22T10:20:30",
            "2026-11-22 10:20:30Z",
            "2026-02-29T00:00:00Z",
            "2026-11-22",
            "2026-11-22T24:00:00Z",
        ],
    ),
    "date": (["2026-11-22", "2024-02-29"], ["2026-11-31", "26-11-22", "2026-11-22T00:00:00Z", "20261122"]),
    "time": (["10:20:30Z", "10:20:30.5+01:00"], ["10:20:30", "10:20Z", "25:00:00Z"]),
    "duration": (["P1DT12H", "PT0.5S".replace("0.5", "5"), "P4W"], ["P", "1D", "P1D2H", "PT"]),
    "uuid": (
        ["2eb8aa08-aa98-11ea-b4aa-73b441d16380"],
        ["2eb8aa08aa9811eab4aa73b441d16380", "2eb8aa08-aa98", ""],
    ),
    "email": (
        ["ann@example.com", "ann+orders@example.com"],
        ["ann", "@example.com", "ann@", "änn@example.com"],
    ),
    "idn-email": (["änn@example.com"], ["änn"]),
    "hostname": (["example.com", "a-b.c"], ["-a.com", "a_b.com", "a" * 64 + ".com", ""]),
    "ipv4": (["192.0.2.1"], ["192.0.2.256", "192.0.2", "192.0.02.1"]),
    "ipv6": (["::1", "2001:db8::192.0.2.1"], [":::", "12345::", "fe80::1%eth0"]),
    "uri": (["https://example.com/a?b#c", "urn:a:b"], ["/a", "https://example.com/a b", "//example.com"]),
    "uri-reference": (["/a", "#b", ""], ["\\\\a", "#a b"]),
    "iri": (["https://exämple.com/ä"], ["/ä"]),
    "uri-template": (["/a/{b}"], ["/a/{b"]),
    "json-pointer": (["", "/a~1b/0"], ["a", "/a~2"]),
    "regex": (["^a(b|c)$"], ["^a(b|c$"]),
    "byte": (["", "YQ==", "YWJj"], ["YQ", "YQ=", "Y Q==", "YQ==YQ==", "-_==", "ä"]),
    "password": (["anything", ""], []),
    "no-such-format": (["anything", ""], []),
}

INT64 = 2**63
SINGLE, DOUBLE = 3.4028234663852886e38, 1.7976931348623157e308
NUMBERS: dict[tuple[str, str], tuple[list[Any], list[Any]]] = {
    ("integer", "int32"): ([2**31 - 1, -(2**31), 1.0], [2**31, -(2**31) - 1, 1.5, True, "1"]),
    ("integer", "int64"): ([INT64 - 1, -INT64], [INT64, -INT64 - 1, 10**30]),
    ("integer", "uint8"): ([0, 255], [-1, 256]),
    ("integer", "no-such-format"): ([10**30], [1.5]),
    ("number", "float"): ([SINGLE, -SINGLE, 1], [1e39, -1e39, True]),
    ("number", "double"): ([DOUBLE, 1], [10**400, -(10**400), "1"]),
}


def check_of(api: Api, formats: Any = None) -> Any:
    definitions = Definitions(api.schemas) if formats is None else Definitions(api.schemas, formats)
    return definitions.check({"$ref": "#/$defs/X"}, "request")


@pytest.mark.parametrize("version", VERSIONS)
def test_formats_of_texts(tmp_path: Path, version: str) -> None:
    for name, (good, bad) in TEXTS.items():
        check = check_of(api_of(tmp_path, version, {"X": {"type": "string", "format": name}}))
        assert [text for text in good if not check.valid(text)] == [], name
        assert [text for text in bad if check.valid(text)] == [], name


@pytest.mark.parametrize("version", VERSIONS)
def test_formats_of_numbers(tmp_path: Path, version: str) -> None:
    for (kind, name), (good, bad) in NUMBERS.items():
        check = check_of(api_of(tmp_path, version, {"X": {"type": kind, "format": name}}))
        assert [value for value in good if not check.valid(value)] == [], name
        assert [value for value in bad if check.valid(value)] == [], name


def test_base64_is_said_as_each_version_says_it(tmp_path: Path) -> None:
    check = check_of(api_of(tmp_path, "3.1", {"X": {"type": "string", "contentEncoding": "base64"}}))
    assert check.valid("YQ==")
    assert [detail.message for detail in check.problems("YQ")] == ['is not base64: "YQ"']


def is_iban(text: str) -> bool:
    return int("".join(str(int(each, 36)) for each in text[4:] + text[:4])) % 97 == 1


def stumbles(text: str) -> bool:
    return {"good": True}[text]


OWN = own_formats(
    {
        "currency": Format(pattern="^[A-Z]{3}$"),
        "iban": Format(check="shop:is_iban", pattern="^[A-Z]{2}"),
        "stumbling": Format(check="shop:stumbles"),
    },
    {"iban": is_iban, "stumbling": stumbles},
)


@pytest.mark.parametrize("version", VERSIONS)
def test_own_formats(tmp_path: Path, version: str) -> None:
    schema = {
        "properties": {
            "currency": {"type": "string", "format": "currency", "pattern": "U", "maxLength": 3},
            "iban": {"type": "string", "format": "iban"},
        }
    }
    check = check_of(api_of(tmp_path, version, {"X": schema}), OWN)
    assert check.valid({"currency": "EUR", "iban": "GB82WEST12345698765432"})
    found = {(each.pointer, each.message) for each in check.problems({"currency": "eUr", "iban": "12"})}
    assert found == {
        ("/currency", 'does not match "^[A-Z]{3}$": "eUr"'),
        ("/iban", 'is not a valid iban: "12"'),
        ("/iban", 'does not match "^[A-Z]{2}": "12"'),
    }
    assert not check.valid({"currency": "CHF"})  # the schema's own pattern
    assert not check.valid({"iban": "GB82WEST12345698765431"})
    assert not check.valid({"iban": "GB82 WEST"})  # int() raises ValueError


def test_a_function_that_stumbles_refuses_the_value_and_is_heard_of(caplog: pytest.LogCaptureFixture) -> None:
    check = Definitions({}, OWN).check({"format": "stumbling"}, "request")
    with caplog.at_level(logging.ERROR, "macaron"):
        assert check.valid("good")
        assert not caplog.records
        assert not check.valid("bad")
    assert 'the check of the format "stumbling" failed' in caplog.text
    assert "KeyError" in caplog.text


def test_other_values_have_no_format() -> None:
    check = Definitions({}, OWN).check({"items": {"format": "iban"}}, "request")
    assert check.valid([1, None, {}, [], True])
