"""Texts with secrets in them: the one type of the configuration that knows a secret's value, and hides it.

Not for reading secrets (secrets).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn
from urllib.parse import quote

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, SchemaSerializer, core_schema

from macaron_runner.redaction import mark

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_PASSWORD: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://[^:/?#@]*:)([^/?#]+)(@.*)", re.DOTALL)
_AS_TEXT = core_schema.plain_serializer_function_ser_schema(str)


class Sensitive:
    """A text into which secrets were put. It prints as the text with `‹secret name›` in their places.

    `parts` are the literal pieces and secrets in order; a secret is a pair (name, value), a literal a plain
    string. A secret without name is one that the file itself holds; it prints as `‹secret›`. Only `reveal()`
    gives the real text; call it where the text is used, and keep the result nowhere. Copies are the same
    object, JSON of pydantic shows the masked text, and pickling is refused: no careless path shows a secret.
    """

    __pydantic_serializer__ = SchemaSerializer(core_schema.any_schema(serialization=_AS_TEXT))
    __slots__ = ("parts",)

    parts: tuple[str | tuple[str, str], ...]

    def __init__(self, parts: tuple[str | tuple[str, str], ...]) -> None:
        object.__setattr__(self, "parts", tuple(parts))

    def reveal(self) -> str:
        """Return the real text."""
        return "".join(part if isinstance(part, str) else part[1] for part in self.parts)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the secrets in it, of those that have one."""
        return tuple(part[0] for part in self.parts if not isinstance(part, str) and part[0])

    @property
    def literal(self) -> str:
        """The text around the secrets: what the file says in clear."""
        return "".join(part for part in self.parts if isinstance(part, str))

    def __str__(self) -> str:
        return "".join(part if isinstance(part, str) else mark(part[0]) for part in self.parts)

    def __format__(self, specification: str) -> str:
        return format(str(self), specification)

    def __repr__(self) -> str:
        return f"<{self}>"

    def __eq__(self, other: object) -> bool:
        return self.parts == other.parts if isinstance(other, Sensitive) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.parts)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError("a secret never changes")

    def __copy__(self) -> Sensitive:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Sensitive:
        return self

    def __reduce__(self) -> tuple[type[Sensitive], tuple[object]]:
        if not all(isinstance(part, str) for part in self.parts):
            raise TypeError("a secret is not pickled")
        return type(self), (self.parts,)

    def __getstate__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(_sensitive, serialization=_AS_TEXT)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string"}


def _sensitive(value: Any) -> Sensitive:
    if isinstance(value, Sensitive):
        return value
    if isinstance(value, str):
        return Sensitive((value,))
    raise PydanticCustomError("form", "{phrase}", {"phrase": "a text"})


def revealed(value: Any) -> Any:
    """Return a free value of the configuration as plain data that may be changed, its secrets in clear."""
    if isinstance(value, Sensitive):
        return value.reveal()
    if isinstance(value, Mapping):
        return {key: revealed(item) for key, item in value.items()}
    return [revealed(item) for item in value] if isinstance(value, list | tuple) else value


def encode_secrets(text: Sensitive) -> Sensitive:
    """Return a URL with its secrets percent-encoded (RFC 3986 section 2.1): "/" and "@" in one break nothing.

    A text that is one secret and nothing else is the whole URL already, and is left alone.
    """
    if not text.literal:
        return text
    return Sensitive(tuple(p if isinstance(p, str) else (p[0], quote(p[1], safe="")) for p in text.parts))


def is_secret_by_place(path: tuple[str | int, ...]) -> bool:
    """Tell whether what stands at a path is secret however it is written.

    That is `auth.<name>.keys.<name>.secret`, and `clients.<name>.auth.token` and `api_key`.
    """
    if len(path) >= 4 and (path[0], path[2]) == ("clients", "auth"):
        return path[3] in {"token", "api_key"}
    return len(path) >= 5 and (path[0], path[2], path[4]) == ("auth", "keys", "secret")


def hide(text: Sensitive) -> Sensitive:
    """Return a text that is secret as a whole, wherever it came from."""
    return text if text.names else Sensitive((("", text.reveal()),))


def hide_password(url: Sensitive) -> Sensitive:
    """Return a URL whose password, where the file has it in clear, is a secret without name."""
    found = _PASSWORD.fullmatch(url.reveal()) if len(url.parts) == 1 and not url.names else None
    return url if found is None else Sensitive((found[1], ("", found[2]), found[3]))


def encode_urls(value: Any) -> Any:
    """Return free values (maps, lists, scalars) in which secrets are percent-encoded where they stand in a URL.

    What a free value is for nobody says: a text that begins with a scheme and `://` in clear is taken for a URL.
    """
    if isinstance(value, dict):
        return {key: encode_urls(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode_urls(item) for item in value]
    if isinstance(value, Sensitive) and isinstance(first := value.parts[0], str) and _URL.match(first):
        return encode_secrets(value)
    return value
