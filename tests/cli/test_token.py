"""`macaron token`: one token on stdout and nothing else, or an explanation on stderr."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from macaron_runner.auth.verifiers import compile_verifiers
from macaron_runner.configuration.load import load
from macaron_runner.configuration.selection import Selection
from tests.cli.conftest import KEY, MACARON_YAML, CommandLine, Done


def claims(done: Done) -> dict[str, Any]:
    """Return what the token says."""
    assert (done.code, done.err) == (0, "")
    header, payload, signature = done.out.removesuffix("\n").split(".")
    assert header
    assert signature
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return found


def test_the_service_accepts_it(macaron: CommandLine) -> None:
    done = macaron("token", "--user", "alice")
    found = claims(done)
    assert found == {
        "iss": "shop.example.com",
        "aud": "shop",
        "sub": "alice",
        "iat": found["iat"],
        "exp": found["iat"] + 86400,
    }
    configuration = load(Selection(str(macaron.folder / "macaron.yaml")), environ={"SHOP_KEY": KEY})
    verifier = compile_verifiers(configuration.config.auth, configuration.locate)["users"]
    assert verifier(done.out.strip()).user_id == "alice"


def test_every_option(macaron: CommandLine) -> None:
    words = ("--user", "bob", "--claim", "admin=true", "--claim", "team=blue=green", "--claim", 'of=["a"]')
    found = claims(macaron("token", "macaron.yaml", *words, "--verifier", "partners"))
    assert (found["iss"], found["sub"], found["exp"] - found["iat"]) == ("other", "bob", 10)
    assert (found["admin"], found["team"], found["of"]) == (True, "blue=green", ["a"])
    assert found["exp"] > 0
    found = claims(macaron("token", *words, "--lifetime", "1h30m", "--set", "auth.users.issuer=me"))
    assert (found["iss"], found["exp"] - found["iat"]) == ("me", 5400)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "the following arguments are required: --user"),
        (("--user", ""), "macaron: a token needs a user id: a text that is not empty\n"),
        (("--user", "a", "--claim", "x"), "argument --claim: 'x' is not NAME=VALUE"),
        (("--user", "a", "--claim", "=x"), "argument --claim: '=x' is not NAME=VALUE"),
        (("--user", "a", "--claim", "sub=b"), "argument --claim: sub is set by macaron; see --user"),
        (("--user", "a", "--claim", f"n={'9' * 30}"), "macaron: the token's claims are not JSON"),
        (("--user", "a", "--lifetime", "5"), "argument --lifetime: '5' is not a duration with its unit"),
        (("--user", "a", "--lifetime", "-5s"), "expected one argument"),
        (
            ("--user", "a", "--verifier", "user"),
            'there is no verifier "user" in macaron.yaml; there are: users, partners',
        ),
        (
            ("--user", "a", "--set", "auth="),
            "macaron: macaron.yaml has no auth: section, so there are no tokens\n",
        ),
    ],
)
def test_what_makes_no_sense(macaron: CommandLine, words: tuple[str, ...], complaint: str) -> None:
    done = macaron("token", *words)
    assert (done.code, done.out) == (2, "")
    assert complaint in done.err


def test_a_bad_configuration(macaron: CommandLine) -> None:
    macaron.write("macaron.yaml", MACARON_YAML.replace("issuer: other, ", ""))
    done = macaron("token", "--user", "alice")
    assert (done.code, done.out) == (78, "")
    assert done.err.startswith(
        'error[MAC106]: the key "issuer" is missing in auth.partners\n  --> macaron.yaml:6:3\n'
    )
    assert done.err.endswith("\n\nmacaron: 1 problem found\n")


@pytest.mark.parametrize(
    "words", [("token", "--user", "alice"), ("config",), ("run",), ("routes",), ("audit",)]
)
def test_a_secret_is_hidden_in_what_is_said_of_a_bad_configuration(
    macaron: CommandLine, words: tuple[str, ...]
) -> None:
    macaron.write("macaron.yaml", MACARON_YAML + f'server: {{bind: "{KEY}"}}\n')
    done = macaron(*words)
    assert done.code in (1, 78)
    assert KEY not in done.out + done.err
    assert 'error[MAC211]: "‹secret key›" is no address' in done.out + done.err


def test_a_secret_made_for_development(macaron: CommandLine) -> None:
    macaron.write("macaron.yaml", MACARON_YAML.replace("{env: SHOP_KEY}", "{generate: true}"))
    one, two = macaron("token", "--user", "a"), macaron("token", "--user", "a")
    assert claims(one)["sub"] == claims(two)["sub"] == "a"
    assert (macaron.folder / ".macaron" / "secrets" / "key").stat().st_mode & 0o777 == 0o600
    macaron.write("taken", "")
    done = macaron("token", "--user", "a", MACARON_STATE_DIR="taken")
    assert (done.code, done.out) == (69, "")
    assert done.err.startswith("macaron: [folder]/taken")


def test_a_doubtful_secret_is_no_reason_to_print_more(macaron: CommandLine) -> None:
    macaron.write("macaron.yaml", MACARON_YAML.replace("${secret:key}", "a short one in the file"))
    assert claims(macaron("token", "--user", "a"))["sub"] == "a"
