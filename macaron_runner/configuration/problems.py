"""What pydantic says about a tree, in the words of macaron.yaml: one diagnostic for each wrong place.

Not for what only several keys together get wrong (checks).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from pydantic import ValidationError

from macaron_runner.configuration.frozen import FrozenMap
from macaron_runner.configuration.interpolate import Failed
from macaron_runner.configuration.keys import join_key
from macaron_runner.configuration.merge import ABSENT, Merged, child
from macaron_runner.configuration.model import FORMAT_VERSION, MacaronConfig
from macaron_runner.configuration.sensitive import Sensitive, is_secret_by_place
from macaron_runner.configuration.shape import annotations_at, descriptions, section_at, words_at
from macaron_runner.configuration.source import Path
from macaron_runner.configuration.yaml_nodes import MOST_PROBLEMS
from macaron_runner.diagnostics import Diagnostic, near_word, nearest, not_one_of

_PHRASES: Final = {
    "string_type": "a text",
    "string_unicode": "UTF-8 text",
    "dict_type": "a map",
    "model_type": "a map",
    "model_attributes_type": "a map",
    "tuple_type": "a list",
    "float_type": "a number",
    "int_type": "a whole number",
    "bool_type": "true or false",
}
_PLACES_FOR_SECRETS: Final = (
    "a secret can stand in auth.*.keys.*.secret, clients.*.url, clients.*.proxy, clients.*.auth.*, "
    "tasks.broker, tasks.store, config, server.settings, tasks.settings and in the args and kwargs of schedules"
)


_TARGETS: Final = ("deploy", "targets")
"""Where the sections stand whose `type` tells their keys; pydantic puts that into its paths."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One error of pydantic: `path` leads to the value, or to the missing key; `kind` is pydantic's word.

    `on_key` says that the key itself is wrong, not its value.
    """

    path: Path
    kind: str
    value: Any = field(repr=False)
    phrase: str = ""
    on_key: bool = False


def faults_in(error: ValidationError, tree: dict[str, Any]) -> list[Fault]:
    """Return what is wrong in a tree, at most MOST_PROBLEMS; the wrong arms of unions are left out."""
    found = [_fault(item, tree) for item in error.errors(include_url=False)[:MOST_PROBLEMS]]
    hopeless = [fault.path[:-1] for fault in found if _is_kind_of_verifier(fault)]
    inner = {fault.path[:length] for fault in found for length in range(len(fault.path))}
    return [
        fault
        for fault in found
        if (_is_kind_of_verifier(fault) or not any(fault.path[: len(path)] == path for path in hopeless))
        and not (
            fault.path in inner and not fault.on_key and fault.kind not in ("extra_forbidden", "missing")
        )
        and not (fault.kind == "too_short" and fault.value)
    ]


def explain(faults: Sequence[Fault], merged: Merged) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each place at which something is wrong."""
    unknown = {fault.path: fault for fault in faults if fault.kind == "extra_forbidden"}
    misspelt = {_meant(path, merged) for path in unknown}
    places: dict[tuple[Path, bool], list[Fault]] = {}
    for fault in faults:
        if fault.kind == "missing" and fault.path in misspelt:
            continue  # the unknown key's diagnostic says it
        places.setdefault((fault.path, fault.on_key), []).append(fault)
    required = {fault.path for fault in faults if fault.kind == "missing"}
    for (path, _), together in places.items():
        first = together[0]
        if first.kind == "extra_forbidden":
            yield _unknown(path, merged, required=_meant(path, merged) in required)
        elif first.kind == "missing":
            yield _missing(path, merged)
        elif not isinstance(first.value, Failed):  # what failed before has been told
            yield _wrong(together, merged)


def shown(value: Any) -> str:
    """Return a value as messages show it: short, without secrets, maps and lists by their kind only."""
    if isinstance(value, dict | list | tuple):
        kind = "map" if isinstance(value, dict) else "list"
        return f"a {kind}" if value else f"an empty {kind}"
    if isinstance(value, Sensitive):
        return "a secret"
    if value is None:
        return "nothing"
    if isinstance(value, float) and not math.isfinite(value):
        return {"inf": ".inf", "-inf": "-.inf"}.get(str(value), ".nan")
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:56]}…{text[-1]}"


def _fault(item: Any, tree: dict[str, Any]) -> Fault:
    kind, on_key = item["type"], "[key]" in item["loc"]
    path: list[str | int] = []
    value: Any = tree
    steps = item["loc"] if kind != "missing" else item["loc"][:-1]
    for number, step in enumerate(steps):
        below = child(value, step)
        if below is ABSENT or (step == child(value, "type") and number == len(_TARGETS) + 1):
            continue  # the name of a union's arm
        value = below
        path.append(step)
    if kind.startswith("union_tag"):
        return _faulty_type(tuple(path), item)
    if kind == "missing":
        path.append(item["loc"][-1])
    return Fault(tuple(path), kind, item["input"], _phrase(item), on_key)


def _faulty_type(path: Path, item: Any) -> Fault:
    """Return the fault of a section whose `type` tells its keys, and is missing or not known."""
    kind = child(item["input"], "type")
    if kind is ABSENT or kind is None:
        return Fault((*path, "type"), "missing", item["input"])
    *others, last = item["ctx"]["expected_tags"].replace("'", '"').split(", ")
    return Fault((*path, "type"), "literal_error", kind, f"{', '.join(others)} or {last}")


def _phrase(item: Any) -> str:
    context = item.get("ctx", {})
    if item["type"] == "form":
        return str(context["phrase"])
    if item["type"] == "literal_error":
        return str(context["expected"]).replace("'", '"')
    if item["type"] == "too_short":
        return f"{'a map' if isinstance(item['input'], dict) else 'a list'} with at least one entry"
    return _PHRASES.get(item["type"], str(item["msg"]))


def _is_kind_of_verifier(fault: Fault) -> bool:
    """Tell whether it is the verifier's type that is wrong: then nothing else in it can be judged."""
    return (
        len(fault.path) == 3
        and fault.path[0] == "auth"
        and fault.path[2] == "type"
        and fault.kind != "missing"
    )


def _known_keys(path: Path, merged: Merged) -> list[str]:
    section = section_at(path, merged.value)
    return list(section.model_fields) if section is not None else []


def _meant(path: Path, merged: Merged) -> Path | None:
    """Return the path of the known key that an unknown one is near to."""
    meant = nearest(str(path[-1]), _known_keys(path[:-1], merged))
    return (*path[:-1], meant) if meant is not None else None


def _unknown(path: Path, merged: Merged, *, required: bool) -> Diagnostic:
    known = _known_keys(path[:-1], merged)
    hint = near_word(str(path[-1]), known) + (" It is required." if required else "")
    message = f'unknown key "{path[-1]}"' + (f" in {join_key(path[:-1])}" if path[:-1] else "")
    return Diagnostic("MAC104", message, merged.locate(path, key=True), not_one_of(known), hint)


def _missing(path: Path, merged: Merged) -> Diagnostic:
    section = section_at(path[:-1], merged.value)
    text = descriptions(section).get(str(path[-1]), "") if section is not None else ""
    message = f'the key "{path[-1]}" is missing' + (f" in {join_key(path[:-1])}" if path[:-1] else "")
    hint = f"{path[-1]}: {text[:1].lower()}{text[1:]}" if text else ""
    return Diagnostic("MAC106", message, merged.locate(path, key=True), help=hint)


def _wrong(faults: Sequence[Fault], merged: Merged) -> Diagnostic:
    first = faults[0]
    place = merged.locate(first.path, key=first.on_key)
    if any(fault.kind in ("later", "later_value") for fault in faults):
        what = (
            f"{join_key(first.path)}: {shown(first.value)}"
            if first.kind == "later_value"
            else join_key(first.path)
        )
        place = place if first.kind == "later_value" else merged.locate(first.path, key=True)
        return Diagnostic("MAC107", f"{what} is not available in this version of macaron", place)
    if isinstance(first.value, Sensitive):
        message = f"a secret cannot stand in {join_key(first.path)}"
        return Diagnostic("MAC114", message, place, help=_PLACES_FOR_SECRETS)
    if first.path == ("macaron",) and type(first.value) is int:
        hint = f"write macaron: {FORMAT_VERSION}" + (
            ", or install a newer macaron-runner" if first.value > FORMAT_VERSION else ""
        )
        return Diagnostic("MAC108", f"format version {shown(first.value)} is not known", place, help=hint)
    return _wrong_value(faults, merged)


def _wrong_value(faults: Sequence[Fault], merged: Merged) -> Diagnostic:
    first = faults[0]
    phrases = list(dict.fromkeys(fault.phrase for fault in faults))
    must = " or ".join(phrases)
    place = merged.locate(first.path, key=first.on_key)
    if first.on_key:
        return Diagnostic(
            "MAC105",
            f'"{first.value}" cannot be a key of {join_key(first.path[:-1])}',
            place,
            f"must be {must}",
        )
    hidden = is_secret_by_place(first.path)
    return Diagnostic(
        "MAC105",
        f"{join_key(first.path)} must be {must}, not {_kind_of(first.value) if hidden else shown(first.value)}",
        place,
        help=_hint(first.value, phrases, words_at(first.path, merged.value)),
        confidential=hidden,
    )


def _kind_of(value: Any) -> str:
    """Return what a value is, where nobody may see which."""
    return "a number, true or false" if isinstance(value, bool | int | float) else shown(value)


_YAML_1_1: Final = {"yes": "true", "on": "true", "no": "false", "off": "false"}


def _hint(value: Any, phrases: list[str], words: list[str]) -> str:
    if isinstance(value, str) and value in _YAML_1_1 and "true or false" in phrases:
        return f'write {_YAML_1_1[value]}; in YAML 1.2 "{value}" is a text'
    if isinstance(value, str):
        return near_word(value.lower(), words)
    if phrases == ["a text"] and isinstance(value, bool | int | float):
        return "put it in quotes"
    return ""


_SCAFFOLD: Final[dict[str, Any]] = {
    "macaron": FORMAT_VERSION,
    "service": {"name": "service"},
    "apis": {"api": {"spec": "api.yaml"}},
}
"""Stands in for top-level keys that are wrong or missing, so that the rest can still be checked."""


_ROUNDS: Final = 6


def validate(merged: Merged) -> tuple[MacaronConfig | None, list[Diagnostic]]:
    """Return the model of a tree, and what is wrong with the tree.

    With faults the model is that of the parts without any, for the checks that follow: whoever mends a file
    wants to see everything at once. Where no API is good, it has none. It is None where too much is wrong.
    """
    unknown = [_unknown(path, merged, required=False) for path in _unknown_nulls(merged)]
    try:
        return MacaronConfig.model_validate(merged.value), unknown
    except ValidationError as error:
        faults = faults_in(error, merged.value)
    return _sound_part(merged.value, faults), [*unknown, *explain(faults, merged)]


def _unknown_nulls(merged: Merged) -> Iterator[Path]:
    """Yield the unknown keys that a layer above the first would remove: merging leaves no trace of them."""
    for layer in merged.layers[1:]:
        yield from islice(_unknown_nulls_in(layer.value, (), merged.value), MOST_PROBLEMS)


def _unknown_nulls_in(value: dict[str, Any], path: Path, tree: Any) -> Iterator[Path]:
    section = section_at(path, tree)
    for key, item in value.items():
        if isinstance(item, dict):
            yield from _unknown_nulls_in(item, (*path, key), tree)
        elif item is None and section is not None and not _is_known((*path, key)):
            yield (*path, key)


def _is_known(path: Path) -> bool:
    """Tell whether a section has a key, of whatever `type` it is: an overlay that changes that removes the old keys."""
    return str(path[-1]).startswith("x-") or bool(annotations_at(path))


def _sound_part(tree: dict[str, Any], faults: list[Fault]) -> MacaronConfig | None:
    """Return the model of a tree without its faults, and without those that show when the first are gone."""
    for _ in range(_ROUNDS):
        if len(faults) == MOST_PROBLEMS:
            return None
        for fault in faults:
            tree = _without(tree, fault.path[:-1] if fault.kind == "missing" else fault.path)
        try:
            config = MacaronConfig.model_validate({**_SCAFFOLD, **tree})
        except ValidationError as error:
            faults = faults_in(error, tree)
        else:
            return config if "apis" in tree else config.model_copy(update={"apis": FrozenMap()})
    return None


def _without(tree: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return a tree without the value at a path; where that is in a list, without the whole list."""
    if not path or path[0] not in tree:
        return tree
    head, rest = str(path[0]), path[1:]
    below = tree[head]
    if rest and isinstance(below, dict):
        return {**tree, head: _without(below, rest)}
    return {key: value for key, value in tree.items() if key != head}
