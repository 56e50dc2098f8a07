"""The command of curl that sends the request of a call. Not for finding out what is called (call_target).

Credentials are not shown: a token is made by `macaron token` when the command runs, one that was given stands as
$TOKEN, what macaron.yaml has as ‹secret name›, as everywhere.
"""

from __future__ import annotations

import base64
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from macaron_runner.clients.identity import compile_identity, credential_source
from macaron_runner.clients.options import Options
from macaron_runner.ids import new_uuid

if TYPE_CHECKING:
    from macaron_runner.cli.call_target import Target, Token
    from macaron_runner.clients.outgoing import Outgoing


def curl_command(
    target: Target, body: tuple[Any, ...], values: dict[str, Any], options: Options, *, reveal: bool
) -> str:
    """Return the command that would send a call. Raises TypeError and CannotSend, as the call does."""
    settings = target.settings
    show = compile_identity(
        target.operation, target.api.security_schemes, settings.auth, credential_source(settings.auth)
    )
    token = target.token
    stand_in = new_uuid().replace("-", "")  # nothing that encodes a credential changes it
    shown = None if token is None else token.text if reveal else stand_in
    outgoing = show(target.called(options).prepare(*body, **values), shown)
    words = " ".join(_quoted(word, stand_in, token) for word in _words(target, outgoing))
    data = _whole(outgoing)
    if data is None or _as_text(data) is not None:
        return words
    return f"echo {base64.b64encode(data).decode()} | base64 -d | {words}"


def _words(target: Target, outgoing: Outgoing) -> Iterator[str]:
    data = _whole(outgoing)
    yield "curl"
    if outgoing.method != ("GET" if data is None else "POST"):
        yield from ("--head",) if outgoing.method == "HEAD" else ("--request", outgoing.method)
    yield from _connection(target)
    for name, value in outgoing.headers:
        yield from ("--header", f"{name}: {value}")
    if data is not None:
        text = _as_text(data)
        yield from ("--data-binary", "@-") if text is None else ("--data-raw", text)
    yield target.origin + outgoing.target


def _connection(target: Target) -> Iterator[str]:
    """Yield how the origin is reached, where macaron.yaml says something of that."""
    settings, resolve = target.settings, target.resolve
    for option, path in (
        ("--cacert", settings.tls.ca), ("--cert", settings.tls.certificate), ("--key", settings.tls.key),
    ):  # fmt: skip
        if path is not None:
            yield from (option, str(resolve(path)))
    if not settings.tls.verify:
        yield "--insecure"
    if settings.proxy is not None:
        yield from ("--proxy", settings.proxy.reveal())


def _whole(outgoing: Outgoing) -> bytes | None:
    body = outgoing.body
    return body if body is None or isinstance(body, bytes) else b"".join(body)


def _as_text(data: bytes) -> str | None:
    """Return what can stand in a command; None where nothing can."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _quoted(word: str, stand_in: str, token: Token | None) -> str:
    """Return a word as the shell reads it, what makes the token in place of what stands for it."""
    if token is None or stand_in not in word:
        return shlex.quote(word)
    made = f'"$({shlex.join(token.words)})"' if token.words else '"$TOKEN"'
    return made.join(shlex.quote(part) if part else "" for part in word.split(stand_in))
