"""The JSON Schema of macaron.yaml, for editors: completion, documentation and checks while one types.

`python -m macaron_runner.configuration.schema` writes schemas/macaron.schema.json. Not used for validation.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema

from macaron_runner.configuration.frozen import FrozenMap
from macaron_runner.configuration.model import MacaronConfig
from macaron_runner.configuration.section import Section
from macaron_runner.configuration.shape import descriptions, every_section

FILE: Final = Path(__file__).parents[2] / "schemas" / "macaron.schema.json"
"""Where the schema lies in a checkout."""
_IGNORED: Final = {"^x-": {"description": "Kept and ignored."}}
_INTERPOLATED: Final = {"type": "string", "pattern": r"\$\{.+\}"}
_NARROW: Final = {"pattern", "enum", "const", "minimum", "maximum"}


def json_schema() -> dict[str, Any]:
    """Return the schema (JSON Schema 2020-12). A text with `${…}` fits wherever a scalar does."""
    schema = MacaronConfig.model_json_schema(schema_generator=_Generator)
    kinds = {kind.__name__: kind for kind in every_section()}
    for name, definition in [("MacaronConfig", schema), *schema["$defs"].items()]:
        _describe(definition, kinds[name])
    schema["$defs"]["Interpolated"] = _INTERPOLATED | {"description": "A text with a reference: ${NAME}."}
    # A file that stands on others may leave to them what must be said; of sections in it, that cannot be expressed.
    schema["if"] = {"not": {"required": ["extends"]}}
    schema["then"] = {"required": schema.pop("required")}
    head = {"$schema": GenerateJsonSchema.schema_dialect, "title": "macaron.yaml"}
    return {**head, **{key: value for key, value in schema.items() if key not in head}}


class _Generator(GenerateJsonSchema):
    """pydantic's generator without the titles that it makes of field names."""

    def field_title_should_be_set(self, _: Any) -> bool:
        """Never: a key's name is title enough."""
        return False

    def encode_default(self, default: Any) -> Any:
        """Return a default as JSON; pydantic's own way knows dict, not its subclasses."""
        return super().encode_default(dict(default) if isinstance(default, FrozenMap) else default)


def _describe(definition: dict[str, Any], section: type[Section]) -> None:
    """Complete the schema of one section in place."""
    texts = descriptions(section)
    definition["description"] = (section.__doc__ or "").strip()
    definition["patternProperties"] = _IGNORED
    definition.pop("title", None)
    for name, schema in definition["properties"].items():
        definition["properties"][name] = {"description": texts[name], **_relaxed(_with_good_default(schema))}


def _with_good_default(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without a default that no file could hold: nothing, or a duration as a number."""
    default = schema.get("default")
    bad = default is None or (schema.get("type") == "string" and not isinstance(default, str))
    return {key: value for key, value in schema.items() if not (key == "default" and bad)}


def _relaxed(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that a text with a reference also fits."""
    if "not" in schema or "$ref" in schema:
        return schema
    if "anyOf" in schema:
        arms = [_relaxed(arm) for arm in schema["anyOf"] if arm != {"type": "null"}]
        return {**schema, "anyOf": arms}
    if schema.get("type") in ("array", "object"):
        inner = [key for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)]
        return {**schema, **{key: _relaxed(schema[key]) for key in inner}}
    if schema.get("type") in ("integer", "number", "boolean") or _NARROW & schema.keys():
        narrow = {key: value for key, value in schema.items() if key != "default"}
        outside = {key: value for key, value in schema.items() if key == "default"}
        return {"anyOf": [narrow, {"$ref": "#/$defs/Interpolated"}], **outside}
    return schema


def render() -> str:
    """Return the schema as the text of schemas/macaron.schema.json."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(render(), "utf-8")
