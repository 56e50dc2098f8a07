"""Which targets the verbs of deployments are about, and what they say where they cannot be deployed to."""

from __future__ import annotations

import signal

import pytest

from macaron_runner.cli.targets import stopped_by_signals
from tests.cli.conftest import MACARON_YAML, CommandLine

TARGETS = """\
build: {image: registry.example.com/acme/shop}
deploy:
  targets:
    staging: {type: systemd, host: s1.example.com, directory: /srv/shop}
    live: {type: systemd, host: l1.example.com, directory: /srv/shop, after: staging}
"""


@pytest.fixture
def shop(macaron: CommandLine) -> CommandLine:
    macaron.write("macaron.yaml", MACARON_YAML + TARGETS)
    return macaron


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("rollback",), "name a target: staging, live"),
        (("logs", "liv"), 'there is no target "liv"; did you mean "live"?'),
        (("status", "nowhere"), 'there is no target "nowhere"; there are: staging, live'),
        (("rollback", "live", "staging"), "name one target"),
        (("deploy", "live", "--image", "acme/shop:1"), "live runs no image"),
        (("plan", "live", "--image", "acme/shop:1"), "live runs no image"),
        (("status", "a.yaml", "b.yaml"), "one macaron.yaml at a time, not a.yaml and b.yaml"),
        (("logs", "live", "-n", "many"), "'many' is no number of lines"),
        (("rollback", "live", "--to", "first"), "invalid int value: 'first'"),
    ],
)
def test_what_makes_no_sense_is_a_matter_of_usage(
    shop: CommandLine, words: tuple[str, ...], complaint: str
) -> None:
    done = shop(*words)
    assert (done.code, done.out) == (2, "")
    assert complaint in done.err


def test_a_folder_of_a_target_s_name_is_told_from_it(shop: CommandLine) -> None:
    (shop.folder / "other").mkdir()
    done = shop("status", "other")
    assert done.code == 2
    assert "; the folder is other/" in done.err


def test_without_targets_there_is_nothing_to_ask(macaron: CommandLine) -> None:
    done = macaron("status")
    assert (done.code, done.err) == (2, "macaron: macaron.yaml has no deploy.targets\n")


def test_a_target_with_errors_is_not_asked(shop: CommandLine) -> None:
    shop.write("macaron.yaml", MACARON_YAML + TARGETS.replace("directory: /srv/shop}", "directory: srv}", 1))
    done = shop("rollback", "staging")
    assert done.code == 78
    assert "deploy.targets.staging.directory must be the absolute path of a folder" in done.err


def test_a_terminal_that_closes_ends_nothing_that_was_started_to_outlive_it() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopped_by_signals():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert callable(signal.getsignal(signal.SIGTERM))
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        with stopped_by_signals(), pytest.raises(SystemExit) as ended:
            signal.raise_signal(signal.SIGHUP)
        assert ended.value.code == 128 + signal.SIGHUP
    finally:
        signal.signal(signal.SIGHUP, before)
