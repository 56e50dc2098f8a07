"""Whether somebody could guess a secret: a default of tutorials, a few characters repeated, a row of a keyboard.

Pure. Only for secrets that were chosen badly: a good-looking secret may still be known to others.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise
from typing import Final

_KNOWN: Final = frozenset((
    "abc", "abcdef", "admin", "administrator", "changeit", "changeme", "changethis", "default", "demo",
    "dev", "development", "dummy", "example", "foo", "foobar", "guest", "hello", "helloworld", "hunter",
    "iloveyou", "jwt", "jwtkey", "jwtsecret", "jwtsecretkey", "key", "keyboardcat", "letmein", "login",
    "master", "me", "mykey", "mypassword", "mysecret", "mysecretkey", "mysecrettoken", "mysupersecretkey",
    "mytoken", "none", "notsecret", "nosecret", "null", "p4ssw0rd", "pass", "passw0rd", "passwd",
    "password", "placeholder", "please", "private", "qwerty", "qwertyuiop", "replaceme", "root", "s3cr3t",
    "s3cret", "sample", "secret", "secretkey", "secretpassword", "secretsecret", "secrettoken",
    "signingkey", "super", "supersecret", "supersecretkey", "supersecretpassword", "test", "testing",
    "testkey", "testsecret", "thisisasecret", "thisisnotasecret", "todo", "token", "topsecret", "undefined",
    "user", "verysecret", "welcome", "xxx", "your", "yourbitsecret", "yoursecret", "yoursecrethere",
    "yoursecretkey", "yoursecretkeyhere", "yoursupersecretkey",
))  # fmt: skip
"""What stands in tutorials, templates and answers on the web, letters only, in lower case."""
_LEAST_BITS: Final = 80.0
_MOST_STEPS: Final = 0.7
_LONG: Final = 32


def can_be_guessed(text: str) -> bool:
    """Tell whether a secret is one of those that are tried first.

    "changeme", "Your-256-bit-Secret!", "secretsecretsecret…" are; a sentence of one's own and random text are not.
    What is only short is not looked at: that is another finding.
    """
    letters = re.sub("[^a-z0-9]", "", text.lower())
    if _period(letters).strip("0123456789") in _KNOWN or re.sub("[0-9]", "", letters) in _KNOWN:
        return True
    return len(text.encode()) >= _LONG and (_bits(text) < _LEAST_BITS or _is_a_row(text))


def _period(text: str) -> str:
    """Return the shortest text of which `text` is a repetition: "abcabcab" -> "abc"."""
    if not text:
        return text
    return text[: (text + text).find(text, 1)] if text in (text + text)[1:-1] else _cut_repetition(text)


def _cut_repetition(text: str) -> str:
    """Return what a text repeats, the last time perhaps not to its end, at least twice."""
    for length in range(1, len(text) // 2 + 1):
        if all(text[index] == text[index % length] for index in range(length, len(text))):
            return text[:length]
    return text


def _bits(text: str) -> float:
    """Return Shannon's entropy of a text, its repetitions counted once."""
    once = _period(text)
    counts = Counter(once)
    return sum(-count * math.log2(count / len(once)) for count in counts.values())


def _is_a_row(text: str) -> bool:
    """Tell whether most characters are the one before, or its neighbour: "abcdef…", "1111…2222"."""
    steps = [abs(ord(after) - ord(before)) <= 1 for before, after in pairwise(text)]
    return sum(steps) > _MOST_STEPS * len(steps)
