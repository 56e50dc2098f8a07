"""A service written as one text: several files, each after a line `-- shop/orders.py --`, and first how it is used.

`-- shop.yaml -> other.yaml --` is a link.
"""

from __future__ import annotations

import re
from pathlib import Path

FILE = re.compile(r"^-- (.+) --\n", re.MULTILINE)
SAYS_HOW = ("environ", "env", "set", "options")


def unpack(text: str, folder: Path) -> dict[str, list[str]]:
    """Write a case's files into a folder; return the words of its first lines."""
    head, *parts = FILE.split(text)
    for name, content in zip(parts[::2], parts[1::2], strict=True):
        name, _, target = name.partition(" -> ")
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if target:
            file.symlink_to(target)
        else:
            file.write_text(content, "utf-8")
    words: dict[str, list[str]] = {option: [] for option in SAYS_HOW}
    for line in head.splitlines():
        option, _, rest = line.removeprefix("# ").partition(": ")
        if option in words:
            words[option] += [rest] if option == "set" else rest.split()
    return words
