"""Takes the values of secrets out of any text: `‹secret name›` stands where one stood, in whatever form.

The second line of defence: a secret that was revealed may be logged, raised or printed by anybody. Pure. Not for the
secrets of a configuration (configuration.sensitive), nor for the streams and logs that this is put into.

What is recognised, of each secret of SHORTEST characters or more:

- the value without the white space around it, each character as itself or as URLs (RFC 3986 section 2.1, once or
  again), JSON, Python's `repr` and HTML write it, in any mixture;
- its Base64 (RFC 4648 sections 4 and 5), at any place of what was encoded;
- of a value of several lines (PEM): each line of SHORTEST_LINE characters or more;
- of a URL: its password, encoded or not;
- of a long value that was cut: its first and its last SHOWN characters.

What is shorter, and the PLAIN_WORDS, cannot be told from ordinary text: to mask them would make a log unreadable, and
would tell them to whoever can read.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NoReturn, Protocol
from urllib.parse import unquote, urlsplit

SHORTEST: Final = 6
"""Characters that a secret must have to be found by its value."""
SHORTEST_LINE: Final = 8
"""The same for one line of a secret of several."""
SHOWN: Final = 16
"""Characters by which a value that was cut short is recognised, at its beginning and at its end."""
LONG: Final = 24
"""Characters from which on a value is recognised when it was cut short."""
PLAIN_WORDS: Final = frozenset((
    "password", "secret", "default", "localhost", "macaron", "redis", "rediss", "postgres", "postgresql", "rabbitmq",
    "celery", "gunicorn", "handler", "service", "worker", "development", "production", "embedded", "unknown",
))  # fmt: skip
"""Values that logs are full of."""

_RUN: Final = re.compile(r"[A-Za-z0-9_.~-]+")
"""What no encoding changes but Base64 (RFC 3986 section 2.3: unreserved)."""
_SHORTEST_NEEDLE: Final = 3
_LONGEST_NEEDLE: Final = 12
"""Characters from which on a longer needle takes longer to look for, and is no better sign."""
_ARMOUR: Final = re.compile(r"-----(BEGIN|END) [^-]*-----")
_MARK: Final = r"‹secret(?: [^‹›\s]+)?›"
_REST_OF_CUT: Final = r"[^\s'\",\\&<>‹›{}()\[\]]*"
_JSON_ESCAPES: Final = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f", "\a": "a", "\v": "v"}
_HTML: Final = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}


class Redact(Protocol):
    """What makes of a text the one that may be shown."""

    def __call__(self, text: str, /) -> str:
        """Return the text without secrets."""
        ...


def unredacted(text: str, /) -> str:
    """Return the text as it is: the Redact of what has no secrets."""
    return text


def mark(name: str = "") -> str:
    """Return what is shown in place of the secret: `‹secret jwt_key›`, or `‹secret›` of one without name."""
    return f"‹secret {name}›" if name else "‹secret›"


def is_recognisable(value: str) -> bool:
    """Tell whether a secret of this value can be found in a text; README says so to those who choose secrets."""
    text = value.strip()
    return len(text) >= SHORTEST and text.lower() not in PLAIN_WORDS


@dataclass(frozen=True, slots=True, repr=False)
class _Form:
    """A form of a secret: `pattern` finds it, only in texts that hold `needle`; of `length` characters or more."""

    name: str
    length: int
    needle: str
    pattern: str

    @property
    def is_weak(self) -> bool:
        """Whether the needle is in so many texts that it is better to look for the form itself."""
        return len(self.needle) < _SHORTEST_NEEDLE


class Redactor:
    """Masks secrets, given as pairs of name and value; one name may have several values.

    A text without secrets costs a search for a few fixed strings; nothing more is compiled before one that may have
    some is met. It can be neither printed nor pickled with its secrets.
    """

    __slots__ = ("_any_form", "_forms", "_needles", "_single_forms", "_weak_forms")

    def __init__(self, secrets: Iterable[tuple[str, str]]) -> None:
        forms = dict[str, _Form]()
        for name, value in secrets:
            for form in _forms_of(value, name):
                forms.setdefault(form.pattern, form)
        # The longer one counts where one secret begins another.
        self._forms = tuple(sorted(forms.values(), key=lambda form: form.length, reverse=True))
        self._needles = tuple(sorted({form.needle for form in self._forms if not form.is_weak}))
        weak = [form.pattern for form in self._forms if form.is_weak]
        self._weak_forms = re.compile("|".join(weak)) if weak else None
        self._single_forms: dict[_Form, re.Pattern[str]] = {}
        self._any_form: re.Pattern[str] | None = None

    def __bool__(self) -> bool:
        """Whether there is anything to mask."""
        return bool(self._forms)

    def redact(self, text: str, /) -> str:
        """Return the text with every secret in it masked; applied again, it changes nothing more."""
        if any(map(text.__contains__, self._needles)) and self._has_a_form(text):
            return self._substitute(text)
        if self._weak_forms is not None and self._weak_forms.search(text):
            return self._substitute(text)
        return text

    def redact_bytes(self, data: bytes, /) -> bytes:
        """Return UTF-8 text, or what else stands in its place, with every secret in it masked."""
        if not self._forms:
            return data
        # To decode it all is quicker than to search bytes.
        text = data.decode("utf-8", "surrogateescape")
        redacted = self.redact(text)
        return data if redacted is text else redacted.encode("utf-8", "surrogateescape")

    def _has_a_form(self, text: str) -> bool:
        """Tell whether what a needle stands in really is a secret: "order" alone is no sign of "order:66!"."""
        return any(self._compiled(form).search(text) for form in self._forms if form.needle in text)

    def _compiled(self, form: _Form) -> re.Pattern[str]:
        if form not in self._single_forms:
            self._single_forms[form] = re.compile(form.pattern)
        return self._single_forms[form]

    def _substitute(self, text: str) -> str:
        if self._any_form is None:
            self._any_form = re.compile("|".join((_MARK, *(f"({form.pattern})" for form in self._forms))))
        return self._any_form.sub(self._masked, text)

    def _masked(self, match: re.Match[str]) -> str:
        # What is masked already belongs to no group.
        return mark(self._forms[match.lastindex - 1].name) if match.lastindex else match[0]

    def __repr__(self) -> str:
        return f"<Redactor of {', '.join(dict.fromkeys(form.name for form in self._forms)) or 'nothing'}>"

    def __copy__(self) -> Redactor:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Redactor:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets are not pickled")

    def __getstate__(self) -> NoReturn:
        raise TypeError("secrets are not pickled")


NOTHING: Final = Redactor(())
"""The redactor of what has no secrets."""


def _forms_of(value: str, name: str) -> Iterator[_Form]:
    """Yield the forms in which a secret, or a part of it that is as secret as the whole, is recognised."""
    if is_recognisable(value):
        text = value.strip()
        yield _written(text, name)
        yield from _encoded(text, name)
        if _may_be_cut(text):
            yield _written(text[:SHOWN], name, _REST_OF_CUT)
            yield _written(text[-SHOWN:], name)
    for password in url_passwords(value):
        yield _written(password, name)
        yield from _encoded(password, name)
    for line in _lines_of(value):
        yield _written(line, name)


def _lines_of(value: str) -> Iterator[str]:
    """Yield what is secret by itself of a value of several lines."""
    lines = [line.strip() for line in value.strip().splitlines()]
    for line in lines if len(lines) > 1 else ():
        if len(line) >= SHORTEST_LINE and is_recognisable(line) and not _ARMOUR.fullmatch(line):
            yield line


def url_passwords(text: str) -> Iterator[str]:
    """Yield the password in a URL (RFC 3986 section 3.2.1), as it stands and decoded; nothing where it has none."""
    if "://" not in text:
        return
    try:
        password = urlsplit(text).password
    except ValueError:  # an address that is none: no password can be told from the rest
        return
    for form in dict.fromkeys((password or "", unquote(password or ""))):
        if is_recognisable(form):
            yield form


def _written(text: str, name: str, rest: str = "") -> _Form:
    """Return the form of a text as it is written, whatever encodes its characters; `rest` is what may follow."""
    # What holds the whole of a long text holds its beginning: one needle does for both.
    sign = text[:SHOWN] if _may_be_cut(text) else text
    return _Form(name, len(text), _needle_in(sign), _any_form(text) + rest)


def _encoded(text: str, name: str) -> Iterator[_Form]:
    """Yield the forms of a text in Base64."""
    for encoded in _base64_of(text):
        # The last character, and the padding, tell a few bits more.
        pattern = f"{''.join(map(_base64_character, encoded))}[A-Za-z0-9+/_-]?={{0,2}}"
        yield _Form(name, len(encoded), _needle_in(encoded), pattern)


def _needle_in(text: str) -> str:
    """Return the longest piece that looks the same in every form, or "", which every text holds."""
    return max(_RUN.findall(text), key=len, default="")[:_LONGEST_NEEDLE]


def _may_be_cut(text: str) -> bool:
    """Tell whether the ends of a text alone tell it: those of a URL, a JSON text or a token are everybody's."""
    return (
        len(text) >= LONG
        and "://" not in text
        and not text.startswith(("eyJ", "{", "["))
        and len(text.split()) == 1
    )


def _base64_of(text: str) -> Iterator[str]:
    """Yield what is the same in the Base64 of anything that has the text in it: one for each of three alignments."""
    data = text.encode("utf-8", "surrogateescape")
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode("ascii")
        yield encoded[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]


def _base64_character(character: str) -> str:
    """Return the pattern of a character in both alphabets of Base64, perhaps in a URL or in JSON."""
    other = {"+": "-", "/": "_"}.get(character)
    return character if other is None else f"(?:{_form(character)}|{other})"


def _any_form(text: str) -> str:
    """Return the pattern of a text of which each character may be encoded in a way of its own."""
    pieces = re.findall(r"\\+|\r\n|.", text, re.DOTALL)
    return "".join(_form(piece) for piece in pieces)


def _form(piece: str) -> str:
    """Return the pattern of one character (or CR LF, or a run of backslashes) in every form."""
    if _RUN.fullmatch(piece):
        return re.escape(piece)
    if piece[0] == "\\":
        count = len(piece)
        return rf"(?:\\{{{count},{8 * count}}}|{_percent(chr(92)) * count}|(?:&#92;){{{count}}})"
    if piece == "\r\n":
        return f"(?:{_form(chr(13))})?{_form(chr(10))}"
    options = [re.escape(piece), _percent(piece), *_escapes(piece), _html(piece)]
    if piece == " ":
        options.append(r"\+")
    if piece == "\n":
        options.append(r"\r?\n[ \t|]{0,80}")  # a text of several lines that was indented
    return f"(?:{'|'.join(reversed(options))})"


def _percent(character: str) -> str:
    """Return the pattern of a character percent-encoded, once or several times."""
    data = character.encode("utf-8", "surrogateescape")
    return "".join(f"%(?:25){{0,4}}{_hexadecimal(byte, 2)}" for byte in data)


def _html(character: str) -> str:
    """Return the pattern of a character reference (HTML, section 13.5: the few that every program writes)."""
    code = ord(character)
    name = f"|{_HTML[character]}" if character in _HTML else ""
    return f"&(?:#{code}|#[xX]0*{_hexadecimal(code, 1)}{name});"


def _escapes(character: str) -> Iterator[str]:
    """Yield the patterns of a character behind backslashes: JSON (RFC 8259 section 7), Python, and either of either."""
    code = ord(character)
    slashes = r"\\{1,8}"
    if character in "\"'/`$":
        yield slashes + re.escape(character)
    if character in _JSON_ESCAPES:
        yield slashes + _JSON_ESCAPES[character]
    if code < 0x10000:
        yield f"{slashes}u{_hexadecimal(code, 4)}"
    else:
        high, low = divmod(code - 0x10000, 0x400)
        yield f"{slashes}u{_hexadecimal(0xD800 + high, 4)}{slashes}u{_hexadecimal(0xDC00 + low, 4)}"
        yield f"{slashes}U{_hexadecimal(code, 8)}"
    if code < 0x100:
        yield f"{slashes}x{_hexadecimal(code, 2)}"
    if code >= 0x80:
        data = character.encode("utf-8", "surrogateescape")
        yield "".join(f"{slashes}x{_hexadecimal(byte, 2)}" for byte in data)


def _hexadecimal(number: int, digits: int) -> str:
    """Return the pattern of a number in hexadecimal digits of either case."""
    return re.sub("[a-f]", lambda letter: f"[{letter[0]}{letter[0].upper()}]", f"{number:0{digits}x}")
