"""A service whose code gives its secrets away wherever it can: nobody gets to see one.

Everything that comes out of it is looked through: what it prints and logs, what its reporter is told, what clients are
answered, the words of its processes, the files that it leaves.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.processes import descendants, running, wait_for
from tests.support.service import ROOT, RunningService, free_port

pytestmark = pytest.mark.service

ODD = "p@ss/w:rd%\"'\n"
STRIPE = "sk_live_4eC39HqLyjWDarjtT1zdp7dcQ2xWvB8n"
KEY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTU"
BROKER_PASSWORD = "br0ker/p@ss:w0rd"
LITERAL = "set by hand and thirty-two bytes or longer"

MACARON = """
macaron: 1
service: {name: leaky}
secrets:
  odd: {env: LEAKY_ODD}
  stripe: {file: stripe.txt}
  key: {file: key.pem}
  signing: {generate: true}
  made: {generate: true}
  broker_password: {env: LEAKY_BROKER}
auth:
  users:
    type: jwt
    issuer: leaky
    audience: leaky
    keys: {main: {secret: "${secret:signing}"}}
apis:
  leaky: {spec: leaky.yaml, handlers: leaky}
server: {bind: "127.0.0.1:${PORT}", workers: 1, threads: 2}
tasks: {broker: WHICH}
observability: {error_reporter: "leaky:reporter", logs: {level: debug, format: FORM}}
config:
  odd: ${secret:odd}
  stripe: ${secret:stripe}
  key: ${secret:key}
  made: ${secret:made}
  database: "postgresql://shop:${secret:odd}@db.example/shop"
  cache: "redis://:cl3ar-t3xt@cache.example/0"
"""

API = {
    "openapi": "3.1.0",
    "info": {"title": "leaky", "version": "1"},
    "paths": {
        f"/{name}": {"get": {"operationId": name, "responses": {"200": {"description": "fine"}}}}
        for name in ("tell", "fail", "refuse", "queue", "thread")
    },
}

CODE = """
import json
import logging
import os
import sys
import threading
import traceback
import warnings
from pathlib import Path

from macaron_runner import MacaronError, asynctask, config

log = logging.getLogger("leaky")
HERE = Path(__file__).parent


def values():
    texts = [config.odd, config.stripe, config.key, config.made, config.database]
    return [text.reveal() for text in texts] + [config.cache, os.environ["LEAKY_BROKER"]]


def reporter(title, body):
    with (HERE / "reports").open("a") as file:
        print(title, body, file=file)


class Unwilling(MacaronError):
    code, status = "UNWILLING", 502


def tell_all():
    print(config.odd, config.database)
    for value in values():
        print(value)
        print("to stderr", repr(value), file=sys.stderr)
        print(json.dumps({"value": value, "inside": json.dumps([value])}), flush=True)
        os.write(1, f"past Python {value!r}\\n".encode())
        os.write(2, b"in two "); os.write(2, f"pieces {value!r}\\n".encode())
        log.info("an argument: %s", value)
        log.warning(f"in the message: {value!r}", extra={"more": {"value": value}})
        warnings.warn(f"a warning: {value}")
        try:
            raise ValueError(value) from KeyError(value)
        except ValueError:
            log.exception("it failed")
            traceback.print_exc()


def tell():
    tell_all()
    return None


def fail():
    raise RuntimeError("; ".join(values()))


def refuse():
    raise Unwilling("cannot reach " + "; ".join(values()))


def thread():
    def run():
        raise RuntimeError("in a thread: " + "; ".join(values()))
    started = threading.Thread(target=run)
    started.start()
    started.join()

    class Bad:
        def __del__(self):
            raise RuntimeError("unraisable: " + "; ".join(values()))
    Bad()
    return None


@asynctask()
def job():
    (HERE / "job").write_text("ran")
    tell_all()
    raise RuntimeError("; ".join(values()))


def queue():
    job()
    return None
"""


class Leaky:
    """The service's folder, and what must be seen nowhere."""

    def __init__(self, folder: Path, *, broker: str = "embedded", form: str = "text") -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "macaron.yaml").write_text(MACARON.replace("WHICH", broker).replace("FORM", form))
        (folder / "leaky.yaml").write_text(json.dumps(API))
        (folder / "leaky.py").write_text(CODE)
        (folder / "stripe.txt").write_text(STRIPE + "\n")
        (folder / "key.pem").write_text(f"-----BEGIN PRIVATE KEY-----\n{KEY}\n-----END PRIVATE KEY-----\n")
        self.state = folder / "state"
        self.environment = {
            "LEAKY_ODD": ODD,
            "LEAKY_BROKER": BROKER_PASSWORD,
            "MACARON_STATE_DIR": str(self.state),
        }

    def values(self) -> Iterator[tuple[str, str]]:
        """Yield (name, text) for every secret, in the forms in which it could show."""
        known = {
            "odd": ODD.strip(), "stripe": STRIPE, "key": KEY, "broker_password": BROKER_PASSWORD,
            "config.cache": "cl3ar-t3xt", "auth.users.keys.main.secret": LITERAL,
        }  # fmt: skip
        kept = self.state / "secrets"
        known |= {file.name: file.read_text() for file in (kept.iterdir() if kept.is_dir() else ())}
        for name, value in known.items():
            forms = [value, repr(value)[1:-1], json.dumps(value)[1:-1], quote(value, safe=""), quote(value)]
            forms += [base64.b64encode(value.encode()).decode().rstrip("=")[:-1], value[:12]]
            yield from ((name, form) for form in dict.fromkeys(forms))

    def assert_hidden_in(self, text: str, where: str) -> None:
        for name, form in self.values():
            at = text.find(form)
            assert at < 0, f"the secret {name} is in {where}: {text[max(0, at - 200) : at + 100]}"

    def assert_words_hidden(self, pid: int) -> None:
        everything = running()
        for process in (everything[pid], *descendants(pid)):
            self.assert_hidden_in(process.line, f"the words of {process.pid}")

    def assert_files_hidden(self) -> None:
        """Look through what the service wrote, but for the secrets that it keeps."""
        for file in self.state.rglob("*"):
            if file.is_file() and file.parent.name != "secrets":
                self.assert_hidden_in(file.read_bytes().decode("latin-1"), str(file))


@pytest.fixture
def leaky(tmp_path: Path) -> Leaky:
    return Leaky(tmp_path / "leaky")


def run_through(service: RunningService, leaky: Leaky) -> None:
    """Call everything, and look at what clients are told."""
    for path, status in (("/tell", 200), ("/fail", 500), ("/refuse", 502), ("/thread", 200), ("/queue", 200)):
        answer = service.request("GET", path)
        assert answer.status == status, answer.text
        leaky.assert_hidden_in(answer.text, path)
        if path == "/refuse":
            assert "‹secret odd›" in answer.text
    wait_for("the task", (leaky.folder / "job").exists)
    wait_for("its failure", lambda: (leaky.folder / "reports").read_text().count("Traceback") >= 3)
    leaky.assert_words_hidden(service.process.pid)


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_whole_service_shows_no_secret(tmp_path: Path, form: str) -> None:
    leaky = Leaky(tmp_path / "leaky", form=form)
    with RunningService(leaky.folder / "macaron.yaml", environment=leaky.environment) as service:
        run_through(service, leaky)
        assert service.stop() == 0
        leaky.assert_hidden_in(service.log, "the log")
        for name in ("odd", "stripe", "key", "made", "broker_password", "config.cache"):
            assert f"‹secret {name}›" in service.log or f"\\u2039secret {name}\\u203a" in service.log, name
        for what in ("past Python", "in two pieces", "in a thread", "unraisable", "a warning", "to stderr"):
            assert what in service.log
    reports = (leaky.folder / "reports").read_text()
    leaky.assert_hidden_in(reports, "the reports")
    assert "‹secret stripe›" in reports
    leaky.assert_files_hidden()


def test_a_process_that_runs_alone_shows_none_either(leaky: Leaky) -> None:
    with RunningService(
        leaky.folder / "macaron.yaml", "--only", "web", environment=leaky.environment
    ) as service:
        for path in ("/fail", "/refuse", "/thread"):
            leaky.assert_hidden_in(service.request("GET", path).text, path)
        assert service.stop() == 0
        leaky.assert_hidden_in(service.log, "the log")
        assert "‹secret stripe›" in service.log


def test_what_is_set_by_hand_is_in_no_process_list(leaky: Leaky) -> None:
    word = f"auth.users.keys.main.secret={LITERAL}"
    with RunningService(
        leaky.folder / "macaron.yaml", "--set", word, environment=leaky.environment
    ) as service:
        assert service.request("GET", "/ping").status == 200
        leaky.assert_words_hidden(service.process.pid)
        assert service.stop() == 0
        leaky.assert_hidden_in(service.log, "the log")
        assert "--set auth.users.keys.main.secret=‹secret›" in service.log  # the warning that it stands there


def test_a_broker_that_is_away_is_no_reason_to_tell_its_password(tmp_path: Path) -> None:
    for scheme in ("redis", "amqp"):
        url = f'"{scheme}://user:${{secret:broker_password}}@127.0.0.1:{free_port()}/0"'
        leaky = Leaky(tmp_path / scheme, broker=url)
        with RunningService(leaky.folder / "macaron.yaml", environment=leaky.environment) as service:
            answer = service.request("GET", "/queue")
            assert answer.status == 503, answer.text
            leaky.assert_hidden_in(answer.text, "the answer")
            wait_for("a worker that cannot connect", lambda: "annot connect to" in service.log)
            leaky.assert_words_hidden(service.process.pid)
            assert service.stop() == 0
            leaky.assert_hidden_in(service.log, "the log")


def test_the_broker_of_its_own_knows_none(leaky: Leaky) -> None:
    with RunningService(leaky.folder / "macaron.yaml", environment=leaky.environment) as service:
        (broker,) = (each for each in descendants(service.process.pid) if "unixsocket" in each.line)
        environment = Path(f"/proc/{broker.pid}/environ").read_bytes().decode("utf-8", "replace")
        leaky.assert_hidden_in(environment, "the broker's environment")


VERBS = {
    "config": (), "config --format json": (), "config --defaults": (), "check": (), "check --format json": (),
    "check --format github": (), "check --format sarif": (), "check --imports": (), "routes": (), "audit": (),
    "explain config.database": (), "explain auth.users.keys.main.secret": (), "explain config": (),
    "explain tasks.broker": (), "explain secrets.odd": (),
}  # fmt: skip


@pytest.mark.parametrize("words", VERBS)
@pytest.mark.parametrize("set_by_hand", [False, True])
def test_no_verb_shows_a_secret(tmp_path: Path, words: str, set_by_hand: bool) -> None:
    leaky = Leaky(tmp_path / "leaky", broker='"amqp://u:${secret:broker_password}@127.0.0.1:1//"')
    verb, *rest = words.split()
    more = ["--set", f"auth.users.keys.main.secret={LITERAL}"] if set_by_hand else []
    if verb == "explain":
        rest.append(str(leaky.folder / "macaron.yaml"))
        file = []
    else:
        file = [str(leaky.folder / "macaron.yaml")]
    done = subprocess.run(
        [sys.executable, "-m", "macaron_runner.cli", verb, *rest, *file, *more],
        env={**os.environ, **leaky.environment, "PYTHONPATH": str(ROOT), "PORT": "8080"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    leaky.assert_hidden_in(done.stdout, "stdout")
    leaky.assert_hidden_in(done.stderr, "stderr")
