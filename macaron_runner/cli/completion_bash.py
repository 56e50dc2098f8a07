"""The completion script for bash: environments are found by the shell, keys by asking macaron. Pure."""

from __future__ import annotations

from collections.abc import Iterator
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
    if not verb.is_call:
        lines.append("        [[ -z $assigned ]] || return")
    lines += _values(verb)
    lines.append("        ;;")
    return "\n".join(lines) + "\n"


def _values(verb: Verb) -> Iterator[str]:
    """Yield the lines for the plain words of a verb: where it takes several, each has its place."""
    if len(verb.values) < 2:
        yield from (f"        {_value(value)}" for value in verb.values)
        return
    yield f'        _macaron_plain "{" ".join(verb.with_value)}"'
    yield "        case ${#plain[@]} in"
    for place, value in enumerate(verb.values):
        last = verb.repeated and value is verb.values[-1]
        yield f"        {'*' if last else place}) {_value(value)} ;;"
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
        "called": "_macaron_called",
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

# Puts the plain words that stand before the one that is asked for into `plain`; $1: the options that have a value.
_macaron_plain() {
    local number word before=
    plain=()
    for ((number = 2; number < COMP_CWORD; number++)); do
        word=${COMP_WORDS[number]}
        if [[ $word != -* && $word != = && $before != = && " $1 " != *" $before "* ]]; then plain+=("$word"); fi
        before=$word
    done
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

# What comes behind the plain words of a call: an API, an operation, parameters as NAME= and their values.
_macaron_called() {
    local line last=$((${#plain[@]} - 1))
    if [[ -n $assigned ]]; then
        plain[last]+="="
    elif ((last >= 1)); then
        compopt -o nospace 2>/dev/null
        _macaron_files yaml yml
    fi
    while IFS= read -r line; do
        [[ -z $assigned ]] || line=${line#*=}
        [[ $line != "$cur"* ]] || COMPREPLY+=("$line")
    done < <(printf '%s\n' "${plain[@]}" | "${COMP_WORDS[0]}" completion --calls-of "$(_macaron_file)" 2>/dev/null)
}

_macaron() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} assigned= plain=()
    COMPREPLY=()
    # bash makes a word of its own of each "=": --format=json are three.
    if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
    if [[ ${COMP_WORDS[COMP_CWORD-1]} == = || ${COMP_WORDS[COMP_CWORD]} == = ]] && [[ $prev != -* ]]; then
        assigned=1
    fi
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
