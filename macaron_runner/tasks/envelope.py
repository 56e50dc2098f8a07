"""What travels with a task: arguments as plain JSON, and back; models and dates come out as they went in.

    encode((Order(id=1), {"at": date(2026, 11, 22)}), "arguments")
    == {"$tuple": [{"$model": "shop.Order", "value": {"id": 1}}, {"at": {"$date": "2026-11-22"}}]}

Pure: the model classes are given by the caller. The caller's context travels beside the arguments, in a header of its
own. Not for sending (sending.queue).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Protocol, Self, TypeAlias, runtime_checkable
from uuid import UUID

from macaron_runner.context import Context
from macaron_runner.diagnostics import near_word

CONTEXT_HEADER: Final = "macaron_context"
"""The message header that carries the caller's context, as text: a broker and Celery look into what has parts."""

KEY_HEADER: Final = "macaron_key"
"""The message header that carries a call's own idempotency key."""


_DECODER: Final = json.JSONDecoder()


@runtime_checkable
class TravellingModel(Protocol):
    """What the envelope needs of a model (models.model.Model)."""

    __macaron_api__: str
    __macaron_name__: str

    def to_json(self) -> dict[str, Any]:
        """Return the model's JSON object."""
        ...

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Return the model that `to_json` wrote."""
        ...


FindModel: TypeAlias = Callable[[str, str], type[TravellingModel]]
"""(API, model name) -> class; raises LookupError, saying what is not there."""


class UndecodableEnvelope(Exception):
    """A message holds what this version of the service does not know: running it again would not help."""


def write_context(context: Context) -> str:
    """Return a context as its header holds it."""
    return json.dumps(context.to_json())


def read_context(header: object) -> Mapping[str, Any] | None:
    """Return what `Context.from_json` reads, of a header; None where that holds no context."""
    if not isinstance(header, str):
        return None
    try:
        read, _ = _DECODER.raw_decode(header)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def encode(value: Any, path: str) -> Any:
    """Return `value` as JSON. `path` names it in messages, as `argument "order"`.

    Raises TypeError for whatever would not come out of `decode` equal and of the same type.
    """
    try:
        return _encode(value, path)
    except RecursionError:
        raise TypeError(f"{path} contains itself, or is nested too deeply to travel to a worker") from None


def encode_call(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return a call's positional and keyword arguments as JSON. Raises TypeError, naming the argument."""
    positional = [encode(value, f"argument {number}") for number, value in enumerate(args, 1)]
    return positional, {name: encode(value, f'argument "{name}"') for name, value in kwargs.items()}


def decode(value: Any, find_model: FindModel) -> Any:
    """Return what `encode` was given, of JSON. Raises UndecodableEnvelope."""
    kind = type(value)
    if kind is list:
        return [decode(item, find_model) for item in value]
    if kind is not dict:
        return value
    tag = next(iter(value), "")
    if not tag.startswith("$"):
        return {key: decode(item, find_model) for key, item in value.items()}
    if tag not in _DECODERS:
        raise UndecodableEnvelope(f'the message holds a "{tag}", which this version of macaron does not know')
    try:
        return _DECODERS[tag](value, find_model)
    except (LookupError, TypeError, ValueError) as error:
        raise UndecodableEnvelope(f'the message holds a "{tag}" that cannot be read: {error}') from error


def as_written(value: Any) -> Any:
    """Return what `encode` made as people would write it down, without the marks of its types."""
    if isinstance(value, list):
        return [as_written(item) for item in value]
    if not isinstance(value, dict):
        return value
    tag = next(iter(value), "")
    if not tag.startswith("$"):
        return {key: as_written(item) for key, item in value.items()}
    return as_written(value.get("value") if tag == "$model" else value[tag])


def find_model_in(apis: Mapping[str, Any]) -> FindModel:
    """Return the FindModel that looks into the APIs of the active service (`Service.apis`)."""

    def find(api: str, name: str) -> type[TravellingModel]:
        if api not in apis:
            raise LookupError(f'there is no API "{api}" {near_word(api, apis)}'.rstrip())
        found: type[TravellingModel] | None = getattr(apis[api].model, name, None)
        if found is None:
            raise LookupError(f'API "{api}" has no model "{name}"')
        return found

    return find


_PLAIN: Final = (type(None), bool, int, float, str)


def _encode(value: Any, path: str) -> Any:
    # Exact types: a subclass (an enum, numpy's float) would come out as something else than went in.
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list:
        return [_encode(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if kind is dict:
        return _encode_dict(value, path)
    if kind in _ENCODERS:
        return _ENCODERS[kind](value)
    if kind in (tuple, set, frozenset):
        return {f"${kind.__name__}": [_encode(item, f"{path}[{index}]") for index, item in enumerate(value)]}
    if isinstance(value, TravellingModel) and not isinstance(value, type):
        return {
            "$model": f"{value.__macaron_api__}.{value.__macaron_name__}",
            "value": _encode(value.to_json(), path),
        }
    raise TypeError(
        f"{path} is of type {kind.__module__}.{kind.__qualname__}, which cannot travel to a worker; "
        f"pass {_instead_of(value)}"
    )


def _instead_of(value: Any) -> str:
    if isinstance(value, Enum):
        return "its value"
    if is_dataclass(value):
        return "its fields, as dataclasses.asdict() gives them, or a model"
    if isinstance(value, tuple):
        return "a plain tuple of it"
    return "JSON values, models of the service's APIs, dates and times, timedelta, UUID, Decimal, bytes, tuples or sets"


def _encode_dict(value: dict[Any, Any], path: str) -> dict[str, Any]:
    """Return a JSON object; a list of pairs in it where its keys could pass for marks, ours or kombu's."""
    if all(type(key) is str and not key.startswith("$") and key != "__type__" for key in value):
        return {key: _encode(item, f"{path}[{key!r}]") for key, item in value.items()}
    pairs = [
        [_encode(key, f"{path} key {key!r}"), _encode(item, f"{path}[{key!r}]")]
        for key, item in value.items()
    ]
    return {"$dict": pairs}


def _decode_model(value: dict[str, Any], find_model: FindModel) -> Any:
    api, _, name = value["$model"].rpartition(".")
    return find_model(api, name).from_json(decode(value["value"], find_model))


def _decode_dict(value: dict[str, Any], find_model: FindModel) -> dict[Any, Any]:
    return {decode(key, find_model): decode(item, find_model) for key, item in value["$dict"]}


def _collection(tag: str, kind: Callable[[list[Any]], Any]) -> Callable[[dict[str, Any], FindModel], Any]:
    return lambda value, find_model: kind(decode(value[tag], find_model))


def _scalar(tag: str, read: Callable[[Any], Any]) -> Callable[[dict[str, Any], FindModel], Any]:
    return lambda value, _: read(value[tag])


_ENCODERS: Final[Mapping[type, Callable[[Any], dict[str, Any]]]] = {
    datetime: lambda value: {"$datetime": value.isoformat()},
    date: lambda value: {"$date": value.isoformat()},
    time: lambda value: {"$time": value.isoformat()},
    timedelta: lambda value: {"$timedelta": [value.days, value.seconds, value.microseconds]},
    UUID: lambda value: {"$uuid": str(value)},
    Decimal: lambda value: {"$decimal": str(value)},
    bytes: lambda value: {"$bytes": base64.b64encode(value).decode("ascii")},
}

_DECODERS: Final[Mapping[str, Callable[[dict[str, Any], FindModel], Any]]] = {
    "$model": _decode_model,
    "$dict": _decode_dict,
    "$tuple": _collection("$tuple", tuple),
    "$set": _collection("$set", set),
    "$frozenset": _collection("$frozenset", frozenset),
    "$datetime": _scalar("$datetime", datetime.fromisoformat),
    "$date": _scalar("$date", date.fromisoformat),
    "$time": _scalar("$time", time.fromisoformat),
    "$timedelta": _scalar("$timedelta", lambda parts: timedelta(*parts)),
    "$uuid": _scalar("$uuid", UUID),
    "$decimal": _scalar("$decimal", Decimal),
    "$bytes": _scalar("$bytes", base64.b64decode),
}
