"""What is live, as files of a rendered deployment: its bundle, with the options that are in force in place of its own.

So whoever changed an option by hand shows in the difference. Pure. Not for asking for it (platform).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from macaron_runner.deploy.beanstalk.options import Option
from macaron_runner.deploy.beanstalk.render import (
    BUNDLE,
    EXTENSION,
    OPTIONS,
    extension_options,
    extension_text,
    options_text,
)
from macaron_runner.deploy.files import File, Files, in_order


def live_files(bundle: Files, options: Iterable[Option], in_force: Iterable[Option]) -> Files:
    """Return the files that a bundle, the options that an environment was made with, and those in force now mean."""
    now = {option[:2]: option.value for option in in_force}
    return in_order(_live(bundle, tuple(options), now))


def _live(bundle: Files, options: tuple[Option, ...], now: dict[tuple[str, str], str]) -> Iterator[File]:
    for file in bundle:
        path = f"{BUNDLE}{file.path}"
        content = file.content
        if path == EXTENSION:
            content = extension_text(_as_now(extension_options(content), now))
        yield File(path, content, file.mode)
    yield File(OPTIONS, options_text(_as_now(options, now)))


def _as_now(options: Iterable[Option], now: dict[tuple[str, str], str]) -> tuple[Option, ...]:
    """Return options with the values in force; one that is not told of (there is no such option) stays as it was."""
    return tuple(option._replace(value=now.get(option[:2], option.value)) for option in options)
