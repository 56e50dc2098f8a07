"""Rules of `macaron audit` about credentials: how good secrets are, where they stand, how long tokens count.

Each takes the service and yields risks, in which no secret's value ever stands. All rules are listed in audit.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any, Final
from urllib.parse import urlsplit

from macaron_runner.configuration.files import shown_name
from macaron_runner.configuration.sensitive import is_secret_by_place
from macaron_runner.configuration.source import Path
from macaron_runner.diagnostics import Location, Severity
from macaron_runner.inspection.audited import Audited, Risk, is_loopback, mapping, scalars
from macaron_runner.inspection.guessing import can_be_guessed

_LONGEST_TOKEN: Final = 7 * 86400.0
_LARGEST_LEEWAY: Final = 300.0
_GENERIC: Final = frozenset((
    "*", "all", "any", "anybody", "anyone", "api", "app", "application", "aud", "audience", "auth",
    "backend", "default", "dev", "development", "example", "example.com", "iss", "issuer", "jwt", "local",
    "localhost", "me", "myapp", "my-app", "my-service", "none", "null", "prod", "production", "public",
    "self", "server", "service", "test", "token", "user", "users", "web", "www.example.com",
))  # fmt: skip
_CREDENTIAL: Final = re.compile(
    r"(?:^|[._-])(?:password|passwd|passphrase|pwd|pass|secret|token|api_?key|access_?key|private_?key|credentials?)$",
    re.IGNORECASE,
)
_DEFAULT: Final = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*):-(?P<default>[^}$]+)\}")
_REFERENCE: Final = re.compile(r"\$\{[^{}]*\}")
_IN_USERINFO: Final = re.compile(r"://[^/?#@]*:[^/?#@]*$")
_PLACES_FOR_LITERALS: Final = ("clients", "config", "http", "observability", "server", "tasks")
_RUN_TIME_FOLDERS: Final = ("/run/", "/var/run/")  # where orchestrators put secrets, with modes of their own


def weak_secrets(audited: Audited) -> Iterator[Risk]:
    """Find a signing secret that is a default of tutorials, a few characters repeated, or a row of a keyboard."""
    for name, verifier in audited.config.auth.items():
        for key_id, key in verifier.keys.items():
            if key.secret is not None and can_be_guessed(key.secret.reveal()):
                yield audited.risk(
                    f'the secret of the key "{key_id}" can be guessed: anyone could sign tokens',
                    ("auth", name, "keys", key_id, "secret"),
                    "make a random one: openssl rand -base64 48",
                    confidential=not key.secret.names,
                )


def generic_claims(audited: Audited) -> Iterator[Risk]:
    """Find an issuer or audience that other services' tokens may have as well."""
    for name, verifier in audited.config.auth.items():
        for key, value in (("issuer", verifier.issuer), ("audience", verifier.audience)):
            if len(value.strip()) < 2 or value.strip().lower() in _GENERIC:
                yield audited.risk(
                    f'the {key} "{value}" of "{name}" says nothing: tokens meant for others pass as well',
                    ("auth", name, key),
                    f"name the service: {key}: {audited.config.service.name}.example.org",
                )


def long_tokens(audited: Audited) -> Iterator[Risk]:
    """Find tokens that count for more than a week: a stolen one cannot be called back."""
    for name, verifier in audited.config.auth.items():
        if verifier.token_lifetime > _LONGEST_TOKEN:
            days = f"{verifier.token_lifetime / 86400:.3g} days"
            message = f'tokens of "{name}" are valid for {days}: a stolen one cannot be called back'
            yield audited.risk(message, ("auth", name, "token_lifetime"), "keep it below 7d; hours are usual")


def large_leeway(audited: Audited) -> Iterator[Risk]:
    """Find a leeway far beyond what clocks differ by: expired tokens go on counting."""
    for name, verifier in audited.config.auth.items():
        if verifier.leeway > _LARGEST_LEEWAY:
            minutes = f"{verifier.leeway / 60:.3g} minutes"
            message = f'"{name}" takes tokens that expired up to {minutes} ago'
            yield audited.risk(message, ("auth", name, "leeway"), "clocks differ by seconds: 30s is plenty")


def plain_key_sets(audited: Audited) -> Iterator[Risk]:
    """Find a JSON Web Key Set over http: whoever is on the way chooses the keys."""
    for path, value in scalars(mapping(audited.said("auth")), ("auth",)):
        if "jwks" in path and isinstance(value, str) and _is_plain_http(value):
            message = "keys are fetched over plain http: whoever is on the way can put in their own"
            yield audited.risk(message, path, "write https://…")


def made_up_secrets(audited: Audited) -> Iterator[Risk]:
    """Find `generate: true` where the service is not only developed: a source that is absent would go unnoticed."""
    if not audited.outside_development:
        return
    for name, secret in audited.config.secrets.items():
        if not secret.generate:
            continue
        has_source = bool(secret.env or secret.file)
        when = "is made up where its source is absent" if has_source else "has no source and is made up"
        yield audited.risk(
            f'the secret "{name}" {when}, and each machine makes another',
            ("secrets", name, "generate"),
            f"take it away in this environment: secrets: {{{name}: {{generate: null}}}}",
            severity=None if has_source else Severity.HIGH,
        )


def defaults_of_credentials(audited: Audited) -> Iterator[Risk]:
    """Find `${PASSWORD:-changeme}`: where the variable is not set, everyone knows the password."""
    for path, text in scalars(audited.written):
        if not isinstance(text, str) or path[0] in ("apis", "audit", "deploy", "service"):
            continue
        if path[0] == "vars":
            yield from _default_of_variable(audited, path, text)
            continue
        for match in _DEFAULT.finditer(text):
            if _is_credential(path) or _is_name(match["name"]) or _IN_USERINFO.search(text[: match.start()]):
                place = audited.configuration.merged.locate_text(path, f"${{{match['name']}", 0)
                yield _credential_with_default(audited, path, match["name"], place)


def _default_of_variable(audited: Audited, path: Path, text: str) -> Iterator[Risk]:
    if len(path) == 3 and path[2] == "default" and _is_name(str(path[1])) and text:
        yield _credential_with_default(audited, path, str(path[1]), audited.configuration.locate(*path))


def _credential_with_default(audited: Audited, path: Path, name: str, place: Location) -> Risk:
    risk = audited.risk(
        f"where {name} is not set, a credential is taken that stands in the file",
        path,
        f"declare a secret: secrets: {{{name.lower()}: {{env: {name}}}}}, and write ${{secret:{name.lower()}}}",
        confidential=True,
    )
    return Risk(risk.message, place, risk.about, risk.help, confidential=True)


def literal_credentials(audited: Audited) -> Iterator[Risk]:
    """Find a password or token that is written in the file, under a key of that name or in a URL."""
    for path, text in scalars(audited.written):
        if not isinstance(text, str) or path[0] not in _PLACES_FOR_LITERALS:
            continue
        if is_secret_by_place(path):  # `check` warns of it already: MAC210
            continue
        own = _without_references(text)
        if (_is_credential(path) and text.strip() and own == text) or _password_in(own):
            yield audited.risk(
                "a credential stands in the file, for everyone who reads it",
                path,
                "declare a secret with env: or file:, and write ${secret:name} here",
                confidential=True,
            )


def _without_references(text: str) -> str:
    """Return what a text says itself: what a reference brings stands elsewhere, its default is MAC707's business."""
    while (shorter := _REFERENCE.sub("", text)) != text:
        text = shorter
    return text


def readable_files(audited: Audited) -> Iterator[Risk]:
    """Find a secret's file that every user of the machine may read."""
    for name, file in _files_of_secrets(audited):
        mode = _mode(file)
        if mode is not None and mode & stat.S_IROTH and not str(file).startswith(_RUN_TIME_FOLDERS):
            message = f'every user of this machine can read the file of the secret "{name}" (mode {mode:o})'
            yield audited.risk(message, ("secrets", name, "file"), f"chmod 600 {shown_name(file)}")


def committed_files(audited: Audited) -> Iterator[Risk]:
    """Find a secret's file in a git repository that no .gitignore keeps out."""
    files = {file: name for name, file in _files_of_secrets(audited) if _mode(file) is not None}
    if not files:
        return
    for file in audited.committed(audited.configuration.directory, list(files)):
        message = f'git would commit the file of the secret "{files[file]}", or has done so'
        help_ = "name it in .gitignore; if it was committed, change the secret"
        yield audited.risk(message, ("secrets", files[file], "file"), help_)


def _files_of_secrets(audited: Audited) -> Iterator[tuple[str, FilePath]]:
    for name, secret in audited.config.secrets.items():
        if secret.file is not None:
            yield name, audited.configuration.resolve(secret.file)


def _mode(file: FilePath) -> int | None:
    try:
        return stat.S_IMODE(file.stat().st_mode)
    except (OSError, ValueError):
        return None


def _is_name(name: str) -> bool:
    return _CREDENTIAL.search(name) is not None


def _is_credential(path: Path) -> bool:
    """Tell whether a value is a credential by the name of its key; `…_token: auth.users` and the like are not."""
    return any(isinstance(step, str) and _is_name(step) for step in path[-1:]) and path[0] != "secrets"


def _password_in(text: str) -> bool:
    """Tell whether a text is a URL with a password in it, but for the one that audit tells by itself (guest)."""
    if "://" not in text or "@" not in text:
        return False
    try:
        password = urlsplit(text).password
    except ValueError:
        return False
    return bool(password)


def _is_plain_http(value: Any) -> bool:
    if not isinstance(value, str) or not value.lower().startswith("http://"):
        return False
    try:
        return not is_loopback(urlsplit(value).hostname or "")
    except ValueError:
        return False
