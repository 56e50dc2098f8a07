"""Commands of macaron in copies of one process that has its imports behind it: a third of what a fresh one costs.

That process starts with the first command and ends with ours, however we end (multiprocessing's fork server).
Not for what a command's own start is about: its imports, its streams, variables that Python itself reads.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing import get_context
from pathlib import Path

from macaron_runner.cli import VERBS, main

for _verb in VERBS:
    importlib.import_module(f"macaron_runner.cli.{_verb}")
gc.freeze()  # a copy shares what it does not touch

_FORKED = get_context("forkserver")
_FORKED.set_forkserver_preload([__name__])


def run(
    words: tuple[str, ...], folder: Path, environ: Mapping[str, str], deadline: float
) -> tuple[int, bytes, bytes]:
    """Run a command in a folder, with this environment alone; return its exit code, stdout and stderr."""
    with tempfile.TemporaryDirectory(prefix="macaron-test-") as place:
        outputs = Path(place, "out"), Path(place, "err")
        process = _FORKED.Process(target=_become, args=(words, folder, dict(environ), outputs))
        process.start()
        process.join(deadline)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"macaron {' '.join(words)} was not done after {deadline} s")
        code = process.exitcode
        process.close()
        out, err = (output.read_bytes() for output in outputs)
    return code, out, err


def _become(
    words: tuple[str, ...], folder: Path, environ: dict[str, str], outputs: tuple[Path, Path]
) -> None:
    """Be the command, in the copy."""
    for stream, output in zip((sys.stdout, sys.stderr), outputs, strict=True):
        with output.open("wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    os.environ.clear()
    os.environ.update(environ)
    sys.exit(main(list(words)))
