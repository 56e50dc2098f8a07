"""The value types of macaron.yaml: durations, sizes, numbers, names. Pure; no file is read here.

Each refuses with a phrase that completes "<key> must be …, not <value>"; the sentence is made in problems.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from macaron_runner.configuration.frozen import freeze
from macaron_runner.configuration.sensitive import Sensitive, encode_secrets, encode_urls, hide, hide_password

__all__ = [
    "BasePath",
    "Degrees",
    "DnsLabel",
    "DottedName",
    "Duration",
    "Flag",
    "Form",
    "FreeList",
    "FreeMap",
    "FunctionName",
    "Later",
    "Name",
    "NotYet",
    "PathText",
    "PositiveDuration",
    "Relative",
    "Sensitive",
    "SensitiveUrl",
    "Share",
    "Size",
    "TaskPattern",
    "VariableName",
    "Whole",
    "parse_duration",
    "parse_size",
]

_DURATION: Final = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)(ms|s|m|h|d)")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SIZE: Final = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)(B|kB|KiB|MB|MiB|GB|GiB)")
_BYTES: Final = {
    "B": 1, "kB": 10**3, "KiB": 2**10, "MB": 10**6, "MiB": 2**20, "GB": 10**9, "GiB": 2**30,
}  # fmt: skip
_SHARE: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)(m?)")
_DECIMAL: Final = re.compile(r"[-+]?[0-9]{1,3}(?:\.[0-9]{1,12})?")
_WHOLE: Final = re.compile(r"[-+]?[0-9]{1,18}")


def refusal(phrase: str) -> PydanticCustomError:
    """Return the error of a value that must be `phrase` ("a duration, …") and is not."""
    return PydanticCustomError("form", "{phrase}", {"phrase": phrase})


def parse_duration(value: Any) -> float:
    """Return seconds: "30s" -> 30.0, "1h30m" -> 5400.0, "250ms" -> 0.25. Raises PydanticCustomError."""
    text = value if isinstance(value, str) else ""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise refusal("a duration with its unit, as 30s, 5m, 1h30m or 250ms")
    return float(sum(float(number) * _SECONDS[unit] for number, unit in parts))


def parse_positive_duration(value: Any) -> float:
    """Return seconds, more than none. Raises PydanticCustomError."""
    seconds = parse_duration(value)
    if seconds <= 0:
        raise refusal("a duration above 0, as 30s, 5m, 1h30m or 250ms")
    return seconds


def parse_size(value: Any) -> int:
    """Return bytes: "1MiB" -> 1048576, "64kB" -> 64000. Raises PydanticCustomError."""
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise refusal("a size with its unit, as 512KiB, 1MiB or 2GB")
    return int(float(match[1]) * _BYTES[match[2]])


def parse_share(value: Any) -> float:
    """Return cores: 0.5, "0.5" or "500m" -> 0.5. Raises PydanticCustomError."""
    match = _SHARE.fullmatch(str(value)) if type(value) in (str, int, float) else None
    cores = float(match[1]) / (1000 if match[2] else 1) if match else 0.0
    if not 0.01 <= cores <= 1024:
        raise refusal("a number of cores, as 2, 0.5 or 500m")
    return cores


def _parse_flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise refusal("true or false")


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    WithJsonSchema(
        {"type": "string", "pattern": r"^(\d+(\.\d+)?(ms|s|m|h|d))+$", "examples": ["30s", "1h30m"]}
    ),
]
"""Seconds, written with a unit."""

PositiveDuration = Annotated[
    float,
    BeforeValidator(parse_positive_duration),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^(?=.*[1-9])(\d+(\.\d+)?(ms|s|m|h|d))+$",
            "examples": ["30s", "1h30m"],
        }
    ),
]
"""Seconds, more than none, written with a unit."""

Size = Annotated[
    int,
    BeforeValidator(parse_size),
    WithJsonSchema(
        {"type": "string", "pattern": r"^\d+(\.\d+)?(B|kB|KiB|MB|MiB|GB|GiB)$", "examples": ["1MiB"]}
    ),
]
"""Bytes, written with a unit."""

Share = Annotated[
    float,
    BeforeValidator(parse_share),
    WithJsonSchema(
        {
            "anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\d+(\.\d+)?m?$"}],
            "examples": ["500m"],
        }
    ),
]
"""Cores of a CPU, as Kubernetes writes them."""


@dataclass(frozen=True, slots=True)
class Degrees:
    """A number of degrees, `most` to either side of 0; its text is taken too, for it may come from the environment."""

    most: int

    @property
    def phrase(self) -> str:
        """What a value must be."""
        return f"degrees from -{self.most} to {self.most}, as 59.33"

    def parse(self, value: Any) -> float:
        """Return the number. Raises PydanticCustomError."""
        if isinstance(value, str) and _DECIMAL.fullmatch(value):
            value = float(value)
        if type(value) not in (int, float) or not -self.most <= value <= self.most:
            raise refusal(self.phrase)
        return float(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.parse)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "number", "minimum": -self.most, "maximum": self.most}


Flag = Annotated[bool, BeforeValidator(_parse_flag), WithJsonSchema({"type": "boolean"})]
"""true or false, and nothing that pydantic would also take for one."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `least` to `most`; its text is taken too, for it may come from the environment."""

    least: int
    most: int | None = None

    @property
    def phrase(self) -> str:
        """What a value must be."""
        if self.least == self.most:
            return str(self.least)
        return f"a whole number from {self.least} {'on' if self.most is None else f'to {self.most}'}"

    def parse(self, value: Any) -> int:
        """Return the number. Raises PydanticCustomError."""
        if isinstance(value, str) and _WHOLE.fullmatch(value):
            value = int(value)
        if type(value) is not int or value < self.least or (self.most is not None and value > self.most):
            raise refusal(self.phrase)
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.parse)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        bounds = {"minimum": self.least, "maximum": self.most}
        return {"type": "integer", **{word: bound for word, bound in bounds.items() if bound is not None}}


@dataclass(frozen=True, slots=True)
class Form:
    """A text that matches `pattern` as a whole, not longer than `longest`; `phrase` says so to a person."""

    pattern: str
    phrase: str
    longest: int = 255

    def check(self, value: str) -> str:
        """Return the text. Raises PydanticCustomError."""
        if len(value) > self.longest or not re.fullmatch(self.pattern, value):
            raise refusal(self.phrase)
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{self.pattern}$", "maxLength": self.longest}


Name = Annotated[
    str,
    Form(
        r"[A-Za-z_][A-Za-z0-9_-]*",
        "a name (letters, digits, - and _, not first a digit or -, at most 63)",
        63,
    ),
]
"""A map's key that messages, paths and metrics use."""

VariableName = Annotated[
    str,
    Form(
        r"[A-Za-z_][A-Za-z0-9_]*",
        "the name of an environment variable (letters, digits and _, not first a digit)",
    ),
]
"""The name of an environment variable (POSIX.1-2017 section 8.1, and lower case)."""

DnsLabel = Annotated[
    str,
    Form(
        r"[a-z]([a-z0-9-]*[a-z0-9])?",
        "a DNS label (lower-case letters, digits and -, first a letter, last no -, at most 63)",
        63,
    ),
]
"""RFC 1035 label: RFC 1123's, but first a letter, as Kubernetes wants it of services."""

BasePath = Annotated[str, Form(r"(/[^/?#\s]+)*", 'a path as /v1, without a "/" at its end, or ""')]
"""What stands before every path of an API."""

TaskPattern = Annotated[
    str,
    Form(
        r"[A-Za-z0-9_.*]*[A-Za-z0-9_*]",
        "a pattern of task names, as shop.mail.* (* stands for any text)",
    ),
]
"""Names of tasks: module and function, and `*` for any text."""

DottedName = Annotated[
    str,
    Form(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*", "the name of a Python module, as shop.orders"),
]
"""A Python module, as shop.orders."""

FunctionName = Annotated[
    str,
    Form(
        r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*[:.][A-Za-z_][A-Za-z0-9_]*",
        "the name of a function in a module, as shop.crash:report",
    ),
]
"""A function in a module, as shop.crash:report."""


@dataclass(frozen=True, slots=True)
class Relative:
    """Marks a text that is a path: in a file that others extend, it is relative to that file's own folder.

    The path is made relative to the folder of the service's file when the files are merged (relocate).
    """


PathText = Annotated[str, Relative()]
"""The path of a file or folder; a relative one is relative to the folder of the file that says it."""

SensitiveUrl = Annotated[Sensitive, AfterValidator(encode_secrets), AfterValidator(hide_password)]
"""A URL into which secrets may be put; they are percent-encoded."""

Key = Annotated[Sensitive, AfterValidator(hide)]
"""A text that is secret also where no secret was put into it."""

FreeMap = Annotated[dict[str, Any], AfterValidator(encode_urls), AfterValidator(freeze)]
"""Free values, deeply frozen. A secret in it stays a Sensitive; in a URL it is percent-encoded."""

FreeList = Annotated[tuple[Any, ...], AfterValidator(encode_urls), AfterValidator(freeze)]
"""A free list, deeply frozen; secrets as in FreeMap."""


def _later(_: Any) -> Any:
    raise PydanticCustomError("later", "is not available")


Later = Annotated[None, BeforeValidator(_later), WithJsonSchema({"not": {}})]
"""A key that the format knows but this version does not serve: it is a diagnostic (MAC107), never silence."""


@dataclass(frozen=True, slots=True, init=False)
class NotYet:
    """Values that the format knows but this version does not serve yet: each is a diagnostic (MAC107)."""

    values: tuple[Any, ...]

    def __init__(self, *values: Any) -> None:
        object.__setattr__(self, "values", values)

    def check(self, value: Any) -> Any:
        """Return a value that is served. Raises PydanticCustomError."""
        if any(value is known or (isinstance(value, str) and value == known) for known in self.values):
            raise PydanticCustomError("later_value", "is not available")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        known = handler(schema)
        choices = known.get("enum") or [known.get("const", True)]
        served = [value for value in choices if value not in self.values]
        return {key: item for key, item in known.items() if key not in ("enum", "const")} | {"enum": served}
