"""The course of a deployment, where it is not the targets' business (that is test_conformance)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from macaron_runner.deploy.failures import DeploymentFailed
from macaron_runner.deploy.pipeline import first_of, kept, require
from tests.deploy.fakes.memory import Memory, MemoryBed
from tests.deploy.test_release import FAILED, ONE, TWO


@pytest.fixture
def bed(tmp_path: Path) -> MemoryBed:
    return MemoryBed(tmp_path)


def test_what_must_be_live_before_is_asked_for(bed: MemoryBed) -> None:
    platform = bed.open(bed.hands(lambda _: None))
    with pytest.raises(DeploymentFailed, match="v1 must be live at staging first: nothing is live there"):
        require(platform, "staging", "v1")
    bed.pipeline(lambda _: None).deploy(bed.wanted("v1"))
    require(platform, "staging", "v1")
    with pytest.raises(
        DeploymentFailed, match=r"v2 must be live at staging first: release 1 \(v1\) is live there"
    ):
        require(platform, "staging", "v2")
    bed.make_bad("v1")
    with pytest.raises(DeploymentFailed, match="staging must be healthy first: web: 0 of 1 ready"):
        require(platform, "staging", "v1")


def test_what_runs_no_more_is_deployed_again(bed: MemoryBed) -> None:
    bed.pipeline(lambda _: None).deploy(bed.wanted("v1"))
    bed.world.running.clear()
    release = bed.pipeline(lambda _: None).deploy(bed.wanted("v1"))
    assert release is not None
    assert bed.serving() == "v1"


def test_an_undoing_that_fails_says_who_goes_on(bed: MemoryBed) -> None:
    class Stubborn(Memory):
        def abandon(self, release, live) -> None:  # type: ignore[no-untyped-def]
            raise DeploymentFailed("the door is locked")

    pipeline = bed.pipeline(lambda _: None)
    pipeline.deploy(bed.wanted("v1"))
    bed.make_bad("v2")
    stuck = replace(pipeline, platform=Stubborn(bed.world, pipeline.hands))
    with pytest.raises(
        DeploymentFailed, match=r"undoing it failed: the door is locked\n.* by the next deploy"
    ):
        stuck.deploy(bed.wanted("v2"))
    told: list[str] = []
    bed.pipeline(told.append, by="bob@laptop").deploy(bed.wanted("v3"))
    assert any(line.startswith("release 2 (v2) was begun by ann@box at 2026-11-28T12:00:0") for line in told)
    assert bed.serving() == "v3"


def test_what_is_live_again_and_not_healthy_is_told(bed: MemoryBed) -> None:
    bed.pipeline(lambda _: None).deploy(bed.wanted("v1"))
    bed.make_bad("v1")
    bed.make_bad("v2")
    with pytest.raises(DeploymentFailed, match=r"release 1 \(v1\) is live as before, and not healthy: "):
        bed.pipeline(lambda _: None).deploy(bed.wanted("v2"))
    assert bed.serving() == "v1"


def test_tidying_up_that_fails_undoes_nothing(bed: MemoryBed) -> None:
    class Untidy(Memory):
        def finish(self, release, keep) -> None:  # type: ignore[no-untyped-def]
            raise DeploymentFailed("the broom is gone")

    told: list[str] = []
    pipeline = bed.pipeline(told.append)
    untidy = replace(pipeline, platform=Untidy(bed.world, pipeline.hands))
    assert untidy.deploy(bed.wanted("v1")) is not None
    assert bed.serving() == "v1"
    assert told[-2] == "release 1 (v1) is live, but tidying up after it failed: the broom is gone"


def test_the_lock_is_renewed_while_something_lasts(bed: MemoryBed) -> None:
    class Slow(Memory):
        def wait(self, release, deadline) -> None:  # type: ignore[no-untyped-def]
            self.hands.wait(lambda: "" if self.hands.clock() >= 500 else "it starts", deadline)

    told: list[str] = []
    pipeline = bed.pipeline(told.append)
    replace(pipeline, platform=Slow(bed.world, pipeline.hands)).deploy(bed.wanted("v1"))
    assert bed.time >= 500
    assert 5 <= told.count("$ memory extend lock") <= 12


def test_releases_stay_as_long_as_something_is_made_of_them() -> None:
    back = replace(ONE, number=4, of=1, status="live")
    history = [ONE, replace(TWO, status="superseded"), FAILED, back]
    assert first_of(back, history) == ONE
    assert kept(history, 1) == {1, 4}
    assert kept(history, 2) == {1, 2, 3, 4}
    assert kept([FAILED], 2) == {3}
    with pytest.raises(ValueError, match="not kept any more"):
        first_of(back, [back])
