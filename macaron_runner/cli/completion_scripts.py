"""What completion scripts of all shells have in common. Pure; not for any one shell (completion_bash, …)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from macaron_runner.codes import CODES
from macaron_runner.configuration.model import MacaronConfig
from macaron_runner.configuration.shape import sections_in


def filled(script: str, **words: str) -> str:
    """Return a script in which each @word@ is what it stands for; @patterns@ and @codes@ are known."""
    known = {"patterns": " ".join(dict.fromkeys(key_patterns())), "codes": " ".join(sorted(CODES)), **words}
    for word, value in known.items():
        script = script.replace(f"@{word}@", value)
    return script


def key_patterns(section: Any = MacaronConfig, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield every key of the format: "server.workers", "apis.*.spec"; what is not available is left out."""
    for name, field in section.model_fields.items():
        if field.annotation is type(None):
            continue
        here = (*path, name)
        yield ".".join(here)
        is_map = get_origin(field.annotation) is dict
        inner = get_args(field.annotation)[1] if is_map else field.annotation
        for kind in sections_in(inner):
            deeper = (*here, "*") if is_map else here
            if is_map:
                yield ".".join(deeper)
            yield from key_patterns(kind, deeper)
