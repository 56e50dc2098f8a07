"""What is inside an image: a program that is run in it, by whatever Python it has, and prints its findings as JSON.

It stands alone - nothing of ours, nothing newer than Python 3.8 - for it is sent to the image's Python on its stdin.
Not for what becomes of the findings (sbom).
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any


def find() -> dict[str, Any]:
    """Return the packages of Python, of Debian and of Alpine, and which system this is."""
    return {
        "python": sorted(python_packages(), key=lambda each: (each["name"].lower(), each["version"])),
        "debian": sorted(debian_packages(), key=lambda each: each["name"]),
        "alpine": sorted(alpine_packages(), key=lambda each: each["name"]),
        "system": system(),
        "interpreter": platform.python_version(),
    }


def python_packages() -> Iterator[dict[str, Any]]:
    """Yield those of this Python, and of the one it was made from."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    base = Path(sys.base_prefix, "lib")
    local = Path("/usr/local/lib", version, "dist-packages")
    folders = [
        *map(Path, sys.path),
        base / version / "site-packages",
        base / "python3" / "dist-packages",
        local,
    ]
    seen = set()
    for found in metadata.distributions(path=[str(each) for each in folders if each.is_dir()]):
        head: Any = found.metadata
        name = head.get("Name")
        if name and (name, found.version) not in seen:
            seen.add((name, found.version))
            expression = head.get("License-Expression")
            yield {
                "name": name,
                "version": found.version,
                "license": expression or short(head.get("License")),
                "expression": bool(expression),
            }


def debian_packages(file: str = "/var/lib/dpkg/status") -> Iterator[dict[str, Any]]:
    """Yield what dpkg has installed (deb-control(5))."""
    for entry in entries(file, ": "):
        if entry.get("Status", "").endswith(" installed"):
            architecture = entry.get("Architecture", "")
            yield {"name": entry["Package"], "version": entry["Version"], "architecture": architecture}


def alpine_packages(file: str = "/lib/apk/db/installed") -> Iterator[dict[str, Any]]:
    """Yield what apk has installed."""
    for entry in entries(file, ":"):
        if "P" in entry:
            yield {
                "name": entry["P"],
                "version": entry.get("V", ""),
                "architecture": entry.get("A", ""),
                "license": entry.get("L", ""),
            }


def system(file: str = "/etc/os-release") -> dict[str, str]:
    """Return what a system says of itself (os-release(5))."""
    try:
        lines = Path(file).read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    said = {
        key: value.strip("\"'") for key, between, value in (line.partition("=") for line in lines) if between
    }
    return {key.lower(): said[key] for key in ("ID", "VERSION_ID", "PRETTY_NAME") if key in said}


def entries(file: str, separator: str) -> Iterator[dict[str, str]]:
    """Yield the paragraphs of a file as dictionaries, of each key its first line."""
    try:
        paragraphs = Path(file).read_text("utf-8", "replace").split("\n\n")
    except OSError:
        return
    for paragraph in paragraphs:
        lines = [line for line in paragraph.split("\n") if line and not line[0].isspace()]
        found = {
            key: value for key, between, value in (line.partition(separator) for line in lines) if between
        }
        if found:
            yield found


def short(text: str | None) -> str:
    """Return the name of a licence; its whole text, which some packages give instead, is none."""
    return text if text and len(text) < 100 and "\n" not in text else ""


if __name__ == "__main__":
    json.dump(find(), sys.stdout)
