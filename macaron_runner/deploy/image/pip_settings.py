"""Where pip here finds packages, for the pip in the build: its indexes, and whom it trusts.

What names a place of this machine means nothing there and is left out; the bundle of certificates is lent to the step
that installs, as are the settings: credentials of an index stay in no layer. Not for what is installed (inside).
"""

from __future__ import annotations

import configparser
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

BUNDLE: Final = "/run/secrets/ca"
"""Where the bundle of certificates is during that step."""
_INDEXES: Final = ("index-url", "extra-index-url")
_TRUST: Final = ("trusted-host",)
_BUNDLES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True, slots=True)
class PipSettings:
    """The text of a pip.conf for the build ("" where there is nothing to say), and a bundle of certificates here."""

    text: str = field(default="", repr=False)
    bundle: Path | None = None


def pip_settings(environ: Mapping[str, str], *, files: tuple[Path, ...] | None = None) -> PipSettings:
    """Return what pip here goes by, from its environment and its `files` (https://pip.pypa.io: Configuration)."""
    said = dict(_said(environ, _files(environ) if files is None else files))
    lines = [f"{key} = {_elsewhere(said[key])}" for key in _INDEXES if _elsewhere(said.get(key, ""))]
    lines += [f"{key} = {' '.join(said[key].split())}" for key in _TRUST if said.get(key)]
    bundle = _bundle([said.get("cert", ""), *(environ.get(name, "") for name in _BUNDLES)])
    if bundle is not None:
        lines.append(f"cert = {BUNDLE}")
    return PipSettings("\n".join(["[global]", *lines, ""]) if lines else "", bundle)


def _said(environ: Mapping[str, str], files: tuple[Path, ...]) -> Iterator[tuple[str, str]]:
    """Yield keys and values, those that count more later."""
    for file in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, "utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue  # pip itself will say so
        for section in ("global", "install"):
            yield from parser.items(section) if parser.has_section(section) else ()
    for key in (*_INDEXES, *_TRUST, "cert"):
        if value := environ.get(f"PIP_{key.upper().replace('-', '_')}"):
            yield key, value


def _files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    own = environ.get("PIP_CONFIG_FILE")
    home = Path(environ.get("HOME") or "/")
    xdg = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    shared = [Path(each, "pip") for each in (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")]
    folders = (*shared, Path("/etc"), home / ".pip", xdg / "pip")
    return (*(folder / "pip.conf" for folder in folders), *((Path(own),) if own else ()))


def _elsewhere(urls: str) -> str:
    return " ".join(url for url in urls.split() if not url.startswith("file:"))


def _bundle(names: list[str]) -> Path | None:
    return next((Path(name) for name in names if name and Path(name).is_file()), None)
