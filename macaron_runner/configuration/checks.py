"""What only several keys of macaron.yaml together, or a closer look at one, can get wrong.

Not for types and unknown keys (problems), and not for what stands in other files.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from macaron_runner.configuration.address import check_address, listened_on
from macaron_runner.configuration.brokers import BROKERS, LATER_BROKERS, STORES, known_kind
from macaron_runner.configuration.client_checks import check_clients
from macaron_runner.configuration.cron import parse_cron
from macaron_runner.configuration.deployment_checks import check_deployment
from macaron_runner.configuration.model import JwtKey, Schedule, Tasks
from macaron_runner.configuration.sensitive import Sensitive
from macaron_runner.configuration.source import Path
from macaron_runner.configuration.subject import Subject
from macaron_runner.configuration.variables import TYPES, text_of
from macaron_runner.diagnostics import Diagnostic, near_word, not_one_of

RESERVED_APIS: Final = ("ping",)
"""Names of APIs that are part of every service."""
SHORTEST_INTERVAL: Final = 0.001
"""Seconds between two runs of a schedule."""
SHORTEST_HS256_SECRET: Final = 32
"""Bytes (RFC 7518 section 3.2: a key as long as the hash, or longer)."""


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield everything that is wrong, or doubtful, in a configuration whose single values are all good."""
    for look in _CHECKS:
        yield from look(subject)


def _variables(subject: Subject) -> Iterator[Diagnostic]:
    for name, variable in subject.config.vars.items():
        if variable.default is None:
            continue
        path: Path = ("vars", name, "default")
        text = text_of(variable.default)
        if "${" in text:
            message = f"the default of {name} cannot refer to other values"
            yield subject.problem(
                "MAC205", path, message, hint=f"give the default where it is used: ${{{name}:-${{OTHER}}}}"
            )
            continue
        try:
            TYPES[variable.type](text)
        except ValueError as error:
            yield subject.problem("MAC205", path, f'the default of {name} must be {error}, not "{text}"')


def _secrets(subject: Subject) -> Iterator[Diagnostic]:
    for name, secret in subject.config.secrets.items():
        if secret.env is not None and secret.file is not None:
            what = "two sources"
        elif not secret.generate and not subject.names("secrets", name):
            what = "no source"
        else:
            continue
        hint = f"write one: {name}: {{env: NAME}} or {name}: {{file: /path}}"
        yield subject.problem(
            "MAC201", ("secrets", name), f'the secret "{name}" has {what}', hint=hint, key=True
        )


def _api_names(subject: Subject) -> Iterator[Diagnostic]:
    for name in subject.config.apis:
        if name in RESERVED_APIS:
            message = f'the API name "{name}" is taken: it is built in'
            yield subject.problem("MAC207", ("apis", name), message, hint="give yours another name", key=True)


def _verifiers(subject: Subject) -> Iterator[Diagnostic]:
    known = subject.names("auth")
    for name, api in subject.config.apis.items():
        for scheme, verifier in api.security.items():
            if verifier not in known:
                yield subject.problem(
                    "MAC206",
                    ("apis", name, "security", scheme),
                    f'unknown verifier "{verifier}" for the security scheme "{scheme}" of the API "{name}"',
                    not_one_of(known),
                    near_word(verifier, known)
                    or ("" if known else f"declare it: auth: {{{verifier}: {{type: jwt, …}}}}"),
                )


def _keys(subject: Subject) -> Iterator[Diagnostic]:
    for name, verifier in subject.config.auth.items():
        for key_id, key in verifier.keys.items():
            yield from _key(subject, ("auth", name, "keys", key_id), key)


def _key(subject: Subject, path: tuple[str, ...], key: JwtKey) -> Iterator[Diagnostic]:
    hint = 'write secret: "${secret:name}", and declare the name under secrets'
    if key.secret is None and subject.names(*path):
        return  # what there is has a fault of its own
    if key.secret is None or not (text := key.secret.reveal()):
        yield subject.problem("MAC208", path, f'the key "{path[-1]}" has no secret', hint=hint, key=True)
        return
    where = (*path, "secret")
    if not key.secret.names:
        message = f'the secret of the key "{path[-1]}" stands in the file'
        yield replace(subject.warning("MAC210", where, message, hint), confidential=True)
    if len(text.encode()) < SHORTEST_HS256_SECRET:
        least = f"{SHORTEST_HS256_SECRET} bytes"
        message = f'the secret of the key "{path[-1]}" is shorter than {least}'
        advice = f"HS256 wants {least} or more (RFC 7518 section 3.2)"
        yield replace(subject.warning("MAC209", where, message, advice), confidential=not key.secret.names)


def _addresses(subject: Subject) -> Iterator[Diagnostic]:
    seen: dict[str, str] = {}
    for path, text in listened_on(subject.config):
        try:
            address = check_address(text)
        except ValueError as error:
            yield subject.problem("MAC211", path, f'"{text}" is no address to listen on: {error}')
            continue
        if address in seen and not address.endswith(":0"):
            yield subject.problem("MAC212", path, f'the address "{text}" stands twice')
        seen[address] = text


def _broker(subject: Subject) -> Iterator[Diagnostic]:
    if subject.config.tasks is None:
        return
    broker = subject.config.tasks.broker
    scheme, separator, _ = broker.reveal().partition("://")
    path: Path = ("tasks", "broker")
    if known_kind(subject.config.tasks) is not None:
        if fault := _fault(broker.reveal()):
            yield subject.problem("MAC213", path, f"tasks.broker: {fault}")
        return
    if separator and scheme in broker.literal and scheme.partition("+")[0] in LATER_BROKERS:
        yield subject.problem(
            "MAC107", path, f"tasks.broker: {scheme}:// is not available in this version of macaron"
        )
        return
    known = ["embedded", *(f"{known}://" for known in BROKERS)]
    what, hint = _unknown_scheme(broker, known)
    yield subject.problem("MAC213", path, f"tasks.broker: {what} is no broker", not_one_of(known), hint)


def _store(subject: Subject) -> Iterator[Diagnostic]:
    store = subject.config.tasks.store if subject.config.tasks is not None else None
    if store is not None and not store.reveal().startswith(STORES):
        what, hint = _unknown_scheme(store, STORES)
        yield subject.problem(
            "MAC641", ("tasks", "store"), f"tasks.store: {what} is no store", not_one_of(STORES), hint
        )
    elif store is not None and (fault := _fault(store.reveal())):
        yield subject.problem("MAC641", ("tasks", "store"), f"tasks.store: {fault}")


def _fault(url: str) -> str:
    """Return what is wrong with the URL of a Redis, in words that show nothing of it; "" for nothing, or another."""
    if not url.startswith(STORES) or ";" in url:  # several, one for the other
        return ""
    try:
        parts = urlsplit(url)
        has_port = parts.port != 0
    except ValueError:
        has_port = False
    if not has_port:
        return "its host is broken, or its port no number from 1 to 65535"
    database = parts.path.strip("/")
    return "" if not database or database.isdecimal() else "its path is no number of a database, as /0"


def _unknown_scheme(url: Sensitive, known: Sequence[str]) -> tuple[str, str]:
    """Return how a message names a URL whose scheme is none of the known ones, and the near word among them."""
    scheme, separator, _ = url.reveal().partition("://")
    in_clear = scheme in url.literal and separator
    hidden = url.names or "@" in url.literal  # what stands before it may be a password
    what = f'"{scheme}://"' if in_clear else "its value" if hidden else f'"{url}"'
    return what, near_word(f"{scheme}{separator}", known) if in_clear or not hidden else ""


def _schedules(subject: Subject) -> Iterator[Diagnostic]:
    tasks = subject.config.tasks
    for name, schedule in tasks.schedules.items() if tasks is not None else ():
        yield from _when(subject, ("tasks", "schedules", name), schedule)


def _queues(subject: Subject) -> Iterator[Diagnostic]:
    tasks = subject.config.tasks
    if tasks is None or _pools_are_doubtful(subject):
        return
    queues = sorted({queue for pool in tasks.pools.values() for queue in pool.queues})
    for path, queue, whose in _queues_named(tasks):
        if queue not in queues:
            message = f'unknown queue "{queue}" for the {whose}: no pool consumes it'
            yield subject.problem("MAC214", path, message, not_one_of(queues), near_word(queue, queues))


def _queues_named(tasks: Tasks) -> Iterator[tuple[Path, str, str]]:
    """Yield the path of each key that names a queue, the queue, and what it is the queue of."""
    for pattern, queue in tasks.routes.items():
        yield ("tasks", "routes", pattern), queue, f'route "{pattern}"'
    for name, schedule in tasks.schedules.items():
        if schedule.queue is not None:
            yield ("tasks", "schedules", name, "queue"), schedule.queue, f'schedule "{name}"'


def _pools_are_doubtful(subject: Subject) -> bool:
    """Tell whether the file has pools that the model has not, for they have faults of their own."""
    tasks = subject.config.tasks
    return tasks is not None and not set(subject.names("tasks", "pools")) <= set(tasks.pools)


def _when(subject: Subject, path: Path, schedule: Schedule) -> Iterator[Diagnostic]:
    name = path[-1]
    given = [key for key in ("cron", "every", "sun") if subject.says(*path, key)]
    if len(given) != 1:
        what = " and ".join(given) or "none of cron, every and sun"
        yield subject.problem(
            "MAC202", path, f'the schedule "{name}" has {what}', hint="give exactly one", key=True
        )
    if schedule.every is not None and schedule.every < SHORTEST_INTERVAL:
        yield subject.problem("MAC202", (*path, "every"), f'the schedule "{name}" would run without pause')
    if schedule.cron is not None:
        try:
            parse_cron(schedule.cron)
        except ValueError as error:
            message = f'the cron line of the schedule "{name}" is broken: {error}'
            yield subject.problem("MAC203", (*path, "cron"), message, hint='as "15 3 * * mon-fri"')
    if given and "cron" not in given and subject.says(*path, "time_zone"):
        yield _idle_time_zone(subject, (*path, "time_zone"), given[0])
    else:
        yield from _time_zone(subject, (*path, "time_zone"), schedule.time_zone)


def _idle_time_zone(subject: Subject, path: Path, beside: str) -> Diagnostic:
    """Return what is wrong with a time zone beside times that are the same in all of them."""
    message = f'the time zone of the schedule "{path[-2]}" does nothing beside "{beside}"'
    hint = "leave it out"
    if beside == "every":
        hint += ', or name the hours on its clocks: cron: "0 */6 * * *"'
    return subject.problem("MAC644", path, message, "only cron is read in a time zone", hint, key=True)


def _time_zone(subject: Subject, path: Path, name: str) -> Iterator[Diagnostic]:
    if name == "UTC":
        return
    import zoneinfo  # not at the top: few files need it, and every command would pay for it

    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        hint = near_word(name, _time_zones())
        yield subject.problem(
            "MAC204", path, f'unknown time zone "{name}"', "no name of the IANA database", hint
        )


@functools.cache
def _time_zones() -> frozenset[str]:
    """Return the names of all time zones; finding them means to look through hundreds of files."""
    import zoneinfo

    return frozenset(zoneinfo.available_timezones())


def _folders(subject: Subject) -> Iterator[Diagnostic]:
    for index, folder in enumerate(subject.config.service.python_path):
        if not os.path.isdir(subject.directory / folder):  # noqa: PTH112 - Path.is_dir raises at odd names
            path: Path = ("service", "python_path", index)
            hint = "python_path is relative to the folder of the file that says it"
            yield subject.problem("MAC215", path, f'the folder "{folder}" is not there', hint=hint)


_CHECKS: Final[tuple[Callable[[Subject], Iterator[Diagnostic]], ...]] = (
    _folders, _variables, _secrets, _keys, _api_names, _verifiers, _addresses, _broker, _store, _queues, _schedules,
    check_clients, check_deployment,
)  # fmt: skip
