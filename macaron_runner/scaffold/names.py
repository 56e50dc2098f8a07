"""Names for a new service: what people and documents call things becomes DNS labels, packages, modules, functions.

Nothing that comes out of here is a keyword, hides a module of Python's, or can lead out of a folder.
"""

from __future__ import annotations

import keyword
import re
import sys
import unicodedata
from collections.abc import Collection
from typing import Final

from macaron_runner.validation.identifiers import identifier, snake_case

OWN_NAMES: Final = frozenset({
    "Any", "Decimal", "NotImplementedYet", "UUID", "annotations", "apipool", "asyncio", "date", "datetime",
    "functools", "wraps",
    "bool", "bytes", "dict", "float", "int", "list", "str",
})  # fmt: skip
"""What a generated module imports, or says in type hints: no function in it may be called so."""

_TAKEN_PACKAGES: Final = frozenset({"apis", "conftest", "crash", "macaron_runner", "ping", "tests"})
_LONGEST_LABEL: Final = 63
_LONGEST_PACKAGE: Final = 50
_LONGEST_FUNCTION: Final = 80
_LONGEST_MODULE: Final = 40


def dns_label(text: str) -> str:
    """Return a text as the name of a service: "My Shop!" -> "my-shop"; "" where nothing of it can stay."""
    label = re.sub(r"[^a-z0-9]+", "-", _plain(text).lower()).lstrip("-0123456789")
    return label[:_LONGEST_LABEL].rstrip("-")


def package_name(label: str, installed: Collection[str]) -> str:
    """Return the package (and API) of a service: "my-shop" -> "my_shop".

    It carries "_service" where Python, macaron or one of the `installed` top-level modules has the plain name.
    """
    plain = label.replace("-", "_")[:_LONGEST_PACKAGE].rstrip("_")
    taken = is_taken(plain, installed) or keyword.iskeyword(plain)
    return f"{plain}_service" if taken else plain


def is_taken(module: str, installed: Collection[str]) -> bool:
    """Tell whether a top-level module of this name would hide another one."""
    return module in sys.stdlib_module_names or module in _TAKEN_PACKAGES or module in installed


def module_name(text: str) -> str:
    """Return a tag of a document as the name of a module: "Store & Orders" -> "store_orders", "../x" -> "x"."""
    word = re.sub(r"[^a-z0-9]+", "_", snake_case(_plain(text))).strip("_")[:_LONGEST_MODULE].rstrip("_")
    if not word:
        return "api"
    safe = word if word.isidentifier() else f"api_{word}"
    return f"{safe}_" if keyword.iskeyword(safe) or safe in ("init", "main") else safe


def function_name(text: str) -> str:
    """Return an operationId as the name of a function: "createOrder" -> "create_order", "list" -> "list_"."""
    word = snake_case(identifier(text))[:_LONGEST_FUNCTION]
    word = word.strip("_") if is_reserved(word) or not word.strip("_") else word
    word = word or "operation"
    safe = word if word.isidentifier() else f"operation_{word}"
    return f"{safe}_" if is_reserved(safe) or keyword.iskeyword(safe) else safe


def is_reserved(name: str) -> bool:
    """Tell whether a name in a generated module means, or could mean, something else than a handler."""
    return name in OWN_NAMES or (name.startswith("__") and name.endswith("__"))


def is_handler_name(name: str) -> bool:
    """Tell whether a function of a generated module may have exactly this name."""
    return is_module_path(name) and "." not in name and not is_reserved(name)


def words_of_path(method: str, path: str) -> str:
    """Return a name for an operation that has none: ("GET", "/orders/{id}/items") -> "get_orders_by_id_items"."""
    steps = re.sub(r"\{([^}]*)\}", r" by \1 ", path.replace("/", " "))
    return function_name("_".join([method.lower(), *steps.split()]))


def is_module_path(text: str) -> bool:
    """Tell whether a text is the full name of a module, in plain letters: "shop.orders"."""
    parts = text.split(".")
    return all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", part) and not keyword.iskeyword(part) for part in parts)


def _plain(text: str) -> str:
    """Return a text in ASCII, letters without their accents."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
