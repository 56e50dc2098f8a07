"""Listening sockets: opened, explained where they cannot be, inherited, tidied up."""

import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from macaron_runner.errors import DependencyMissing
from macaron_runner.processes.addresses import InternetAddress, UnixAddress, parse_address
from macaron_runner.processes.listeners import accepts, open_listeners, with_listeners


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="macaron-test-") as name:
        yield Path(name)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", InternetAddress("127.0.0.1", 8080)),
        ("localhost:0", InternetAddress("localhost", 0)),
        ("[::1]:80", InternetAddress("::1", 80)),
        ("unix:/run/a:b.sock", UnixAddress("/run/a:b.sock")),
    ],
)
def test_addresses(text: str, address: InternetAddress | UnixAddress) -> None:
    assert parse_address(text) == address
    assert str(address) == text


def test_each_accepts_connections_and_is_named() -> None:
    with open_listeners(["127.0.0.1:0", "[::1]:0", "localhost:0"]) as listeners:
        for name in listeners.names.values():
            host, _, port = name.rpartition(":")
            socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
        assert listeners.names["localhost:0"].startswith("127.0.0.1:")


def test_all_of_ipv6_serves_ipv4_too() -> None:
    with open_listeners(["[::]:0"]) as listeners:
        port = int(listeners.names["[::]:0"].rpartition(":")[2])
        socket.create_connection(("127.0.0.1", port), timeout=5).close()


def test_unless_ipv4_is_asked_for_as_well() -> None:
    with open_listeners(["0.0.0.0:0"]) as first:
        port = first.names["0.0.0.0:0"].rpartition(":")[2]
    with open_listeners([f"[::]:{port}", f"0.0.0.0:{port}"]) as listeners:
        assert len(listeners.names) == 2


def test_descriptors_are_in_the_order_asked_for() -> None:
    with open_listeners(["127.0.0.1:0", "[::1]:0"]) as listeners:
        families = [
            socket.socket(fileno=os.dup(each)) for each in listeners.descriptors(["[::1]:0", "127.0.0.1:0"])
        ]
        assert [each.family for each in families] == [socket.AF_INET6, socket.AF_INET]
        for each in families:
            each.close()


def test_the_environment_tells_the_descriptors_and_never_stale_ones() -> None:
    stale = {"A": "b", "MACARON_LISTENERS": "9"}
    assert with_listeners(stale, (3, 4)) == {"A": "b", "MACARON_LISTENERS": "3,4"}
    assert with_listeners(stale, ()) == {"A": "b"}


class TestRefusals:
    @staticmethod
    def refusal(*addresses: str) -> str:
        with pytest.raises(DependencyMissing) as caught:
            open_listeners(addresses)
        return str(caught.value)

    def test_a_port_in_use(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = f"127.0.0.1:{server.getsockname()[1]}"
            assert (
                self.refusal(address) == f"cannot listen on {address}: the port is in use by another program"
            )

    def test_an_address_of_another_machine(self) -> None:
        assert self.refusal("192.0.2.1:0").endswith('"192.0.2.1" is not an address of this machine')

    def test_a_host_nobody_knows(self) -> None:
        assert self.refusal("no-such-host.invalid:80").endswith("is not known")

    def test_a_path_that_is_too_long(self) -> None:
        assert self.refusal(f"unix:/{'x' * 120}").endswith("AF_UNIX path too long")

    def test_a_folder_that_is_not_there(self) -> None:
        assert (
            self.refusal("unix:/no/such/s") == "cannot listen on unix:/no/such/s: No such file or directory"
        )

    def test_something_else_of_this_name(self, folder: Path) -> None:
        (folder / "s").write_text("precious")
        assert self.refusal(f"unix:{folder}/s").endswith("there is something else of this name")
        assert (folder / "s").read_text() == "precious"

    def test_a_unix_socket_in_use(self, folder: Path) -> None:
        with open_listeners([f"unix:{folder}/s"]):
            assert self.refusal(f"unix:{folder}/s").endswith("another program listens there")

    def test_what_was_opened_before_is_closed_again(self, folder: Path) -> None:
        self.refusal(f"unix:{folder}/s", "192.0.2.1:0")
        assert not (folder / "s").exists()


class TestUnix:
    def test_anybody_the_folder_lets_in_may_connect(self, folder: Path) -> None:
        with open_listeners([f"unix:{folder}/s"]):
            assert stat.S_IMODE((folder / "s").stat().st_mode) == 0o666
            assert accepts(f"{folder}/s")
        assert not (folder / "s").exists()
        assert not accepts(f"{folder}/s")

    def test_a_stale_socket_is_replaced(self, folder: Path) -> None:
        left = socket.socket(socket.AF_UNIX)
        left.bind(f"{folder}/s")
        left.close()
        with open_listeners([f"unix:{folder}/s"]):
            assert accepts(f"{folder}/s")

    def test_the_file_of_a_successor_stays(self, folder: Path) -> None:
        listeners = open_listeners([f"unix:{folder}/s"])
        listeners.close()
        with open_listeners([f"unix:{folder}/s"]):
            listeners.remove_files()
            assert accepts(f"{folder}/s")

    def test_a_listener_whose_queue_is_full_is_one(self, folder: Path) -> None:
        server = socket.socket(socket.AF_UNIX)
        server.bind(f"{folder}/s")
        server.listen(0)
        waiting = [socket.socket(socket.AF_UNIX) for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(f"{folder}/s")
        assert accepts(f"{folder}/s")
        for each in (server, *waiting):
            each.close()
