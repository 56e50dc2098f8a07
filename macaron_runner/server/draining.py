"""Closing a listening socket without resetting anybody: first no new connection may begin, then the queue is emptied.

A connection that the kernel has set up and nobody has accepted is reset when the last copy of its listener is closed.
Closing when the queue is empty is not enough, another may come in between; `listen(0)` still lets one in, and
`shutdown()` resets the queue. So a socket filter drops the packets that begin a connection (Linux, socket(7),
SO_ATTACH_FILTER): their senders try again a second later and are refused by then, or served by a successor. Not for
accepting what is in the queue (worker).
"""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
import sys
from typing import Final

_SO_ATTACH_FILTER: Final = 26
_SO_DETACH_FILTER: Final = 27

_TCP_FLAGS: Final = 13  # offset in the TCP header (RFC 9293 section 3.1)
_SYN_AND_ACK: Final = 0x12
_SYN: Final = 0x02


def _instruction(code: int, jump_true: int, jump_false: int, operand: int) -> bytes:
    """Return one instruction of the classic BPF machine (struct sock_filter in linux/filter.h)."""
    return struct.pack("=HBBI", code, jump_true, jump_false, operand)


_NO_NEW_CONNECTIONS: Final = ctypes.create_string_buffer(
    b"".join((
        _instruction(0x30, 0, 0, _TCP_FLAGS),  # load one byte
        _instruction(0x54, 0, 0, _SYN_AND_ACK),  # and
        _instruction(0x15, 0, 1, _SYN),  # unless it is SYN alone, skip one
        _instruction(0x06, 0, 0, 0),  # drop
        _instruction(0x06, 0, 0, 0xFFFFFFFF),  # keep all of it
    ))
)  # fmt: skip
_PROGRAM: Final = struct.pack("@HL", 5, ctypes.addressof(_NO_NEW_CONNECTIONS))
"""struct sock_fprog; the kernel copies the program, which nevertheless lives as long as this module."""


def begin_nothing(listener: socket.socket) -> None:
    """Let no new connection begin, in any process that shares the socket; those that began can still be accepted.

    Where the system has no such filter nothing happens: then a connection that begins at the last moment is reset.
    """
    if sys.platform == "linux" and listener.family != socket.AF_UNIX:
        with contextlib.suppress(OSError):
            listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, _PROGRAM)


def begin_again(listener: socket.socket) -> None:
    """Undo `begin_nothing`: a socket may be inherited from a run that was stopping."""
    if sys.platform == "linux" and listener.family != socket.AF_UNIX:
        with contextlib.suppress(OSError):  # ENOENT: there is no filter, the usual case
            listener.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)
