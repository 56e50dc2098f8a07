"""Operations as documents of each specification: every place, style, explode and kind of value it can describe.

Each operation has one parameter "color", or one body; with a document comes what may be sent, by operationId.
"""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from tests.support.codec import STYLES

VERSIONS: Final = ("2.0", "3.0", "3.1", "3.2")

_SURROGATES = st.characters(exclude_categories=["Cs"])
TEXT = st.text(_SURROGATES, max_size=6) | st.text(alphabet="a1,.;=&|%+[]{}/?#\"\\' \t-~é€", max_size=6)
INTEGERS = st.integers(-(2**53), 2**53)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=64)
SCALARS: Final[dict[str, tuple[dict[str, Any], Any]]] = {
    "string": ({"type": "string"}, TEXT),
    "integer": ({"type": "integer"}, INTEGERS),
    "number": ({"type": "number"}, NUMBERS),
    "boolean": ({"type": "boolean"}, st.booleans()),
    "date": ({"type": "string", "format": "date"}, st.dates()),
}
ARRAYS: Final = {
    f"array of {name}": ({"type": "array", "items": schema}, st.lists(values, max_size=4))
    for name, (schema, values) in SCALARS.items()
}
_MEMBERS = {"n": SCALARS["integer"], "text": SCALARS["string"], "ok": SCALARS["boolean"]}
OBJECTS: Final = {
    "object": (
        {"type": "object", "properties": {name: schema for name, (schema, _) in _MEMBERS.items()}},
        st.fixed_dictionaries({}, optional={name: values for name, (_, values) in _MEMBERS.items()}),
    )
}
KINDS: Final = {**SCALARS, **ARRAYS, **OBJECTS}

_COLLECTION_FORMATS: Final = {
    "query": ("csv", "ssv", "tsv", "pipes", "multi"),
    "path": ("csv", "ssv", "tsv", "pipes"),
    "header": ("csv", "ssv", "tsv", "pipes"),
}
_TREE = st.recursive(
    st.none() | st.booleans() | INTEGERS | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
_ORDER: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["sku"],
    "properties": {
        "sku": {"type": "string"},
        "qty": {"type": "integer"},
        "at": {"type": "string", "format": "date-time"},
        "id": {"type": "string", "format": "uuid"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "inner": {"type": "object", "properties": {"deep": {"type": "number"}}},
    },
}
_ORDERS = st.fixed_dictionaries(
    {"sku": TEXT},
    optional={
        "qty": INTEGERS,
        "at": st.datetimes(timezones=st.just(None)).map(lambda time: time.replace(microsecond=0)),
        "id": st.uuids(),
        "tags": st.lists(TEXT, max_size=3),
        "inner": st.fixed_dictionaries({}, optional={"deep": NUMBERS}),
    },
)
FORM_FIELDS: Final = {**SCALARS, "array of string": ARRAYS["array of string"]}
_FORM: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {name: schema for name, (schema, _) in FORM_FIELDS.items()},
}
_FORMS = st.fixed_dictionaries(
    {}, optional={name: values for name, (_, values) in FORM_FIELDS.items()}
).filter(bool)
FILE: Final = {"type": "string", "format": "binary"}
_FILES = st.fixed_dictionaries(
    {"file": st.binary(max_size=40)},
    optional={"note": TEXT, "sizes": st.lists(INTEGERS, min_size=1, max_size=3)},
)

BODIES: Final[dict[str, tuple[str, Any, Any]]] = {
    "json": ("application/json", {}, _TREE.filter(lambda value: value is not None)),
    "order": ("application/json", _ORDER, _ORDERS),
    "suffixed": ("application/vnd.shop+json", _ORDER, _ORDERS),
    "form": ("application/x-www-form-urlencoded", _FORM, _FORMS),
    "multipart": (
        "multipart/form-data",
        {
            "type": "object",
            "properties": {
                "file": FILE,
                "note": {"type": "string"},
                "sizes": {"type": "array", "items": {"type": "integer"}},
            },
        },
        _FILES,
    ),
    "text": ("text/plain", {"type": "string"}, TEXT.filter(bool)),
    "bytes": (
        "application/octet-stream",
        {"type": "string", "format": "binary"},
        st.binary(min_size=1, max_size=40),
    ),
    "lines": (
        "application/jsonl",
        {"type": "array", "items": _ORDER},
        st.lists(_ORDERS, min_size=1, max_size=3),
    ),
}
"""By name: media type, schema, values."""


def document(version: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a document of a specification, and by operationId the values that may be sent."""
    paths: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for name, (parameter, drawn) in _parameters(version).items():
        path = f"/{name}/{{color}}" if parameter["in"] == "path" else f"/{name}"
        method = "get"
        paths[path] = {method: _operation(version, name, {"parameters": [parameter]})}
        values[name] = drawn
    for name, (media_type, schema, drawn) in BODIES.items():
        described = _body(version, media_type, schema)
        if described is not None:
            paths[f"/body_{name}"] = {"post": _operation(version, f"body_{name}", described)}
            values[f"body_{name}"] = drawn
    head = {"swagger": "2.0"} if version == "2.0" else {"openapi": f"{version}.0"}
    return {**head, "info": {"title": "echo", "version": "1"}, "paths": paths}, values


def _operation(version: str, name: str, described: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "heard"}
    if version == "2.0":
        answer["schema"] = {}
        described = {"produces": ["application/json"], **described}
    else:
        answer["content"] = {"application/json": {"schema": {}}}
    bound = {"operationId": name, "x-bind-server": "echo_handlers.hear", "responses": {"200": answer}}
    return {**bound, **described}


def _parameters(version: str) -> dict[str, tuple[dict[str, Any], Any]]:
    if version == "2.0":
        return dict(_of_swagger())
    found: dict[str, tuple[dict[str, Any], Any]] = {}
    for location, styles in STYLES.items():
        for style in styles:
            if style == "tabDelimited" or (style == "cookie" and version != "3.2"):
                continue
            for explode in (False, True):
                for kind, (schema, values) in _kinds_of(style, explode).items():
                    way = f"{location}_{style.lower()}{'_exploded' if explode else ''}"
                    name = f"{way}_{kind.replace(' ', '_')}"
                    parameter = {
                        "name": "color", "in": location, "required": True,
                        "style": style, "explode": explode, "schema": schema,
                    }  # fmt: skip
                    found[name] = (parameter, values)
        content = {"application/json": {"schema": {}}}
        found[f"{location}_content"] = (
            {"name": "color", "in": location, "required": True, "content": content},
            _TREE.filter(lambda value: value is not None),
        )
    return found


def _kinds_of(style: str, explode: bool) -> dict[str, tuple[dict[str, Any], Any]]:
    if style == "deepObject":
        return OBJECTS if explode else {}
    if style in {"spaceDelimited", "pipeDelimited"}:
        return {**ARRAYS, **OBJECTS} if not explode else {}
    return KINDS


def _of_swagger() -> Any:
    for location, formats in _COLLECTION_FORMATS.items():
        for kind, (schema, values) in SCALARS.items():
            described = {"name": "color", "in": location, "required": True, **schema}
            yield f"{location}_{kind}", (described, values)
        for collection_format in formats:
            for kind, (schema, values) in ARRAYS.items():
                described = {"name": "color", "in": location, "required": True, **schema}
                described["collectionFormat"] = collection_format
                yield f"{location}_{collection_format}_{kind.replace(' ', '_')}", (described, values)


def _body(version: str, media_type: str, schema: Any) -> dict[str, Any] | None:
    if version != "2.0":
        return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}
    if media_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        fields = [
            {
                "name": name,
                "in": "formData",
                **({"type": "file"} if member == FILE else member),
                **_multi(member),
            }
            for name, member in schema["properties"].items()
        ]
        return {"consumes": [media_type], "parameters": fields}
    if schema.get("format") == "binary" or media_type == "application/jsonl":
        return None
    return {
        "consumes": [media_type],
        "parameters": [{"name": "order", "in": "body", "required": True, "schema": schema}],
    }


def _multi(schema: Any) -> dict[str, Any]:
    return {"collectionFormat": "multi"} if schema.get("type") == "array" else {}
