"""`macaron models`: the models and clients of a service's APIs as files, for type checkers and editors."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from macaron_runner import HOMES
from macaron_runner.cli.selection import describe_selection, selection_of
from macaron_runner.cli.terminal import load_sound
from macaron_runner.clients.naming import operation_names
from macaron_runner.clients.typings import MARK, ROOT, TypedApi, typings
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.diagnostics import raise_errors
from macaron_runner.documents import read_apis, read_client_documents, read_documents
from macaron_runner.errors import DependencyMissing, UsageError

_DEFAULT: Final = "typings"
_EPILOG: Final = """\
Where type checkers look for it:
  mypy      [tool.mypy] mypy_path = "typings"
  pyright   finds typings by itself; another folder: [tool.pyright] stubPath = "…"
"""


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the file, where to write, and whether only to look."""
    describe_selection(parser)
    parser.add_argument(
        "--out", metavar="FOLDER", default=_DEFAULT, help=f"where the files go; default: {_DEFAULT}"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 where a file is not up to date"
    )
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter


def execute(arguments: argparse.Namespace) -> int:
    """Write the files that are not as they should be; print their paths on stdout.

    Raises BadConfiguration where a document has errors, UsageError where a file of somebody else's is in the way.
    """
    folder = Path(arguments.out)
    files = typings(_apis(load_sound(selection_of(arguments))), HOMES)
    changed = list(_changed(folder, files))
    if not arguments.check:
        _write(folder, files, changed)
    print("".join(f"{(folder / path).as_posix()}\n" for path in changed), end="")
    if not arguments.check or not changed:
        return 0
    print(f"macaron: {folder} is not up to date; macaron models writes it anew", file=sys.stderr)
    return 1


def _apis(configuration: Configuration) -> Iterator[TypedApi]:
    """Yield the APIs that handlers find in the apipool."""
    served, found = read_documents(configuration)
    called, found_in_clients = read_client_documents(configuration)
    raise_errors((*found, *found_in_clients))
    documents = (*served, *called)
    apis, found = read_apis(documents)
    raise_errors(found)
    for source in documents:
        api = apis[source.name]
        client = configuration.config.clients.get(source.name)
        yield TypedApi(
            api,
            operation_names(api.operations),
            raises_errors=client is not None and client.raise_errors,
            shares_models=source.settings.share_models,
        )


def _changed(folder: Path, files: Mapping[str, str]) -> Iterator[str]:
    """Yield the paths of files that are not as they should be, and of those that should not be there any more."""
    there = {path.relative_to(folder).as_posix() for path in (folder / ROOT).rglob("*") if _is_ours(path)}
    for path in sorted(there | files.keys()):
        if path not in files or _text(folder / path) != files[path]:
            yield path


def _is_ours(path: Path) -> bool:
    return path.suffix in (".py", ".pyi") and (_text(path) or "").startswith(MARK)


def _text(path: Path) -> str | None:
    """Return what is in a file, None where there is none. Raises DependencyMissing."""
    try:
        return path.read_text("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DependencyMissing(f"{path} cannot be read: {error.strerror}") from None


def _write(folder: Path, files: Mapping[str, str], paths: list[str]) -> None:
    """Write these files, or remove them where they should not be. Raises UsageError, DependencyMissing."""
    for path in (folder / each for each in paths):
        if path.exists() and not _is_ours(path):
            raise UsageError(
                f"{path} is not ours to replace: it does not begin as files of macaron models do"
            )
    for each in paths:
        path = folder / each
        try:
            if each in files:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(files[each], "utf-8")
            else:
                path.unlink()
                with contextlib.suppress(OSError):  # something else is in it
                    path.parent.rmdir()
        except OSError as error:
            raise DependencyMissing(f"{path} cannot be written: {error.strerror}") from None
