"""The listening sockets of a service, opened by `run` before any process starts and inherited by it.

So a port that is taken is one clear sentence and no half-started service; and while a killed web process is
replaced, the kernel keeps connections waiting instead of refusing them. Not for accepting connections.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from macaron_runner.errors import DependencyMissing
from macaron_runner.processes.addresses import InternetAddress, UnixAddress, parse_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import TracebackType

ENVIRONMENT_KEY: Final = "MACARON_LISTENERS"
"""The variable that tells a process its inherited descriptors: "3,4"."""

BACKLOG: Final = 2048
UNIX_MODE: Final = 0o666
"""As open as a loopback port is, and as systemd's SocketMode; who may reach it is the directory's part."""


class Listeners:
    """Open listening sockets by the address that asked for them. A context manager that tidies up."""

    def __init__(self, sockets: Mapping[str, socket.socket]) -> None:
        self._sockets = dict(sockets)
        self._files = {
            sock.getsockname(): _identity(sock.getsockname())
            for sock in sockets.values()
            if sock.family == socket.AF_UNIX
        }
        self.names = {address: _name(sock) for address, sock in sockets.items()}
        """Where each really listens; differs where port 0 was asked for."""

    def descriptors(self, addresses: Iterable[str]) -> tuple[int, ...]:
        """Return the descriptors of these addresses, in their order. Raises KeyError after `close`."""
        return tuple(self._sockets[address].fileno() for address in addresses)

    def close(self) -> None:
        """Close our own copies; processes that inherited theirs go on listening."""
        for sock in self._sockets.values():
            sock.close()
        self._sockets.clear()

    def remove_files(self) -> None:
        """Remove the Unix sockets' files, except those another program has replaced since."""
        for path, identity in self._files.items():
            if identity == _identity(path):
                with contextlib.suppress(OSError):
                    Path(path).unlink()
        self._files.clear()

    def __enter__(self) -> Listeners:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        self.remove_files()


def open_listeners(addresses: Iterable[str]) -> Listeners:
    """Return listening sockets for all addresses.

    Raises DependencyMissing with one sentence where one cannot be opened; those opened before are closed
    again.
    """
    wanted = {address: parse_address(address) for address in addresses}
    opened: dict[str, socket.socket] = {}
    try:
        for text, address in wanted.items():
            if isinstance(address, UnixAddress):
                opened[text] = _listen_unix(address)
            else:
                opened[text] = _listen_internet(address, both=_serves_both(address, wanted.values()))
    except BaseException:
        Listeners(opened).__exit__(None, None, None)
        raise
    return Listeners(opened)


def obstacles(addresses: Iterable[str]) -> dict[str, str]:
    """Return, for each address that could not be listened on now, a sentence that says why.

    Nothing is left behind, and nobody is ever listened to: TCP ports are bound for a moment, Unix sockets looked at.
    """
    wanted = {address: parse_address(address) for address in addresses}
    found: dict[str, str] = {}
    for text, address in wanted.items():
        try:
            if isinstance(address, UnixAddress):
                _look_at_unix(address)
            else:
                _bind_internet(address, both=_serves_both(address, wanted.values())).close()
        except DependencyMissing as error:
            found[text] = str(error)
    return found


def inherited(environment: Mapping[str, str]) -> tuple[int, ...]:
    """Return the descriptors that a process has inherited, in the order of its addresses."""
    told = environment.get(ENVIRONMENT_KEY, "")
    return tuple(map(int, told.split(","))) if told else ()


def with_listeners(environment: Mapping[str, str], descriptors: Sequence[int]) -> dict[str, str]:
    """Return the environment of a process that inherits these descriptors; none: without the variable."""
    told = {key: value for key, value in environment.items() if key != ENVIRONMENT_KEY}
    return {**told, ENVIRONMENT_KEY: ",".join(map(str, descriptors))} if descriptors else told


def _serves_both(address: InternetAddress, all_of_them: Iterable[UnixAddress | InternetAddress]) -> bool:
    """[::] serves IPv4 as well, unless an IPv4 address asks for the same port (IPV6_V6ONLY, ipv6(7))."""
    return address.host == "::" and not any(
        isinstance(other, InternetAddress) and other.port == address.port and ":" not in other.host
        for other in all_of_them
    )


def _listen_internet(address: InternetAddress, *, both: bool) -> socket.socket:
    sock = _bind_internet(address, both=both)
    try:
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise DependencyMissing(_explain_internet(address, error)) from error
    return sock


def _bind_internet(address: InternetAddress, *, both: bool) -> socket.socket:
    family, where = _resolve(address)
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise DependencyMissing(_explain_internet(address, error)) from error
    try:
        # A port whose last connections are still in TIME_WAIT is free.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(not both))
        sock.bind(where)
    except OSError as error:
        sock.close()
        raise DependencyMissing(_explain_internet(address, error)) from error
    return sock


def _resolve(address: InternetAddress) -> tuple[int, tuple[object, ...]]:
    """Return family and socket address; of several that a name has, IPv4 is preferred ("localhost")."""
    try:
        found = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise DependencyMissing(
            f'cannot listen on {address}: the host "{address.host}" is not known'
        ) from error
    found.sort(key=lambda each: each[0] != socket.AF_INET)
    return found[0][0], found[0][4]


def _explain_internet(address: InternetAddress, error: OSError) -> str:
    reasons = {
        errno.EADDRINUSE: "the port is in use by another program",
        errno.EADDRNOTAVAIL: f'"{address.host}" is not an address of this machine',
        errno.EACCES: "only a privileged user may use this port; take one from 1024 upwards",
    }
    return f"cannot listen on {address}: {reasons.get(error.errno or 0) or error.strerror}"


def _listen_unix(address: UnixAddress) -> socket.socket:
    path = Path(address.path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _clear_stale(address, path)
        sock.bind(str(path))
        path.chmod(UNIX_MODE)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise DependencyMissing(f"cannot listen on {address}: {error.strerror or error}") from error
    except DependencyMissing:
        sock.close()
        raise
    return sock


def _look_at_unix(address: UnixAddress) -> None:
    """Raise DependencyMissing where a socket could not be made at the path."""
    folder = Path(address.path).parent
    if not folder.is_dir():
        raise DependencyMissing(f"cannot listen on {address}: the folder {folder} is not there")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise DependencyMissing(f"cannot listen on {address}: the folder {folder} cannot be written")
    _is_stale(address, Path(address.path))


def _clear_stale(address: UnixAddress, path: Path) -> None:
    """Remove the socket that a killed program left; refuse one that is in use, and what is no socket."""
    if _is_stale(address, path):
        path.unlink()


def _is_stale(address: UnixAddress, path: Path) -> bool:
    """Tell whether a killed program left a socket. Raises DependencyMissing: it is in use, or is no socket."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISSOCK(mode):
        raise DependencyMissing(f"cannot listen on {address}: there is something else of this name")
    if accepts(str(path)):
        raise DependencyMissing(f"cannot listen on {address}: another program listens there")
    return True


def accepts(path: str) -> bool:
    """Tell whether somebody accepts connections on the Unix socket at `path`; never waits."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)  # noqa: FBT003
        # EAGAIN: the queue of a listener is full (unix(7)), so there is one.
        return probe.connect_ex(path) in (0, errno.EAGAIN)


def _identity(path: str) -> tuple[int, ...] | None:
    """Return what tells one file from its successor of the same name, which may even get its inode."""
    try:
        found = Path(path).lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns


def _name(sock: socket.socket) -> str:
    if sock.family == socket.AF_UNIX:
        return str(UnixAddress(sock.getsockname()))
    host, port = sock.getsockname()[:2]
    return str(InternetAddress(host, port))
