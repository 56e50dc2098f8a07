"""Rules of `macaron audit` about how the service listens, what it lets through, its log, its tasks and their broker.

Each takes the service and yields risks. Not for credentials (secret_risks). All rules are listed in audit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from macaron_runner.configuration.interpolate import Failed
from macaron_runner.configuration.merge import child
from macaron_runner.configuration.sensitive import Sensitive
from macaron_runner.diagnostics import Severity
from macaron_runner.inspection.audited import Audited, Risk, is_everywhere, is_loopback, mapping
from macaron_runner.inspection.guessing import can_be_guessed
from macaron_runner.processes.plan import bind_addresses

_LARGEST_BODY: Final = 100 * 2**20
_REFERENCE: Final = re.compile(r"\$\{[^{}]*?(?::-(?P<default>[^{}]*))?\}")
_TLS: Final = ("rediss", "amqps")


def open_origins_with_credentials(audited: Audited) -> Iterator[Risk]:
    """Find CORS rules by which every website may call in the name of whoever visits it."""
    for key, cors in _cors(audited):
        if _allows_all(cors) and _allows_credentials(cors):
            message = "every website may call with its visitors' cookies and read the answers"
            yield audited.risk(message, ("http", "cors", *key), "name the origins that may")


def open_origins(audited: Audited) -> Iterator[Risk]:
    """Find CORS rules by which every website may read answers."""
    for key, cors in _cors(audited):
        if _allows_all(cors) and not _allows_credentials(cors):
            message = "every website may call and read the answers"
            yield audited.risk(message, ("http", "cors", *key), "name the origins that may")


def _cors(audited: Audited) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the CORS rules with the key of their origins in `http.cors`."""
    cors = audited.said("http", "cors")
    names = [name for name in mapping(cors) if "origin" in name]
    if cors is not None:
        yield tuple(names[:1]), cors


def _allows_all(cors: Any) -> bool:
    origins = next((value for name, value in mapping(cors).items() if "origin" in name), cors)
    words = origins if isinstance(origins, list | tuple) else [origins]
    return any(
        str(word).strip("^$") in ("*", ".*", "true", "True", "http://*", "https://*") for word in words
    )


def _allows_credentials(cors: Any) -> bool:
    return any(
        "credentials" in name and str(value).lower() == "true" for name, value in mapping(cors).items()
    )


def huge_bodies(audited: Audited) -> Iterator[Risk]:
    """Find a body limit with which few requests fill the memory."""
    limit = audited.config.http.body_limit
    if limit > _LARGEST_BODY:
        message = f"bodies of {limit / 2**20:.4g} MiB are taken into memory: few requests fill it"
        yield audited.risk(
            message, ("http", "body_limit"), "1MiB is the default; let large files go elsewhere"
        )


def open_documentation(audited: Audited) -> Iterator[Risk]:
    """Find documentation pages of a server that everybody reaches."""
    docs = audited.said("http", "docs")
    if docs and str(docs).lower() != "false" and _serves_everyone(audited):
        message = "everyone who reaches the server can read what it offers"
        yield audited.risk(message, ("http", "docs"), "take docs away, or listen on 127.0.0.1 behind a proxy")


def talkative_log(audited: Audited) -> Iterator[Risk]:
    """Find the log level debug outside development."""
    if audited.config.observability.logs.level == "debug" and audited.outside_development:
        message = "the log level debug writes what only developers should see"
        yield audited.risk(message, ("observability", "logs", "level"), "write level: info")


def all_interfaces(audited: Audited) -> Iterator[Risk]:
    """Find a server on all interfaces: it has no TLS of its own."""
    settings = audited.config.server.settings
    if settings.get("certfile") or not _serves_everyone(audited):
        return
    message = "the server listens on all interfaces, without TLS"
    yield audited.risk(message, ("server", "bind"), "keep a proxy or load balancer with TLS before it")


def _one_of(*values: Any) -> Callable[[Any], bool]:
    return lambda value: value in values


def _is_open(value: Any) -> bool:
    """Tell whether a list of addresses allows all: "*", 0.0.0.0/0."""
    words = value.split(",") if isinstance(value, str) else value if isinstance(value, Iterable) else ()
    return any(str(word).strip() in ("*", "0.0.0.0/0", "::/0") for word in words)


def _above(most: int) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, int) and not isinstance(value, bool) and (value > most or value == 0)
    )


_GUNICORN: Final[Mapping[str, tuple[Callable[[Any], bool], Severity, str, str]]] = {
    "forwarded_allow_ips": (
        _is_open,
        Severity.MEDIUM,
        "anyone can say that their request came over https, and from where",
        "name the addresses of the proxies",
    ),
    "proxy_allow_ips": (
        _is_open,
        Severity.MEDIUM,
        "anyone can say in the PROXY protocol where they come from",
        "name the addresses of the proxies",
    ),
    "limit_request_line": (
        _one_of(0),
        Severity.MEDIUM,
        "a request line may be of any length",
        "leave it at 4094",
    ),
    "limit_request_fields": (
        _above(1000),
        Severity.MEDIUM,
        "a request may have very many headers",
        "leave it at 100",
    ),
    "limit_request_field_size": (
        _above(2**20),
        Severity.MEDIUM,
        "a header may be of any length",
        "leave it at 8190",
    ),
    "header_map": (
        _one_of("dangerous"),
        Severity.HIGH,
        "headers with underscores can pose as those that a proxy sets",
        "leave it at drop",
    ),
    **dict.fromkeys(
        ("permit_obsolete_folding", "strip_header_spaces", "permit_unconventional_http_version"),
        (
            bool,
            Severity.MEDIUM,
            "what a proxy reads differently lets requests be smuggled past it",
            "leave it at false",
        ),
    ),
}
"""Raw gunicorn settings: when they are unsafe, how bad that is, why, and the remedy."""


def weak_server_settings(audited: Audited) -> Iterator[Risk]:
    """Find raw gunicorn settings that take a protection away."""
    for name, value in audited.config.server.settings.items():
        unsafe, severity, why, remedy = _GUNICORN.get(name, (_never, Severity.LOW, "", ""))
        if unsafe(value):
            yield audited.risk(f"{name}: {why}", ("server", "settings", name), remedy, severity=severity)


def _never(_: Any) -> bool:
    return False


def weak_task_settings(audited: Audited) -> Iterator[Risk]:
    """Find raw Celery settings by which TLS checks nobody's certificate."""
    tasks = audited.config.tasks
    for name, value in tasks.settings.items() if tasks is not None else ():
        wanted = str(mapping(value).get("ssl_cert_reqs", mapping(value).get("cert_reqs", ""))).lower()
        if name.endswith("use_ssl") and wanted in (
            "none",
            "cert_none",
            "optional",
            "cert_optional",
            "0",
            "1",
        ):
            message = f"{name}: the broker's certificate is not checked, and anyone can pose as it"
            yield audited.risk(message, ("tasks", "settings", name), "write ssl_cert_reqs: required")


def plain_broker(audited: Audited) -> Iterator[Risk]:
    """Find a broker or store on another machine that is reached without TLS."""
    for key, url in _remote(audited):
        if url.scheme not in _TLS:
            secure = {"redis": "rediss", "amqp": "amqps"}[url.scheme]
            what = "tasks travel to the broker" if key == "broker" else "results travel to the store"
            message = f"{what} without TLS, and its password with them"
            yield audited.risk(message, ("tasks", key), f"write {secure}://… where the {key} has TLS")


def open_broker(audited: Audited) -> Iterator[Risk]:
    """Find a broker or store on another machine that asks for no password."""
    for key, url in _remote(audited):
        if not url.password and url.scheme[:5] == "redis":
            power = "can have tasks run" if key == "broker" else "can read results, and stop schedules"
            message = f"the {key} asks for no password: whoever reaches it {power}"
            yield audited.risk(message, ("tasks", key), f"write {url.scheme}://:${{secret:{key}_password}}@…")


def known_broker_password(audited: Audited) -> Iterator[Risk]:
    """Find a broker or store on another machine whose password is a default; RabbitMQ's, guest, is one without any."""
    for key, url in _remote(audited):
        password = unquote(url.password or ("guest" if url.scheme[:4] == "amqp" and not url.username else ""))
        if password and can_be_guessed(password):
            message = f"the {key}'s password is one that everyone tries first"
            if not url.password:
                message = (
                    "a broker without user in its URL is RabbitMQ's guest, whose password everyone knows"
                )
            help_ = "choose a random one: openssl rand -hex 24"
            in_clear = bool(url.password) and "${" not in str(child(audited.written["tasks"], key))
            yield audited.risk(message, ("tasks", key), help_, confidential=in_clear)


def _serves_everyone(audited: Audited) -> bool:
    """Tell whether one of the addresses that the server listens on is that of all interfaces."""
    return any(map(is_everywhere, bind_addresses(audited.configuration)))


def _remote(audited: Audited) -> Iterator[tuple[str, SplitResult]]:
    """Yield the broker and the store that are on another machine, by their keys, each URL taken apart."""
    for key in ("broker", "store"):
        url = _server(audited, key)
        if url is not None and not is_loopback(url.hostname or ""):
            yield key, url


def _server(audited: Audited, key: str) -> SplitResult | None:
    """Return the URL of the broker or store, or None where there is none on a network, or none that is known.

    Where something that it refers to is absent here, a word stands for that.
    """
    if audited.config.tasks is None:
        return None
    said = audited.said("tasks", key)
    text = said.reveal() if isinstance(said, Sensitive) else said
    if isinstance(said, Failed):
        text = _REFERENCE.sub(_stand_in, str(child(audited.written["tasks"], key)))
    try:
        url = urlsplit(str(text))
        known = url.scheme in ("redis", "rediss", "amqp", "amqps") and url.hostname is not None
    except ValueError:
        return None
    return url if known else None


def _stand_in(reference: re.Match[str]) -> str:
    """Return the default of a reference, else a word that is neither a loopback address nor a known password."""
    return reference["default"] or "unknown-here"
