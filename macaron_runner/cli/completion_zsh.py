"""The completion script for zsh: environments are found by the shell, keys by asking macaron. Pure."""

from __future__ import annotations

import shlex
from typing import Final

from macaron_runner.cli.completion_scripts import filled
from macaron_runner.cli.grammar import Option, Value, Verb, grammar


def render() -> str:
    """Return the script for zsh: as a function file in $fpath, or to be sourced."""
    verbs = grammar()
    names = "\n".join(f"        {shlex.quote(f'{verb.name}:{verb.summary}')}" for verb in verbs)
    cases = "\n".join(_verb(verb) for verb in verbs)
    return filled(_SCRIPT, verbs=names, cases=cases)


def _verb(verb: Verb) -> str:
    specs = [_option(option, name) for option in verb.options for name in option.names]
    for number, value in enumerate(verb.values, 1):
        last = verb.repeated and number == len(verb.values)
        specs.append(
            f"{'*' if last else f'{number}:'}:{value.name.lower().replace(':', ' ')}:{_action(value)}"
        )
    lines = " \\\n".join(f"            {shlex.quote(spec)}" for spec in specs)
    valued = f"        _macaron_valued=({' '.join(verb.with_value)})\n" if verb.is_call else ""
    return f"    {verb.name})\n{valued}        _arguments -s \\\n{lines}\n        ;;"


def _option(option: Option, name: str) -> str:
    told = "".join(f"\\{char}" if char in "[]:\\" else char for char in option.help)
    others = " ".join(option.names)
    before = "*" if option.repeated else f"({others})" if len(option.names) > 1 else ""
    value = option.value
    if value is None:
        return f"{before}{name}[{told}]"
    equals = "=" if name.startswith("--") else ""
    return f"{before}{name}{equals}[{told}]:{value.name.lower().replace(':', ' ')}:{_action(value)}"


def _action(value: Value) -> str:
    return {
        "choice": f"({' '.join(value.choices)})",
        "config": '_files -g "*.(yaml|yml)(-.)"',
        "document": '_files -g "*.(yaml|yml|json)(-.)"',
        "folder": "_files -/",
        "environment": "_macaron_environments",
        "setting": "_macaron_keys -S = -q",
        "topic": "_macaron_topics",
        "called": "_macaron_called",
        "free": " ",
    }[value.kind]


_SCRIPT: Final = r"""#compdef macaron
# Completion of macaron for zsh, written by `macaron completion zsh`.

_macaron_patterns="@patterns@"
_macaron_codes=(@codes@)

# The macaron.yaml that the command is about.
_macaron_file() {
    local word
    for word in "${(@)words[2,-1]}"; do
        if [[ $word != -* && $word == *.y*ml && -f $word ]]; then print -r -- "$word"; return; fi
    done
    print -r -- "${MACARON_CONFIG:-macaron.yaml}"
}

_macaron_environments() {
    local file=$(_macaron_file)
    local -a found=("${file:r}".*."${file:e}"(N))
    found=("${(@)found#${file:r}.}")
    compadd -- "${(@)found:r}"
}

_macaron_keys() {
    local keys=$(
        print -r -- $_macaron_patterns | $_macaron_command completion --keys-of "$(_macaron_file)" 2>/dev/null
    )
    compadd "$@" -- ${(f)keys}
}

_macaron_topics() {
    _macaron_keys
    compadd -- $_macaron_codes
}

# What comes behind the plain words of a call: an API, an operation, parameters as NAME= and their values.
_macaron_called() {
    local word before
    local -a plain found
    for word in "${(@)words[2,CURRENT-1]}"; do
        if [[ $word != -* ]] && ((! $_macaron_valued[(Ie)$before])); then plain+=("$word"); fi
        before=$word
    done
    [[ $PREFIX != *=* ]] || plain+=("${PREFIX%%=*}=")
    found=(${(f)"$(print -rl -- $plain | $_macaron_command completion --calls-of "$(_macaron_file)" 2>/dev/null)"})
    compadd -S '' -- ${(M)found:#*=}
    compadd -- ${found:#*=}
    if (($#plain > 1)) && [[ $PREFIX != *=* ]]; then _files -g "*.(yaml|yml)(-.)"; fi
}

_macaron() {
    local _macaron_command=$words[1] curcontext=$curcontext context state line
    typeset -A opt_args
    local -a verbs=(
@verbs@
    )
    _arguments -C '(-h --help)'{-h,--help}'[show this help]' '--version[show the version]' \
        '1:verb:->verb' '*::argument:->arguments'
    case $state in
    verb) _describe verb verbs ;;
    arguments) _macaron_arguments ;;
    esac
}

_macaron_arguments() {
    case $words[1] in
@cases@
    esac
}

if [[ $funcstack[1] == _macaron ]]; then _macaron "$@"; else compdef _macaron macaron; fi
"""
