"""`macaron version`, and what `macaron run FILE VERB` answers instead of running."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version

import pytest

from tests.cli.conftest import MACARON_YAML, CommandLine, Done

VERSIONED = MACARON_YAML.replace("shop}", 'shop, version: "${SHA}"}', 1)


def test_it_is_bare(macaron: CommandLine) -> None:
    assert macaron("version", MACARON_VERSION="7") == Done(0, "7\n", "")


def test_all_of_it(macaron: CommandLine) -> None:
    done = macaron("version", "--format", "json", MACARON_VERSION="7")
    assert json.loads(done.out) == {
        "service": "shop",
        "version": "7",
        "macaron": version("macaron-runner"),
        "python": platform.python_version(),
    }


def test_no_secret_need_be_there_for_it(macaron: CommandLine) -> None:
    assert macaron("version", MACARON_VERSION="7", SHOP_KEY="") == Done(0, "7\n", "")


def test_its_own_variable_must(macaron: CommandLine) -> None:
    macaron.write("macaron.yaml", VERSIONED)
    assert macaron("version", SHA="3f2c9a1") == Done(0, "3f2c9a1\n", "")
    done = macaron("version")
    assert (done.code, done.out) == (78, "")
    assert done.err.startswith("error[MAC110]: the environment variable SHA is not set")


def test_without_a_file_there_is_no_version(macaron: CommandLine) -> None:
    done = macaron("version", "other.yaml")
    assert (done.code, done.out) == (78, "")


@pytest.mark.parametrize("words", ["config", "routes --format json", "check --no-ports", "version"])
def test_a_run_may_be_asked_instead(macaron: CommandLine, words: str) -> None:
    verb, *rest = words.split()
    asked = macaron("run", "macaron.yaml", verb, *rest, MACARON_VERSION="7")
    assert asked == macaron(verb, "macaron.yaml", *rest, MACARON_VERSION="7")
    assert asked.code == 0
    assert asked.out or verb == "check"


def test_other_words_behind_the_file_are_too_many(macaron: CommandLine) -> None:
    assert macaron("run", "macaron.yaml", "schema").code == 2
    assert macaron("run", "--reload", "config").code == 78  # config is the file
