"""The supervisor with real processes: they die, it dies, signals come."""

import fcntl
import os
import pty
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.support.processes import PATIENCE, running, wait_for
from tests.support.supervised import SLEEPER, STUBBORN, python, supervised

FAMILY = """
import os, signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"], process_group={group})
print("family", os.getpid(), child.pid, flush=True)
time.sleep(600)
"""

SERVER = """
import os, socket, sys
sock = socket.socket(fileno=int(os.environ["MACARON_LISTENERS"].split(",")[0]))
print("serving", flush=True)
while True:
    connection, _ = sock.accept()
    connection.recv(65536)
    connection.sendall(b"HTTP/1.0 200 OK\\r\\nConnection: close\\r\\n\\r\\n" + str(os.getpid()).encode())
    connection.close()
"""

STOPS = """
import signal, sys, time
def stop(*_):
    print("{name} stops", flush=True)
    time.sleep(0.1)
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print("{name} up", flush=True)
time.sleep(600)
"""


def gone(*pids: int) -> None:
    wait_for(f"the end of {pids}", lambda: not set(pids) & set(running()))


def descriptors_of(pid: int) -> set[str]:
    return {entry.name for entry in Path(f"/proc/{pid}/fd").iterdir()}


def family(output: str) -> tuple[int, int]:
    words = next(line for line in output.splitlines() if "| family" in line).split()
    return int(words[-2]), int(words[-1])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def get(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE) as answer:
        return int(answer.read())


def test_what_is_killed_comes_back() -> None:
    with supervised(python("worker", SLEEPER)) as service:
        service.sees("| up")
        first = service.pid_of("worker")
        os.kill(first, signal.SIGKILL)
        service.sees("worker died (killed by SIGKILL), restarting now")
        service.sees("| up", times=2)
        assert service.pid_of("worker") != first
        assert service.stop(signal.SIGTERM) == 0


@pytest.mark.slow
def test_a_crash_loop_ends_with_70() -> None:
    with supervised(python("worker", "raise SystemExit(1)"), python("web", SLEEPER, "web")) as service:
        assert service.wait() == 70
        assert (
            "worker died (exit code 1), 5 times in a row, and is given up: stopping everything"
            in service.stderr
        )
        gone(service.pid_of("web"))


@pytest.mark.parametrize(("code", "ours"), [(78, 78), (2, 78), (69, 69)])
def test_bad_configuration_and_missing_dependencies_are_not_tried_again(code: int, ours: int) -> None:
    with supervised(python("web", SLEEPER, "web"), python("worker", f"raise SystemExit({code})")) as service:
        assert service.wait() == ours
        assert service.stderr.count("worker started") == 1


def test_a_program_that_does_not_exist_is_named() -> None:
    with supervised({"name": "worker", "role": "worker", "argv": ["/no/such"], "grace": 1.0}) as service:
        service.sees("worker  | cannot run /no/such: No such file or directory")


def test_a_stop_goes_in_order() -> None:
    roles = {"broker": "broker", "web": "web", "worker-a": "worker", "scheduler": "scheduler"}
    with supervised(
        *(python(name, STOPS.format(name=name), role) for name, role in roles.items())
    ) as service:
        for name in roles:
            service.sees(f"{name} up")
        assert service.stop(signal.SIGTERM) == 0
        order = [line.split()[-2] for line in service.stdout.splitlines() if line.endswith("stops")]
        assert order == ["web", "scheduler", "worker-a", "broker"]


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_every_stop_is_clean(signum: signal.Signals) -> None:
    with supervised(python("web", SLEEPER, "web"), python("worker", SLEEPER)) as service:
        service.sees("| up", times=2)
        pids = service.pid_of("web"), service.pid_of("worker"), service.guardian()
        assert service.stop(signum) == 0
        gone(*pids)


def test_one_that_ignores_term_is_killed_after_its_grace() -> None:
    with supervised(python("worker", STUBBORN, grace=0.5)) as service:
        service.sees("| up")
        begun = time.monotonic()
        assert service.stop(signal.SIGTERM) == 0
        assert 0.4 < time.monotonic() - begun < 30
        assert "worker did not stop in time, killing it" in service.stderr


def test_a_third_signal_kills_at_once() -> None:
    with supervised(python("worker", STUBBORN, grace=600.0, quick_stop_signal="SIGTERM")) as service:
        service.sees("| up")
        for said in ("stopping", "stopping quickly", "stopping at once"):
            service.process.send_signal(signal.SIGTERM)
            service.sees(f"| {said}\n")
            time.sleep(0.25)  # sooner, it would be the same request heard twice
        assert service.wait() == 0


@pytest.mark.slow
@pytest.mark.parametrize("group", [None, 0], ids=["its group", "a group of its own"])
def test_nothing_is_left_when_the_supervisor_is_killed(group: int | None) -> None:
    with supervised(python("web", FAMILY.format(group=group), "web"), python("worker", STUBBORN)) as service:
        service.sees("family")
        service.sees("| up")
        pids = *family(service.stdout), service.pid_of("worker"), service.guardian()
        service.process.kill()
        gone(*pids)


def test_nothing_is_left_when_the_guardian_is_killed_as_well() -> None:
    with supervised(python("web", SLEEPER, "web"), python("broker", SLEEPER, "broker")) as service:
        service.sees("| up", times=2)
        pids = service.pid_of("web"), service.pid_of("broker"), service.guardian()
        os.kill(service.pid, signal.SIGSTOP)  # so that it cannot replace the guardian
        os.kill(service.guardian(), signal.SIGKILL)
        service.process.kill()
        gone(*pids)


@pytest.mark.slow
def test_a_killed_guardian_is_replaced_and_knows_everything() -> None:
    with supervised(python("worker", STUBBORN)) as service:
        service.sees("| up")
        os.kill(service.guardian(), signal.SIGKILL)
        service.sees("another one has taken its place")
        pids = service.pid_of("worker"), service.guardian()
        service.process.kill()
        gone(*pids)


def test_what_a_dead_process_left_is_ended_before_long() -> None:
    with supervised(python("worker", FAMILY.format(group=None))) as service:
        service.sees("family")
        parent, child = family(service.stdout)
        os.kill(parent, signal.SIGKILL)
        gone(child)
        assert service.stop(signal.SIGTERM) == 0


def test_what_left_its_session_ends_with_the_service() -> None:
    code = FAMILY.replace("process_group={group}", "start_new_session=True")
    with supervised(python("worker", code)) as service:
        service.sees("family")
        pids = family(service.stdout)
        assert service.stop(signal.SIGTERM) == 0
        gone(*pids)


def test_connections_wait_while_a_killed_web_is_replaced() -> None:
    port = free_port()
    with supervised(python("web", SERVER, "web", listeners=[f"127.0.0.1:{port}"])) as service:
        service.sees("serving")
        for _ in range(3):
            killed = get(port)
            os.kill(killed, signal.SIGKILL)
            gone(killed)  # until then it may take one more connection to the grave
            assert get(port) != killed
        assert service.stop(signal.SIGTERM) == 0


def test_the_port_is_closed_as_soon_as_the_web_was_told_to_stop() -> None:
    port = free_port()
    code = (
        "import os, signal, socket, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: None)\n"
        "sock = socket.socket(fileno=int(os.environ['MACARON_LISTENERS']))\n"
        "print('up', flush=True)\n"
        "signal.pause()\n"
        "sock.close()\n"
        "print('closed', flush=True)\n"
        "time.sleep(1)"
    )
    with supervised(python("web", code, "web", listeners=[f"127.0.0.1:{port}"])) as service:
        service.sees("| up")
        service.process.terminate()
        service.sees("closed")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        assert service.wait() == 0


def test_a_port_in_use_is_one_sentence_and_69() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with supervised(python("web", SLEEPER, "web", listeners=[address])) as service:
            assert service.wait() == 69
            assert (
                service.stderr
                == f"macaron: cannot listen on {address}: the port is in use by another program\n"
            )


def test_a_unix_socket_is_there_while_it_runs_and_no_longer(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with supervised(python("web", SLEEPER, "web", listeners=[f"unix:{path}"])) as service:
        service.sees("| up")
        assert path.is_socket()
        assert service.stop(signal.SIGTERM) == 0
        assert not path.exists()


def test_children_get_their_listeners_and_no_other_descriptor() -> None:
    code = f"import os; print('descriptors', sorted(map(int, os.listdir('/proc/self/fd'))))\n{SLEEPER}"
    reading, writing = os.pipe()
    try:
        with supervised(
            python("web", code, "web", listeners=["127.0.0.1:0", "[::1]:0"]),
            python("worker", code),
            pass_fds=(writing,),
            PYTHONUNBUFFERED="1",
        ) as service:
            service.sees("descriptors", times=2)
            lines = sorted(line for line in service.stdout.splitlines() if "descriptors" in line)
            # The last one of each is the listing's own.
            web, worker = (eval(line.partition("descriptors")[2])[:-1] for line in lines)  # our own output
            assert len(web) == 5
            assert web[:3] == [0, 1, 2]
            assert worker == [0, 1, 2]
            assert service.stop(signal.SIGTERM) == 0
    finally:
        os.close(reading)
        os.close(writing)


def test_restarts_leak_no_descriptor() -> None:
    with supervised(python("worker", SLEEPER)) as service:
        service.sees("| up")
        before = descriptors_of(service.pid)
        for count in range(2, 5):
            os.kill(service.pid_of("worker"), signal.SIGKILL)
            service.sees("| up", times=count)
        wait_for("the old pipes' end", lambda: descriptors_of(service.pid) == before)


@pytest.mark.slow
def test_locks_are_held_until_nothing_is_left(tmp_path: Path) -> None:
    def free() -> bool:
        with (tmp_path / "lock").open() as mine:
            try:
                fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        service_lock = lock.fileno()
        with supervised(
            python("worker", STUBBORN), pass_fds=(service_lock,), LOCKS=str(service_lock)
        ) as service:
            lock.close()
            service.sees("| up")
            worker = service.pid_of("worker")
            service.process.kill()
            service.wait()
            assert not free()
            wait_for("the lock", free)
            assert worker not in running()


class TestAsPidOne:
    UNSHARE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")

    @pytest.fixture(autouse=True)
    def _needs_namespaces(self) -> None:
        try:
            done = subprocess.run([*self.UNSHARE, "true"], capture_output=True, timeout=PATIENCE, check=False)
        except FileNotFoundError:
            pytest.skip("unshare is not installed")
        if done.returncode:
            pytest.skip(f"no pid namespaces here: {done.stderr.decode().strip()}")

    def test_it_reaps_orphans_and_obeys_signals(self) -> None:
        orphan = "import os, time\npid = os.fork()\nif pid: print(pid)\nelse: os.close(1); time.sleep(0.3)"
        code = (
            "import os, subprocess, sys, time\n"
            f"pid = int(subprocess.check_output([sys.executable, '-S', '-c', {orphan!r}]))\n"
            "print('parent', os.getppid(), 'of', os.path.exists(f'/proc/{pid}'), flush=True)\n"
            "while os.path.exists(f'/proc/{pid}'): time.sleep(0.02)\n"
            "print('reaped', flush=True)\n"
            "time.sleep(600)"
        )
        with supervised(python("worker", code), prefix=self.UNSHARE) as service:
            service.sees("worker  | parent 1 of True")
            service.sees("worker  | reaped")
            inner = next(each.pid for each in running().values() if each.parent == service.pid)
            os.kill(inner, signal.SIGTERM)
            assert service.wait() == 0


HOLDS_TERMINAL = """
import os, sys
os.open(sys.argv[1], os.O_RDWR)  # so the leader of a session gets its terminal
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_a_closed_terminal_stops_the_service_and_a_mere_hangup_does_not() -> None:
    master, terminal = pty.openpty()
    prefix = (sys.executable, "-c", HOLDS_TERMINAL, os.ttyname(terminal))
    with supervised(python("worker", SLEEPER), prefix=prefix) as service:
        service.sees("| up")
        os.close(terminal)
        service.process.send_signal(signal.SIGHUP)
        service.sees("SIGHUP: no signal reloads in this version")
        os.close(master)
        service.sees("the terminal is gone")
        assert service.wait() == 0
        gone(service.pid_of("worker"))
