"""Problems found in the user's files: what a diagnostic is.

Not for errors of requests (errors), nor for showing them (rendering, reports); and it finds nothing itself: each room
reports what it knows about.

A diagnostic as text:

    error[MAC214]: unknown queue "emial" for task "shop.jobs.send_receipt"
      --> macaron.prod.yaml:41:14
    41 |       queue: emial
       |              ^^^^^ not one of: default, email
       = help: did you mean "email"?
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any, Literal

from macaron_runner.errors import CommandError

CODES: Mapping[str, str] = {
    # 1xx: macaron.yaml as text and as a tree
    "MAC101": "the file cannot be read",
    "MAC102": "the YAML is broken",
    "MAC103": "a key stands twice in one map",
    "MAC104": "a key is not known",
    "MAC105": "a value has the wrong type or form",
    "MAC106": "a required key is missing",
    "MAC107": "the key is not available in this version",
    "MAC108": "the format version is not known",
    "MAC109": "the interpolation is broken",
    "MAC110": "a variable of the environment is not set",
    "MAC111": "a variable of the environment has the wrong type",
    "MAC112": "a secret is not declared",
    "MAC113": "a secret is absent",
    "MAC114": "a secret cannot stand here",
    "MAC115": "there is no overlay of this name",
    "MAC116": "a --set makes no sense",
    # 20x-24x: macaron.yaml against itself
    "MAC201": "a secret has no source, or several",
    "MAC202": "a schedule needs exactly one of cron and every",
    "MAC203": "a cron line is broken",
    "MAC204": "a time zone is not known",
    "MAC205": "a default does not fit its variable's type",
    "MAC206": "a verifier is not known",
    "MAC207": "a name is taken",
    "MAC208": "a key has no secret",
    "MAC209": "a secret is too short",
    "MAC210": "a secret stands in the file",
    "MAC211": "an address is broken",
    "MAC212": "an address stands twice",
    "MAC213": "a broker is not known",
    "MAC214": "a queue is not known",
    "MAC215": "a folder is not there",
    "MAC216": "a file that is extended cannot be read",
    "MAC217": "files extend each other",
    "MAC218": "an overlay cannot extend",
    "MAC219": "too much is extended",
    "MAC225": "an image's name is broken",
    "MAC226": "a target needs an image, and there is none",
    "MAC227": "an image's name has no registry",
    "MAC228": "a target is not known",
    "MAC229": "targets wait for each other",
    "MAC230": "the embedded broker cannot serve a target",
    "MAC231": "a secret is made up at a target",
    "MAC232": "a target's environment has no overlay",
    "MAC233": "a file that the image needs is not there",
    "MAC234": "nothing reaches the server at a target",
    "MAC235": "a range is empty",
    "MAC236": "a pool is not known",
    "MAC237": "a finding that cannot be ignored is",
    # 25x: what several rooms say together (assembly)
    "MAC250": "an API's document does not exist",
    "MAC251": "models that two APIs share differ",
    # 256-269: the machine and the moment (inspection)
    "MAC256": "an address cannot be listened on",
    "MAC257": "the broker cannot be reached",
    "MAC258": "importing the service ends or hangs the process",
    "MAC259": "a header never arrives",
    # 35x: models
    "MAC351": "a parent class cannot be imported",
    "MAC352": "a class cannot be the parent of a model",
    # 37x-39x: documents against their specification, and operations compiled
    "MAC370": "the document has a key that its specification does not know",
    "MAC371": "the document lacks a key that its specification asks for",
    "MAC372": "the document has a value that its specification does not allow",
    "MAC375": "two parameters of an operation have one name in Python",
    "MAC376": "a parameter's default is not of its type",
    "MAC380": "a pattern cannot be used",
    "MAC381": "a default does not fit its schema",
    "MAC382": "an example does not fit its schema",
    "MAC383": "a listed value does not fit its schema",
    # 40x: security schemes, verifiers and keys
    "MAC401": "a security scheme that an operation needs has no verifier",
    "MAC402": "several verifiers fit a security scheme",
    "MAC404": "a verifier cannot check the kind of scheme it is mapped to",
    "MAC405": "a security scheme is mapped that the API does not have",
    "MAC406": "a key of a verifier cannot be used",
    "MAC407": "a decorator looks at the caller's token, and no verifier is chosen for it",
    # 30x to 34x: API documents, and the rules no meta-schema sees
    "MAC301": "an API document cannot be read",
    "MAC302": "the JSON is broken",
    "MAC303": "not an API document of a known specification",
    "MAC304": "a reference leads nowhere",
    "MAC305": "a reference leads to another host",
    "MAC306": "a reference leads back to itself",
    "MAC307": "a schema cannot be understood",
    "MAC308": "there is no such built-in API",
    "MAC310": "a server's variable has no default",
    "MAC311": "an array does not say what its items are",
    "MAC312": "an operation has a body and form fields",
    "MAC313": "an operation has two bodies",
    "MAC314": "a file is no field of a form",
    "MAC315": "an operationId stands twice",
    "MAC316": "a parameter stands twice",
    "MAC317": "a placeholder of a path has no parameter",
    "MAC318": "a path parameter has no placeholder",
    "MAC319": "two paths are the same but for names",
    "MAC320": "a required property is not declared",
    "MAC321": "a security scheme is not defined",
    "MAC322": "a scope is not defined",
    "MAC323": "a discriminator's property is not required",
    "MAC324": "a discriminator maps to no schema",
    "MAC325": "a schema is readOnly and writeOnly",
    "MAC326": "a path does not begin with a slash",
    "MAC327": "a path parameter is not required",
    "MAC328": "a parameter's location is not known",
    "MAC329": "a placeholder stands twice in one path",
    "MAC330": "a path is a reference and has more beside it",
    "MAC331": "an extension is nearly, but not quite, one of macaron's",
    "MAC332": "servers of a path or an operation are not used",
    # 5xx: binding operations to functions, gunicorn
    "MAC501": "there is no such module",
    "MAC502": "importing a module fails",
    "MAC503": "an operation has no handler, or names a function that does not exist",
    "MAC504": "a decorator cannot be applied",
    "MAC505": "a handler does not fit its operation",
    "MAC506": "two operations answer the same method and path",
    "MAC507": "a function named in macaron.yaml does not exist",
    "MAC508": "there are tasks, and no tasks: key",
    "MAC509": "a function looks like a handler and answers no operation",
    "MAC511": "a gunicorn setting is not known",
    "MAC512": "a gunicorn setting has a wrong value",
    "MAC513": "a gunicorn setting cannot be set in macaron.yaml",
    "MAC514": "the worker class is not known, or cannot be imported",
    "MAC515": "the worker class has no threads",
    # 6xx: tasks
    "MAC601": "Celery has no such setting",
    "MAC602": "a Celery setting has the wrong type",
    "MAC603": "a Celery setting repeats a key of macaron.yaml",
    "MAC604": "a Celery setting would break a promise",
    "MAC611": "two tasks have one name",
    "MAC612": "a schedule names an unknown task",
    "MAC613": "a schedule's arguments do not fit its task",
    "MAC614": "a task names an unknown queue",
    # 7xx: what is unsafe (audit)
    "MAC701": "a secret can be guessed",
    "MAC702": "an issuer or audience says nothing",
    "MAC703": "tokens are valid for very long",
    "MAC704": "the leeway is large",
    "MAC705": "keys are fetched over plain http",
    "MAC706": "a secret would be made up outside development",
    "MAC707": "a credential has a default",
    "MAC708": "a credential stands in the file",
    "MAC709": "a secret's file can be read by others",
    "MAC710": "every website may call with its visitors' credentials",
    "MAC711": "every website may call",
    "MAC712": "the body limit is very large",
    "MAC713": "documentation pages are open to everyone",
    "MAC714": "the log says too much",
    "MAC715": "the server listens on all interfaces",
    "MAC716": "a gunicorn setting weakens the server",
    "MAC717": "a Celery setting weakens the tasks",
    "MAC718": "the broker is reached without TLS",
    "MAC719": "the broker asks for no password",
    "MAC720": "the broker has a password that everyone knows",
    "MAC721": "others may change a file that the service runs by",
    "MAC722": "a secret's file is not ignored by git",
    "MAC730": "an operation does not say who may call it",
    "MAC731": "an API does not say who may call it",
    "MAC732": "an API key travels in the URL",
    "MAC733": "a credential travels in clear",
    "MAC734": "a scope is not used",
    "MAC735": "a server of the document is plain http",
    "MAC736": "responses are not checked",
    "MAC737": "operations without handler are answered",
    "MAC738": "the crash API is served",
    "MAC740": "the service runs as root",
    "MAC741": "a base image is not pinned",
    "MAC742": "a base image has no fixed version",
    "MAC744": "a public host has no TLS",
    "MAC749": "an ignore ignores nothing",
}
"""Every code and what it means in a few words. A code, once released, never changes its meaning."""


class Severity(StrEnum):
    """How bad it is: an error stops the start, a warning does not.

    The others are those of `macaron audit`, where nothing is broken: how much harm somebody could do.
    """

    ERROR = "error"
    WARNING = "warning"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def level(self) -> Literal["error", "warning", "note"]:
        """The nearest of the three words that SARIF has (2.1.0, section 3.27.10), as have other tools."""
        return _LEVELS[self]


_LEVELS: Mapping[Severity, Literal["error", "warning", "note"]] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file: 1-based line and column; `length` is how many characters to underline.

    Line 0 means the file as a whole.
    """

    file: str
    line: int = 0
    column: int = 0
    length: int = 1

    @classmethod
    def at(cls, file: str, text: str, index: int, length: int = 1) -> Location:
        """Return the place of the character `index` of a file's text; `length` is cut at the end of its line.

        A line ends with LF, CR or both, as in YAML 1.2 (section 5.4). Past the end is at the end.
        """
        index = min(index, len(text.rstrip()))
        line = 1 + text.count("\n", 0, index) + text.count("\r", 0, index) - text.count("\r\n", 0, index)
        begin = max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1
        rest = text[index : index + length].rstrip()
        return cls(
            file, line, index - begin + 1, max(1, len(re.split(r"[\r\n]", rest, maxsplit=1)[0].rstrip()))
        )

    @property
    def in_file(self) -> bool:
        """Whether it is a place in a file at all, and not a word of the command line or the environment."""
        return not self.file.startswith(("--set ", "environment "))

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: what (`message`), where (`location`), what is wrong there (`label`), the remedy (`help`).

    `related` are further places with a word each: the `$ref` that led to the file, the first of two
    duplicates. `confidential`: the line in the file holds a credential, and is not shown.
    """

    code: str
    message: str
    location: Location | None = None
    label: str = ""
    help: str = ""
    severity: Severity = Severity.ERROR
    related: tuple[tuple[Location, str], ...] = ()
    confidential: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"diagnostic code {self.code} is not in CODES")

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object with stable keys, from which `from_json` makes an equal diagnostic.

        `file` is null where there is no place, `line` 0 where the place is a file as a whole.
        """
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            **_place_to_json(self.location),
            "label": self.label,
            "help": self.help,
            "related": [{**_place_to_json(place), "message": word} for place, word in self.related],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Diagnostic:
        """Return the diagnostic that `to_json` wrote. Raises KeyError or ValueError where the value is none."""
        related = ((_place_from_json(each), str(each["message"])) for each in value["related"])
        return cls(
            value["code"],
            value["message"],
            _place_from_json(value),
            value["label"],
            value["help"],
            Severity(value["severity"]),
            tuple((place, word) for place, word in related if place is not None),
        )


def _place_to_json(place: Location | None) -> dict[str, Any]:
    if place is None:
        return {"file": None, "line": None, "column": None, "length": None}
    return {"file": place.file, "line": place.line, "column": place.column, "length": place.length}


def _place_from_json(value: Mapping[str, Any]) -> Location | None:
    if value["file"] is None:
        return None
    return Location(value["file"], value["line"], value["column"], value["length"])


class BadConfiguration(CommandError):
    """The user's files have errors; all of them are here. Ends a command with exit code 78 (EX_CONFIG)."""

    exit_code = 78

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(f"{d.location or ''}: {d.code}: {d.message}" for d in self.diagnostics))


def raise_errors(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the warnings where there is no error; raise BadConfiguration with everything if there is one."""
    found = tuple(diagnostics)
    if has_errors(found):
        raise BadConfiguration(found)
    return found


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Tell whether any of them is an error, and not only a warning."""
    return any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)


_MOST_KNOWN = 1000


def near_word(word: str, known: Iterable[str]) -> str:
    """Return a sentence that offers the known word nearest to `word`, or "" where none is near."""
    matches = difflib.get_close_matches(word, list(islice(known, _MOST_KNOWN)), n=1, cutoff=0.6)
    return f'did you mean "{matches[0]}"?' if matches else ""
