"""A broker's door through which one answer does not come back: what was asked is done, and the client cannot know."""

import contextlib
import select
import socket
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def losing_the_answer(port: int, word: bytes, most: int = 1) -> Iterator[int]:
    """Give a port that leads to another one of this machine, and cuts connections on which a word is sent.

    The other side gets it, and answers; the answer is lost. That happens `most` times.
    """
    left = threading.Semaphore(most)
    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=_open, args=(door, port, word, left), daemon=True).start()
        yield door.getsockname()[1]


def _open(door: socket.socket, port: int, word: bytes, left: threading.Semaphore) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = door.accept()
            threading.Thread(target=_pass_on, args=(client, port, word, left), daemon=True).start()


def _pass_on(client: socket.socket, port: int, word: bytes, left: threading.Semaphore) -> None:
    with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", port)) as server:
        while True:
            ready, _, _ = select.select((client, server), (), ())
            for source in ready:
                chunk = source.recv(65536)
                if not chunk:
                    return
                (server if source is client else client).sendall(chunk)
                if source is client and word in chunk and left.acquire(blocking=False):
                    select.select((server,), (), (), 10)
                    return
