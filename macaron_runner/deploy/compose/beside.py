"""What runs beside the service on its host: a Redis or a RabbitMQ, which keeps what it accepted. Pure.

Its password is the secret that the service's own address of it names: a file, read in its container, never a word of a
command or a variable that `docker inspect` shows. Not for the embedded broker, which is a process of the service.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from macaron_runner.configuration.loaded import Configuration
from macaron_runner.deploy.compose_service import LOCKED, LOGGING, health_check

SECRETS: Final = "/run/secrets"
"""Where a container finds its secrets, each in a file of its name."""

_REDIS: Final = (
    *("--dir", "/data", "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
    *("--maxmemory-policy", "noeviction"),  # a full memory refuses new messages, and drops none
)
_REDIS_START: Final = rf"""set -eu
sed -e 's/[\\"]/\\&/g' -e 's/.*/requirepass "&"/' /run/secrets/{{secret}} > /tmp/redis.conf
exec redis-server /tmp/redis.conf {shlex.join(_REDIS)}
"""
_REDIS_HEALTH: Final = 'REDISCLI_AUTH="$(cat /run/secrets/{secret})" redis-cli ping | grep -q PONG'
_RABBITMQ_START: Final = """set -eu
RABBITMQ_DEFAULT_PASS="$(cat /run/secrets/{secret})"
export RABBITMQ_DEFAULT_PASS
exec docker-entrypoint.sh rabbitmq-server
"""


@dataclass(frozen=True, slots=True)
class Login:
    """How the service's address of what runs beside it logs in: `user`, the `secret` of its password, its `path`."""

    user: str = ""
    secret: str = ""
    path: str = ""


def beside(kind: str, configuration: Configuration) -> dict[str, Any]:
    """Return the service of a compose file that runs `kind`, redis or rabbitmq, as the service's address says."""
    login = login_at(kind, configuration) or Login()
    return _redis(login.secret) if kind == "redis" else _rabbitmq(login)


def login_at(host: str, configuration: Configuration) -> Login | None:
    """Return how tasks.broker or tasks.store logs in at a host, None where neither is there."""
    tasks = configuration.config.tasks
    for address in (tasks.broker, tasks.store) if tasks is not None else ():
        url = urlsplit(address.literal) if address is not None else None
        if url is not None and address is not None and url.hostname == host:
            secret = address.names[0] if address.names else ""
            return Login(url.username or "", secret, url.path.removeprefix("/"))
    return None


def _redis(secret: str) -> dict[str, Any]:
    command = ["sh", "-c", _REDIS_START.replace("{secret}", secret)] if secret else ["redis-server", *_REDIS]
    test = (
        ("CMD-SHELL", _REDIS_HEALTH.replace("{secret}", secret)) if secret else ("CMD", "redis-cli", "ping")
    )
    return {
        "image": "redis:7.4-alpine",
        "command": command,
        **_given(secret),
        "user": "redis",
        **LOCKED,
        "tmpfs": ["/tmp:mode=1777"],  # noqa: S108 - the container's own
        **_kept("redis", "/data", "30s"),
        "healthcheck": health_check(*test, interval="5s"),
    }


def _rabbitmq(login: Login) -> dict[str, Any]:
    start = ["sh", "-c", _RABBITMQ_START.replace("{secret}", login.secret)]
    return {
        "image": "rabbitmq:4.1",
        "command": start if login.secret else ["rabbitmq-server"],
        "hostname": "rabbitmq",  # its data lie under its host's name: with another one it would begin anew
        "environment": {
            "RABBITMQ_DEFAULT_USER": login.user or "guest",
            "RABBITMQ_DEFAULT_VHOST": unquote(login.path) or "/",
        },
        **_given(login.secret),
        "user": "rabbitmq",
        **{
            key: value for key, value in LOCKED.items() if key != "read_only"
        },  # it writes its settings at a start
        **_kept("rabbitmq", "/var/lib/rabbitmq", "60s"),
        "healthcheck": health_check(
            "CMD", "rabbitmq-diagnostics", "-q", "check_port_connectivity", interval="30s"
        ),
    }


def _given(secret: str) -> dict[str, Any]:
    return {"secrets": [secret]} if secret else {}


def _kept(name: str, folder: str, grace: str) -> dict[str, Any]:
    return {
        "volumes": [{"type": "volume", "source": name, "target": folder}],
        "stop_grace_period": grace,
        "restart": "unless-stopped",
        "logging": LOGGING,
    }
