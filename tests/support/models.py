"""APIs made of schemas alone, and their models."""

from collections.abc import Mapping
from typing import Any

from macaron_runner.diagnostics import Location
from macaron_runner.models.build import Models, build_models
from macaron_runner.models.model import Model
from macaron_runner.openapi.operation import Api, Body, Content, Operation, Schema


def api_of(schemas: Mapping[str, Schema], *operations: Operation, name: str = "shop") -> Api:
    locations = {schema: Location("shop.yaml", line) for line, schema in enumerate(schemas, 1)}
    return Api(name, "", "", "", operations, schemas, {}, schema_locations=locations)


def models_of(schemas: Mapping[str, Schema], *operations: Operation, **options: Any) -> Models:
    return build_models(api_of(schemas, *operations), **options)


def posting(schema: dict[str, Any], *media_types: str, operation_id: str | None = "createOrder") -> Operation:
    """An operation with a body; each media type has a schema object of its own, as documents have."""
    content = tuple(Content(media_type, dict(schema)) for media_type in media_types or ("application/json",))
    return Operation("shop", "POST", "", "/orders", operation_id, (), Body(True, content), ())


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


def objects(**properties: Schema) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def tagged(tag: str, *names: str) -> dict[str, Any]:
    """The discriminator of a normalised schema, whose mapping is complete, in which each class goes by its name."""
    return {"discriminator": {"propertyName": tag, "mapping": {name: f"#/$defs/{name}" for name in names}}}


def check_same(made: Any, expected: Any) -> None:
    """Fail where two values of models differ in anything that pydantic keeps, the order of what it keeps included."""
    assert type(made) is type(expected)
    if isinstance(expected, Model):
        assert list(made.__dict__) == list(expected.__dict__)
        check_same(made.__dict__, expected.__dict__)
        check_same(made.__pydantic_extra__, expected.__pydantic_extra__)
        assert made.__pydantic_fields_set__ == expected.__pydantic_fields_set__
        assert made.__pydantic_private__ is expected.__pydantic_private__ is None
    elif isinstance(expected, dict):
        assert list(made) == list(expected)
        for name, value in expected.items():
            check_same(made[name], value)
    elif isinstance(expected, list | tuple):
        assert len(made) == len(expected)
        for one, other in zip(made, expected, strict=True):
            check_same(one, other)
    else:
        assert repr(made) == repr(expected)
