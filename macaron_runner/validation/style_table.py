"""How each style writes a parameter, as one table: what decoding (styles) and encoding (parameter_encoder) share.

Not for either of them. OpenAPI 3.2 "Style Values", RFC 6570 sections 3.2.2-3.2.8. Array ids = 3, 4; object at = {x: 1,
y: 2}:

    style            one array              exploded              one object            exploded
    simple           3,4                    3,4                   x,1,y,2               x=1,y=2
    label            .3,4                   .3.4                  .x,1,y,2              .x=1.y=2
    matrix           ;ids=3,4               ;ids=3;ids=4          ;at=x,1,y,2           ;x=1;y=2
    form             ids=3,4                ids=3&ids=4           at=x,1,y,2            x=1&y=2
    spaceDelimited   ids=3%204              as form               at=x%201%20y%202      as form
    pipeDelimited    ids=3%7C4              as form               at=x%7C1%7Cy%7C2      as form
    tabDelimited     ids=3%094              as form               at=x%091%09y%092      as form
    cookie           ids=3,4                ids=3; ids=4          at=x,1,y,2            x=1; y=2
    deepObject       ids[]=3&ids[]=4        the same              at[x]=1&at[y]=2       the same
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Parameter, Style


@dataclass(frozen=True, slots=True)
class Syntax:
    """How a style writes a value: `start` before everything, `name=` before each value where it is `named`.

    `joint` stands between the parts of one array or object, `exploded` between parts that stand each for themselves.
    Where `bare` is true an empty value is written as the name alone: `;color` (RFC 6570 section 3.2.7).
    """

    start: str
    named: bool
    joint: str
    exploded: str
    bare: bool = False


SYNTAXES: Final[Mapping[Style, Syntax]] = {
    "simple": Syntax("", named=False, joint=",", exploded=","),
    "label": Syntax(".", named=False, joint=",", exploded="."),
    "matrix": Syntax(";", named=True, joint=",", exploded=";", bare=True),
    "form": Syntax("", named=True, joint=",", exploded="&"),
    "spaceDelimited": Syntax("", named=True, joint="%20", exploded="&"),
    "pipeDelimited": Syntax("", named=True, joint="%7C", exploded="&"),
    "tabDelimited": Syntax("", named=True, joint="%09", exploded="&"),
    "cookie": Syntax("", named=True, joint=",", exploded="; "),
    "deepObject": Syntax("", named=True, joint=",", exploded="&"),
}

ALSO_JOINTS: Final[Mapping[str, re.Pattern[str]]] = {
    "%20": re.compile(r"%20|\+"),
    "%7C": re.compile(r"%7[Cc]|\|"),
    "%09": re.compile(r"%09|\t"),
}
"""The joints that are escapes themselves, and how clients write them as well. No value can hold one of these."""


def cutter(joint: str) -> Callable[[str], list[str]]:
    """Return what cuts raw text at a joint; an empty text has no parts."""
    pattern = ALSO_JOINTS.get(joint)
    if pattern is None:
        return lambda text: text.split(joint) if text else []
    return lambda text: pattern.split(text) if text else []


_FITTING: Final[Mapping[str, tuple[Style, ...]]] = {
    "path": ("simple", "label", "matrix"),
    "header": ("simple",),
    "cookie": ("form", "cookie"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "tabDelimited", "deepObject"),
    "querystring": ("form",),
}
"""The styles of each place, its default first."""


def style_of(parameter: Parameter) -> Style:
    """Return the style a parameter has; one that its place does not know (MAC372) counts as the place's default."""
    fitting = _FITTING[parameter.location]
    return parameter.style if parameter.style in fitting else fitting[0]
