import subprocess
import sys

import pytest

from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.rendering import render_text
from macaron_runner.server.gunicorn import (
    FIXED,
    RESTATED,
    WORKER_NAMES,
    check_settings,
    check_worker_class,
    gunicorn_settings,
)

YAML = """
macaron: 1
service: {name: shop}
apis: {shop: {spec: shop.yaml, handlers: shop_handlers}}
server:
  worker: WORKER
  settings:
    SETTING
"""


def check(folder, setting: str = "{}", worker: str = "auto"):
    folder.write({"macaron.yaml": YAML.replace("WORKER", worker).replace("SETTING", setting)})
    configuration = folder.load()
    return configuration, check_settings(configuration)


@pytest.mark.parametrize(
    ("setting", "code", "words"),
    [
        ("max_request: 100", "MAC511", 'did you mean "max_requests"?'),
        ("max_requests: many", "MAC512", '"max_requests" cannot have this value'),
        ("keepalive: -1", "MAC512", '"keepalive" cannot have this value'),
        ("workers: 4", "MAC513", "macaron.yaml has server.workers for it"),
        ("preload_app: false", "MAC513", "workers are forked from one loaded service"),
        ("post_fork: shop.hooks.post_fork", "MAC513", "hooks are functions"),
    ],
)
def test_raw_settings_that_are_refused(folder, setting, code, words):
    _, (found,) = check(folder, setting)
    assert found.code == code
    assert found.location.line == 7
    assert words in render_text([found])


def test_raw_settings_win(folder):
    configuration, found = check(
        folder, "{keepalive: 5, max_requests: 1000, secure_scheme_headers: {X-A: b}}"
    )
    assert found == ()
    settings = gunicorn_settings(configuration, workers=2, binds=("fd://3",))
    assert settings["keepalive"] == 5
    assert settings["max_requests"] == 1000
    assert settings["secure_scheme_headers"] == {"X-A": "b"}


def test_every_setting_we_speak_of_exists():
    from gunicorn.config import make_settings

    registry = make_settings()
    assert {*RESTATED, *FIXED} <= set(registry)


def test_gunicorn_takes_our_settings(folder):
    from gunicorn.config import Config

    configuration, _ = check(folder)
    config = Config()
    for name, value in gunicorn_settings(
        configuration, workers=3, binds=("127.0.0.1:80", "unix:/a.sock")
    ).items():
        config.set(name, value)
    assert config.worker_class.__name__ == "DrainingWorker"
    assert (config.workers, config.preload_app, config.threads) == (3, True, 4)
    assert config.address == [("127.0.0.1", 80), "/a.sock"]


def test_settings_are_attributes_and_read_as_gunicorn_reads_them():
    from gunicorn.config import Config

    from macaron_runner.server.master import Settings

    ours, theirs = Settings(), Config()
    for config in (ours, theirs):
        config.set("timeout", "7")
        config.set("forwarded_allow_ips", "10.0.0.1, 10.0.0.2")
    for name in theirs.settings:
        expected = getattr(theirs, name)
        assert getattr(ours, name) == expected, name
        assert name in vars(ours)
    with pytest.raises(AttributeError):
        ours.timeout = 8
    with pytest.raises(AttributeError):
        _ = ours.no_such_setting


def test_worker_classes(folder):
    from gunicorn.workers import SUPPORTED_WORKERS

    assert set(WORKER_NAMES) <= set(SUPPORTED_WORKERS)
    _, (found,) = check(folder, worker="gthred")
    assert (found.code, found.help) == ("MAC514", 'did you mean "gthread"?')
    _, found = check(folder, worker="shop.workers.Mine")
    assert found == ()


def test_sync_workers_have_no_threads(folder):
    configuration, found = check(folder, worker="sync")
    assert found == ()
    assert gunicorn_settings(configuration, workers=1, binds=("fd://3",))["threads"] == 1
    _, (found,) = check(folder, worker="sync\n  threads: 8")
    assert (found.code, found.location.line) == ("MAC515", 6)


@pytest.mark.parametrize("worker", ["tornado", "nothing.of.This", "os.Nothing"])
def test_a_worker_class_that_cannot_be_loaded(folder, worker):
    configuration, found = check(folder, worker=worker)
    assert found == ()
    with pytest.raises(BadConfiguration) as caught:
        check_worker_class(configuration)
    assert [each.code for each in caught.value.diagnostics] == ["MAC514"]


def test_checking_nothing_does_not_import_gunicorn():
    code = "import sys, macaron_runner.server.gunicorn; sys.exit('gunicorn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
