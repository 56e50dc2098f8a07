import enum
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kombu.utils.json import dumps, loads

from macaron_runner.context import Context
from macaron_runner.tasks.envelope import (
    UndecodableEnvelope,
    as_written,
    decode,
    encode,
    encode_call,
    find_model_in,
    read_context,
    write_context,
)
from tests.tasks.recording import APIS, Parcel

FIND = find_model_in(APIS)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.dates()
    | st.datetimes(timezones=st.just(UTC) | st.none())
    | st.times()
    | st.timedeltas()
    | st.uuids()
    | st.decimals(allow_nan=False)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.sampled_from(["$model", "$dict", "__type__", "__value__"]), inner)
        | st.dictionaries(st.integers(), inner)
        | st.builds(Parcel, st.integers(), inner.filter(lambda value: isinstance(value, str | dict | list)))
    ),
    max_leaves=20,
)


def travel(value):
    """Encode, send as Celery's messages are, decode."""
    return decode(loads(dumps(encode(value, "it"))), FIND)


def same(left, right):
    """Tell whether two values are equal and of the same types all the way down."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(same(*pair) for pair in zip(left, right, strict=True))
    return left == right


@given(VALUES)
def test_what_goes_in_comes_out(value):
    assert same(travel(value), value)


@pytest.mark.parametrize(
    "value",
    [
        {1, 2},
        frozenset({"a"}),
        datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=2))),
        time(12, 30, 15, 7),
        -timedelta(days=3, microseconds=1),
        Decimal("1.10"),
        UUID("12345678123456781234567812345678"),
        b"\x00\xff",
        10**30,
        [Parcel(1), {"deep": (Parcel(2), [Parcel(3, {"$model": "not one"})])}],
        {"$model": "shop.Order", "value": {}},
        {"__type__": "datetime", "__value__": "2026"},
        {"": 1, "$": 2},
        {},
    ],
)
def test_particular_values(value):
    assert same(travel(value), value)


def test_the_form_that_travels():
    encoded = encode((Parcel(1), {"at": date(2026, 11, 22)}), "arguments")
    assert encoded == {
        "$tuple": [
            {"$model": "parcels.Parcel", "value": {"weight": 1, "label": None}},
            {"at": {"$date": "2026-11-22"}},
        ]
    }
    json.dumps(encoded)


class Colour(enum.StrEnum):
    RED = "red"


class Pair(NamedTuple):
    one: int
    two: int


@dataclass
class Box:
    inside: int


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (object(), 'argument "thing"'),
        ([1, {"a": object()}], r'argument "thing"\[1\]\[\'a\'\]'),
        (Colour.RED, 'argument "thing"'),
        (Parcel, 'argument "thing"'),
        (Parcel(1, Colour.RED), r'argument "thing"\[\'label\'\]'),
        ({Colour.RED: 1}, 'argument "thing" key'),
        (3j, 'argument "thing"'),
        (iter(()), 'argument "thing"'),
    ],
)
def test_anything_else_is_refused_with_its_path(value, path):
    pattern = f"^{path}.* cannot travel"
    with pytest.raises(TypeError, match=pattern):
        encode_call((), {"thing": value})


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        (Colour.RED, "pass its value$"),
        (Pair(1, 2), "pass a plain tuple of it$"),
        (Box(1), "dataclasses.asdict"),
    ],
)
def test_it_is_said_what_can_travel_instead(value, advice):
    with pytest.raises(TypeError, match=advice):
        encode_call((value,), {})


def test_positional_arguments_are_named_by_number():
    with pytest.raises(TypeError, match=r"^argument 2 is of type"):
        encode_call((1, object()), {})


def test_a_value_that_contains_itself_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(TypeError, match="contains itself"):
        encode(endless, "it")


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"$model": "parcels.Letter", "value": {}}, 'no model "Letter"'),
        ({"$model": "parcel.Parcel", "value": {}}, 'no API "parcel" did you mean "parcels"'),
        ({"$model": "parcels.Parcel", "value": {"height": 1}}, "height"),
        ({"$model": "parcels.Parcel"}, "value"),
        ({"$date": "soon"}, "soon"),
        ({"$future": 1}, "does not know"),
    ],
)
def test_what_this_version_does_not_know_is_undecodable(message, why):
    with pytest.raises(UndecodableEnvelope, match=why):
        decode([message], FIND)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ((date(2026, 11, 28), b"x", {Decimal("1.50")}), ["2026-11-28", "eA==", ["1.50"]]),
        ({"at": [Parcel(2, label=time(12))]}, {"at": [{"weight": 2, "label": "12:00:00"}]}),
        ({1: "one"}, [[1, "one"]]),
        ({"$model": 1}, [["$model", 1]]),
    ],
)
def test_values_as_people_write_them(value, shown):
    assert as_written(encode(value, "it")) == shown


def test_a_context_travels_as_text():
    here = Context(
        request_id="1", user_id="ä\ud800", claims={"n": 2**70, "": [None]}, deadline=1.5, token="t0ken"
    )
    header = write_context(here)
    assert Context.from_json(read_context(header)) == here._replace(token=None)
    assert "t0ken" not in header
    assert header.isascii()


@pytest.mark.parametrize(
    "header", [None, "", "{", "[]", "[" * 100_000, '"text"', b"{}", {"request_id": "1"}, 7]
)
def test_what_is_no_context_is_none(header):
    assert read_context(header) is None
