"""`macaron mock`: what it refuses before anything is served."""

from __future__ import annotations

import pytest

from tests.cli.conftest import SHOP_YAML, CommandLine

BROKEN = SHOP_YAML.replace(
    "paths: {}", 'paths: {/a: {get: {responses: {"200": {$ref: "#/components/responses/No"}}}}}'
)


def test_a_broken_document_is_bad_configuration(macaron: CommandLine) -> None:
    (macaron.folder / "broken.yaml").write_text(BROKEN)
    done = macaron("mock", "broken.yaml")
    assert (done.code, done.out) == (78, "")
    assert done.err.startswith("error[MAC304]: the reference")
    assert "--> broken.yaml:3:" in done.err
    assert done.err.endswith(
        "macaron: 1 problem found, nothing was started\n"
        "macaron: --no-strict serves the operations that no error is about\n"
    )
    assert "--no-strict" not in macaron("mock", "broken.yaml", "--no-strict").err


def test_two_documents_with_the_same_paths_are_bad_configuration(macaron: CommandLine) -> None:
    paths = 'paths: {/a: {get: {responses: {"200": {description: x}}}}}'
    for name in ("one.yaml", "two.yaml"):
        (macaron.folder / name).write_text(SHOP_YAML.replace("paths: {}", paths))
    done = macaron("mock", "one.yaml", "two.yaml")
    assert done.code == 78
    assert "MAC506" in done.err


def test_what_is_wrong_with_several_documents_is_told_together(macaron: CommandLine) -> None:
    (macaron.folder / "broken.yaml").write_text(BROKEN)
    (macaron.folder / "odd.yaml").write_text(
        SHOP_YAML.replace("paths: {}", "paths: {/a: {get: {responses: {}, parameters: 1}}}")
    )
    done = macaron("mock", "broken.yaml", "odd.yaml")
    assert done.code == 78
    assert "--> broken.yaml:" in done.err
    assert "--> odd.yaml:" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no.yaml"], 'there is no file "no.yaml"'),
        (["."], '"." is not a file'),
        (["x" * 300], 'there is no file "xxx'),
        (["https://example.com/a.yaml"], "nothing is fetched: save https://example.com/a.yaml as a file"),
        (["shop.yaml", "--port", "many"], '"many" is no port: it is a whole number from 1 to 65535'),
        (["shop.yaml", "--port", "0"], '"0" is no port'),
    ],
)
def test_a_command_that_makes_no_sense_is_refused(macaron: CommandLine, words: list[str], said: str) -> None:
    (macaron.folder / "shop.yaml").write_text(SHOP_YAML)
    done = macaron("mock", *words)
    assert done.code == 2
    assert said in done.err


def test_a_base_path_must_be_one(macaron: CommandLine) -> None:
    (macaron.folder / "shop.yaml").write_text(SHOP_YAML)
    done = macaron("mock", "shop.yaml", "--base-path", "v1")
    assert done.code == 78
    assert "must be a path as /v1" in done.err


def test_what_is_sound_of_a_faulty_document_can_be_served(macaron: CommandLine) -> None:
    sound = ', /b: {get: {responses: {"200": {description: sound}}}}}'
    (macaron.folder / "broken.yaml").write_text(BROKEN.rstrip().removesuffix("}") + sound)
    done = macaron("mock", "broken.yaml", "--no-strict", "--port", "1", "--host", "192.0.2.1")
    assert done.code == 69, "the address is not this machine's"
    assert "warning[MAC304]" in done.err
    assert "macaron: cannot listen on 192.0.2.1:1: " in done.err
    assert "on http://" not in done.err, "nothing is served there"
