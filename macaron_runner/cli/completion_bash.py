"""The completion script for bash: environments are found by the shell, keys by asking macaron. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from macaron_runner.cli.completion_scripts import filled
from macaron_runner.cli.grammar import Value, Verb, grammar


def render() -> str:
    """Return the script for bash 4.1 and newer."""
    verbs = grammar()
    cases = "".join(_verb(verb) for verb in verbs)
    names = " ".join(verb.name for verb in verbs)
    return filled(_SCRIPT, verbs=names, cases=cases.rstrip("\n"))


def _verb(verb: Verb) -> str:
    lines = [f"    {verb.name})"]
    with_value = [option for option in verb.options if option.value is not None]
    if with_value:
        lines.append('        case "$prev" in')
        lines += [f"        {'|'.join(each.names)}) {_value(each.value)}; return ;;" for each in with_value]
        lines.append("        esac")
    names = " ".join(name for option in verb.options for name in option.names)
    lines.append(f'        if [[ $cur == -* ]]; then _macaron_words "{names}"; return; fi')
    lines += _values(verb.values, " ".join(name for each in with_value for name in each.names))
    lines.append("        ;;")
    return "\n".join(lines) + "\n"


def _values(values: Sequence[Value], with_value: str) -> Iterator[str]:
    """Yield the lines for the plain words of a verb: where it takes several, each has its place."""
    if len(values) < 2:
        yield from (f"        {_value(value)}" for value in values)
        return
    yield f'        case $(_macaron_place "{with_value}") in'
    yield from (f"        {place}) {_value(value)} ;;" for place, value in enumerate(values))
    yield "        esac"


def _value(value: Value | None) -> str:
    assert value is not None
    return {
        "choice": f'_macaron_words "{" ".join(value.choices)}"',
        "config": "_macaron_files yaml yml",
        "document": "_macaron_files yaml yml json",
        "folder": "_macaron_files",
        "environment": "_macaron_environments",
        "setting": "_macaron_keys =",
        "topic": "_macaron_keys ''; _macaron_words \"$_macaron_codes\"",
        "free": ":",
    }[value.kind]


_SCRIPT: Final = r"""# Completion of macaron for bash, written by `macaron completion bash`.

_macaron_patterns="@patterns@"
_macaron_codes="@codes@"

_macaron_words() {
    local line
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -W "$1" -- "$cur")
}

_macaron_files() {
    local line ending
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(
        compgen -d -- "$cur"
        for ending in "$@"; do compgen -f -X "!*.$ending" -- "$cur"; done
    )
}

# How many plain words stand before the one that is asked for; $1: the options that have a value.
_macaron_place() {
    local number word before= count=0
    for ((number = 2; number < COMP_CWORD; number++)); do
        word=${COMP_WORDS[number]}
        if [[ $word != -* && $word != = && $before != = && " $1 " != *" $before "* ]]; then ((count += 1)); fi
        before=$word
    done
    printf '%s' "$count"
}

# The macaron.yaml that the command is about.
_macaron_file() {
    local word
    for word in "${COMP_WORDS[@]:2}"; do
        if [[ $word != -* && $word == *.y*ml && -f $word ]]; then printf '%s' "$word"; return; fi
    done
    printf '%s' "${MACARON_CONFIG:-macaron.yaml}"
}

_macaron_environments() {
    local file overlay names=
    file=$(_macaron_file)
    for overlay in "${file%.*}".*."${file##*.}"; do
        [[ -e $overlay ]] || continue
        overlay=${overlay#"${file%.*}".}
        names+=" ${overlay%.*}"
    done
    _macaron_words "$names"
}

_macaron_keys() {
    local line
    [[ -z $1 ]] || compopt -o nospace 2>/dev/null
    while IFS= read -r line; do
        [[ $line == "$cur"* ]] && COMPREPLY+=("$line$1")
    done < <(printf '%s' "$_macaron_patterns" | "${COMP_WORDS[0]}" completion --keys-of "$(_macaron_file)" 2>/dev/null)
}

_macaron() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
    COMPREPLY=()
    # bash makes a word of its own of each "=": --format=json are three.
    if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
    if [[ ${COMP_WORDS[COMP_CWORD-1]} == = || ${COMP_WORDS[COMP_CWORD]} == = ]] && [[ $prev != -* ]]; then return; fi
    if ((COMP_CWORD == 1)); then
        if [[ $cur == -* ]]; then _macaron_words "-h --help --version"; else _macaron_words "@verbs@"; fi
        return
    fi
    case "${COMP_WORDS[1]}" in
@cases@
    esac
}

complete -F _macaron macaron
"""
