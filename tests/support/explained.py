"""Explanations of diagnostics (macaron_runner/explanations) as data, and their examples made real and checked.

The form of an explanation:

    # MAC214: a queue is not known
    what it means
    ## Example
    `macaron.yaml` and a fenced block with its text, for each file that matters
    a console block: `$ PORT=80 macaron check`, and below it what that prints
    ## Mend
    words, the files that change, a console block where the command does

What an example does not show stands around it, sound: a macaron.yaml, and a function for each operation.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from macaron_runner.cli import main

_FENCE = re.compile(r"(?:^`([^`\n]+)`\n\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

_MACARON = """\
macaron: 1
service: {name: shop}
apis:
  shop: {spec: shop.yaml, handlers: shop}
"""
_DOCUMENT = """\
openapi: 3.1.0
info: {title: Shop, version: "1"}
security: []
paths:
  /orders:
    get:
      operationId: list_orders
      responses: {"200": {description: all orders}}
"""
_OPERATION = re.compile(r"operationId: *([A-Za-z]\w*)")


@dataclass(frozen=True, slots=True)
class Shown:
    """One part of an explanation: files by name, the command, what it prints."""

    files: Mapping[str, str]
    command: str
    printed: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One explanation, taken apart."""

    title: str
    meaning: str
    example: Shown
    mend: Shown
    words_of_mend: str


def parse(text: str) -> Explanation:
    """Take an explanation apart. Raises ValueError where it does not have the form above."""
    match = re.fullmatch(r"# ([^\n]+)\n\n(.+)\n## Example\n\n(.+)\n## Mend\n\n(.+)", text, re.DOTALL)
    if match is None:
        raise ValueError("it has not the headings: # title, ## Example, ## Mend")
    title, meaning, example, mend = match.groups()
    return Explanation(title, meaning.strip(), _shown(example), _shown(mend), _FENCE.sub("", mend).strip())


def _shown(text: str) -> Shown:
    files: dict[str, str] = {}
    command, printed = "", ""
    for name, language, body in _FENCE.findall(text):
        if name:
            files[name] = body
        elif language == "console":
            first, _, printed = body.removeprefix("$ ").partition("\n")
            command = first
        else:
            raise ValueError(f"no file name before the block {body[:40]!r}")
    return Shown(files, command, printed)


def write_service(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files, and a sound service around them."""
    whole = {"macaron.yaml": _MACARON, **files}
    if "spec: shop.yaml" in whole["macaron.yaml"]:
        whole.setdefault("shop.yaml", _DOCUMENT)
    whole.setdefault("shop.py", _handlers("".join(whole.values())))
    for name, text in whole.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def _handlers(text: str) -> str:
    names = dict.fromkeys(_OPERATION.findall(text))
    return "".join(f"def {name}(**arguments):\n    return None\n\n\n" for name in names)


def printed_by(command: str, folder: Path) -> str:
    """Run a command as a user in that folder would; return what it prints on stdout.

    Others may stand before it ("chmod 600 key && macaron audit").

    The ports of this machine count only where an address is one that no machine has: other tests may hold any.
    """
    *before, command = command.split(" && ")
    for each in before:
        subprocess.run(shlex.split(each), cwd=folder, timeout=10, check=True)
    environ, words = _words(command)
    if words[0] != "macaron":
        raise ValueError(f"{command!r} is no macaron command")
    if words[1] == "check" and "192.0.2." not in (folder / "macaron.yaml").read_text("utf-8"):
        words.append("--no-ports")
    with _standing_in(folder, environ):
        stdout, stderr = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
            code = main(words[1:])
    assert code in (0, 1), stderr.getvalue()
    return stdout.getvalue()


def codes_in(printed: str) -> set[str]:
    """Return the codes of the diagnostics in what was printed."""
    return set(re.findall(r"^\w+\[(MAC\d+)\]", printed, re.MULTILINE))


def _words(command: str) -> tuple[dict[str, str], list[str]]:
    words = shlex.split(command)
    environ = {}
    while re.match(r"[A-Z_]+=", words[0]):
        name, _, value = words.pop(0).partition("=")
        environ[name] = value
    return environ, words


@contextlib.contextmanager
def _standing_in(folder: Path, environ: Mapping[str, str]) -> Iterator[None]:
    """Make it the working directory, with nothing in the environment but what a command needs."""
    before, directory = dict(os.environ), Path.cwd()
    kept = {name: value for name, value in before.items() if name in ("PATH", "HOME", "LANG")}
    try:
        os.environ.clear()
        os.environ.update({**kept, **environ})
        os.chdir(folder)
        yield
    finally:
        os.chdir(directory)
        os.environ.clear()
        os.environ.update(before)
