"""The text of units, after systemd.unit(5), systemd.service(5), systemd.socket(5) and systemd.syntax(7). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from macaron_runner.processes.addresses import UnixAddress, parse_address

Sections: TypeAlias = Mapping[str, Iterable[str]]
"""Lines `Key=value` by section."""

_HEAD: Final = "# Written by macaron; the next deployment overwrites it.\n"
_PLAIN: Final = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")


def unit_text(sections: Sections) -> str:
    """Return a unit of its sections, in their order."""
    parts = ("\n".join((f"[{name}]", *lines)) for name, lines in sections.items())
    return _HEAD + "\n\n".join(parts) + "\n"


def exec_words(words: Iterable[str]) -> str:
    """Return a command as ExecStart= reads it: no variable and no specifier in it, whatever the words are."""
    return " ".join(_quoted(word.replace("%", "%%").replace("$", "$$")) for word in words)


def assignment(name: str, value: str) -> str:
    """Return `Environment=` of one variable. Here `$` has no meaning, unlike in commands."""
    return f"Environment={_quoted(f'{name}={value}'.replace('%', '%%'))}"


def path(text: str) -> str:
    """Return a path as settings that take one alone read it: only specifiers have a meaning."""
    return text.replace("%", "%%")


def listen_stream(address: str) -> str:
    """Return an address of server.bind as ListenStream= takes it: a path, or an IP address and a port."""
    parsed = parse_address(address)
    if isinstance(parsed, UnixAddress):
        return path(parsed.path)
    host = "127.0.0.1" if parsed.host == "localhost" else parsed.host
    return f"[{host}]:{parsed.port}" if ":" in host else f"{host}:{parsed.port}"


def _quoted(word: str) -> str:
    if _PLAIN.fullmatch(word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    escaped = escaped.replace("\r", "\\r")  # it ends a line as well
    return f'"{escaped}"'
