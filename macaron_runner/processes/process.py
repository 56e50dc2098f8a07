"""The Process: what must run. `run` supervises these values, a deploy renders the same ones.

Pure frozen data. Not for starting anything (supervisor).
"""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Role: TypeAlias = Literal["broker", "web", "worker", "scheduler"]


@dataclass(frozen=True, slots=True)
class Process:
    """One program to keep running.

    `name` is unique in a service ("web", "worker-default", "scheduler", "broker"); `argv` its words;
    `environment` what it gets beside the inherited variables; `listeners` the addresses ("127.0.0.1:8080",
    "[::1]:80", "unix:/run/shop.sock") whose sockets it inherits, their descriptors in MACARON_LISTENERS, in
    this order; `ready_socket` the Unix socket that accepts connections once it is ready ("" where it is ready
    when it runs); `heartbeats` the folder in which it tells how its work fares (processes.heartbeat), "" where it
    does not; `probe` the words of a command that, run where it runs and in its environment, ends with 0 as long as it
    need not be replaced and, with one more word `--ready`, as long as it gets work done (() where there is none: the
    web is asked over HTTP); `grace` the seconds it may take to stop after `stop_signal` before it is killed;
    `orphan_grace` the seconds its own children may take to end after SIGTERM when it died under them
    (requests they still answer); `noise` texts that tell nobody anything: a line it prints with one of them is
    not passed on.
    """

    name: str
    role: Role
    argv: tuple[str, ...]
    grace: float
    environment: Mapping[str, str] = field(default_factory=dict)
    listeners: tuple[str, ...] = ()
    ready_socket: str = ""
    heartbeats: str = ""
    probe: tuple[str, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    quick_stop_signal: signal.Signals = signal.SIGQUIT
    orphan_grace: float = 5.0
    noise: tuple[str, ...] = ()
