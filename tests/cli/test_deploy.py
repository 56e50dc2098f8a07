"""`macaron plan` and `macaron deploy`, from the command line's words to what is live on a fake host."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from macaron_runner.cli import deploy, plan
from macaron_runner.deploy.failures import DeploymentFailed, Failure
from macaron_runner.deploy.hands import Hands
from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.errors import UsageError
from tests.cli.conftest import SHOP_YAML
from tests.deploy.fakes.host_beds import ComposeBed

ONE = f"registry.example.com/acme/shop:v1@sha256:{'1' * 64}"


@pytest.fixture
def bed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ComposeBed]:
    """Give a host, and be in the folder of a service for it: the target is `live`."""
    bed = ComposeBed(tmp_path)
    (tmp_path / "shop.yaml").write_text(SHOP_YAML)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").touch()
    (tmp_path / "shop/jobs.py").write_text(
        "from macaron_runner import asynctask\n\n\n@asynctask()\ndef report():\n    ...\n"
    )
    bed.file.write_text(bed.file.read_text().replace("tasks: {", "tasks: {modules: [shop.jobs], "))
    monkeypatch.chdir(tmp_path)
    yield bed
    bed.close()


def do(
    verb: ModuleType, bed: ComposeBed, *words: str, told: list[str] | None = None, dry: bool = False
) -> int:
    parser = argparse.ArgumentParser()
    verb.describe(parser)
    lines = told if told is not None else []
    hands = bed.hands(lines.append, dry_run=dry)
    arguments = parser.parse_intermixed_args(words)
    code = deploy.deploy(arguments, hands) if verb is deploy else plan.plan(arguments, hands)
    assert isinstance(hands, Hands)
    return code


def add(bed: ComposeBed, text: str) -> None:
    bed.file.write_text(bed.file.read_text() + text)


def test_what_is_planned_is_deployed_and_then_nothing_is_left_to_do(
    bed: ComposeBed, capsys: pytest.CaptureFixture[str]
) -> None:
    assert do(plan, bed, "live") == plan.CHANGES
    assert "compose.yaml" in capsys.readouterr().out
    assert do(deploy, bed, "--image", ONE) == 0
    assert capsys.readouterr().out == "1 v1\n"
    assert bed.serving() == "v1"
    told: list[str] = []
    assert do(deploy, bed, "live", "--image", ONE, told=told) == 0
    assert "nothing to do: release 1 (v1) is live, and healthy" in told
    assert capsys.readouterr().out == ""


def test_a_plan_is_written_without_asking_anybody(bed: ComposeBed, tmp_path: Path) -> None:
    before = bed.snapshot()
    told: list[str] = []
    assert do(plan, bed, "--out", str(tmp_path / "out"), "--image", ONE, told=told) == 0
    assert "@sha256:1111" in (tmp_path / "out/compose.yaml").read_text()
    assert [line for line in told if line.startswith("$")] == [f"$ write 3 files to {tmp_path}/out"]
    assert bed.snapshot() == before


def test_a_dry_run_does_nothing(bed: ComposeBed) -> None:
    before = bed.snapshot()
    told: list[str] = []
    assert do(deploy, bed, "--image", ONE, told=told, dry=True) == 0
    assert bed.snapshot() == before
    assert any(line.endswith("(dry run: not done)") for line in told)


def test_tests_that_fail_keep_everything_as_it_is(bed: ComposeBed) -> None:
    tests = "deploy: {tests: [sh, -c, exit 4], "
    bed.file.write_text(bed.file.read_text().replace("deploy: {", tests))
    before = bed.snapshot()
    with pytest.raises(Failure, match="ended with"):
        do(deploy, bed, "--image", ONE)
    assert bed.snapshot() == before


def test_problems_and_credentials_keep_a_service_from_being_deployed(bed: ComposeBed) -> None:
    add(bed, "config: {api_key: hunter2-and-more}\n")
    with pytest.raises(BadConfiguration) as caught:
        do(deploy, bed, "--image", ONE)
    assert [each.code for each in caught.value.diagnostics] == ["MAC708"]
    add(bed, "clients: {x: {}}\n")
    with pytest.raises(BadConfiguration):
        do(plan, bed, "live")


def test_an_image_tells_its_version_by_its_tag(bed: ComposeBed) -> None:
    for wrong, why in (
        ("registry.example.com/shop", "name the image with its tag"),
        ("A b", "is no name of an image"),
    ):
        with pytest.raises(UsageError, match=why):
            do(deploy, bed, "--image", wrong)


def test_staging_comes_before_live(bed: ComposeBed) -> None:
    text = bed.file.read_text()
    section = text.partition("{live: ")[2].partition("}}}")[0]
    staging = section.replace("/srv", "/srv-staging")
    both = f"deploy: {{targets: {{live: {section}, after: staging}}, staging: {staging}}}}}}}"
    bed.file.write_text(text.replace(f"deploy: {{targets: {{live: {section}}}}}}}", both))
    with pytest.raises(DeploymentFailed, match="v1 must be live at staging first: nothing is live there"):
        do(deploy, bed, "live", "--image", ONE)
    assert bed.serving() == ""


def test_targets_are_deployed_to_in_their_order() -> None:
    class Section:
        def __init__(self, after: str | None) -> None:
            self.after = after

    class Named:
        def __init__(self, name: str, after: str | None) -> None:
            self.name, self.section = name, Section(after)

    named = [
        Named("live", "staging"),
        Named("staging", "dev"),
        Named("other", "elsewhere"),
        Named("dev", None),
    ]
    assert [each.name for each in deploy.in_order(named)] == ["other", "dev", "staging", "live"]  # type: ignore[arg-type]
