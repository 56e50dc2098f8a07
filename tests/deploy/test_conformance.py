"""What every kind of target must keep to, whatever happens: one suite, over each kind's bed (beds.Bed).

A new kind adds its bed to BEDS and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from macaron_runner.deploy.failures import DeploymentFailed, Locked, LostLock, Refused
from macaron_runner.deploy.release import Release
from macaron_runner.deploy.target import Platform
from tests.deploy.beanstalk.bed import BeanstalkBed
from tests.deploy.beds import Bed, Killed
from tests.deploy.cloud_run.bed import CloudRunBed
from tests.deploy.fakes.host_beds import ComposeBed, SystemdBed
from tests.deploy.fakes.memory import MemoryBed
from tests.deploy.kubernetes.bed import KubernetesBed

BEDS: dict[str, Callable[[Path], Bed]] = {
    "beanstalk": BeanstalkBed,
    "cloud_run": CloudRunBed,
    "compose": ComposeBed,
    "kubernetes": KubernetesBed,
    "memory": MemoryBed,
    "systemd": SystemdBed,
}

LONG = 2 * 600.0 + 300.0 + 1
"""Seconds after which no lock lasts."""


QUICK = ("memory",)
"""Those whose fakes are all in this process."""


def marked(name: str) -> Any:
    return name if name in QUICK else pytest.param(name, marks=pytest.mark.slow)


@pytest.fixture(params=[marked(name) for name in BEDS])
def bed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bed]:
    bed = BEDS[request.param](tmp_path)
    yield bed
    bed.close()


class Teller:
    """What is told; at line `deadly` (from 1) something happens, and with `for_ever` at each one after it."""

    def __init__(
        self, deadly: int = 0, happens: Callable[[], None] | None = None, *, for_ever: bool = False
    ) -> None:
        self.lines: list[str] = []
        self.deadly, self.happens, self.for_ever = deadly, happens, for_ever

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        reached = len(self.lines) >= self.deadly if self.for_ever else len(self.lines) == self.deadly
        if self.deadly and reached and self.happens is not None:
            self.happens()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def kill() -> None:
    raise Killed


def interrupt() -> None:
    raise KeyboardInterrupt


def deploy(bed: Bed, version: str, tell: Callable[[str], None] | None = None) -> Release | None:
    return bed.pipeline(tell or Teller()).deploy(bed.wanted(version))


def roll_back(bed: Bed, number: int | None = None) -> Release:
    return bed.pipeline(Teller()).roll_back(number)


def releases(bed: Bed) -> list[tuple[int, str, str]]:
    kept = bed.open(bed.hands(Teller())).releases()
    return [(each.number, each.version, each.status) for each in kept]


def test_the_first_release_goes_live(bed: Bed) -> None:
    release = deploy(bed, "v1")
    assert release is not None
    assert (release.number, release.version, release.status, release.by) == (1, "v1", "live", "ann@box")
    assert bed.serving() == "v1"
    assert releases(bed) == [(1, "v1", "live")]
    status = bed.open(bed.hands(Teller())).status()
    assert status.is_well, status.trouble
    assert {each.version for each in status.workloads} == {"v1"}
    assert status.deploying == ""


def test_the_next_release_takes_its_place(bed: Bed) -> None:
    deploy(bed, "v1")
    deploy(bed, "v2")
    assert bed.serving() == "v2"
    assert releases(bed) == [(1, "v1", "superseded"), (2, "v2", "live")]


def test_a_difference_is_shown_before_and_none_after(bed: Bed) -> None:
    platform = bed.open(bed.hands(Teller()))
    assert platform.difference(bed.wanted("v1").files)
    deploy(bed, "v1")
    assert platform.difference(bed.wanted("v1").files) == ""
    assert "v2" in platform.difference(bed.wanted("v2").files)


def test_deploying_again_changes_nothing(bed: Bed) -> None:
    deploy(bed, "v1")
    before = bed.snapshot()
    teller = Teller()
    assert deploy(bed, "v1", teller) is None
    assert bed.snapshot() == before
    assert "nothing to do" in teller.text


def test_a_release_that_is_not_healthy_is_undone_and_says_why(bed: Bed) -> None:
    deploy(bed, "v1")
    bed.make_bad("v2")
    teller = Teller()
    with pytest.raises(DeploymentFailed, match=r"v1.* is live as before"):
        deploy(bed, "v2", teller)
    assert bed.serving() == "v1"
    assert releases(bed) == [(1, "v1", "live"), (2, "v2", "failed")]
    assert bed.evidence in teller.text
    assert "likely cause" in teller.text
    assert deploy(bed, "v3") is not None
    assert bed.serving() == "v3"


def test_a_first_release_that_is_not_healthy_leaves_nothing(bed: Bed) -> None:
    bed.make_bad("v1")
    with pytest.raises(DeploymentFailed, match="nothing was live before"):
        deploy(bed, "v1")
    assert bed.serving() == ""
    assert releases(bed) == [(1, "v1", "failed")]
    deploy(bed, "v2")
    assert bed.serving() == "v2"


def test_what_was_live_is_brought_back_and_that_undone_as_well(bed: Bed) -> None:
    deploy(bed, "v1")
    deploy(bed, "v2")
    assert roll_back(bed).of == 1
    assert bed.serving() == "v1"
    assert releases(bed) == [(1, "v1", "superseded"), (2, "v2", "superseded"), (3, "v1", "live")]
    assert roll_back(bed).of == 2
    assert bed.serving() == "v2"
    assert roll_back(bed, 3).of == 1
    assert bed.serving() == "v1"
    assert bed.open(bed.hands(Teller())).difference(bed.wanted("v1").files) == ""


def test_what_cannot_be_brought_back_is_refused(bed: Bed) -> None:
    deploy(bed, "v1")
    before = bed.snapshot()
    for number in (None, 1, 9):
        with pytest.raises(DeploymentFailed, match="nothing is rolled back"):
            roll_back(bed, number)
    assert bed.snapshot() == before


def test_a_release_that_is_brought_back_and_not_healthy_is_undone(bed: Bed) -> None:
    deploy(bed, "v1")
    deploy(bed, "v2")
    bed.make_bad("v1")
    if not bed.starts_anew:  # what is brought back was found healthy once, and is still there
        roll_back(bed)
        return
    with pytest.raises(DeploymentFailed, match=r"v2.* is live as before"):
        roll_back(bed)
    assert bed.serving() == "v2"
    assert [status for *_, status in releases(bed)] == ["superseded", "live", "failed"]


def test_a_release_brings_its_configuration_with_it_there_and_back(bed: Bed) -> None:
    text = bed.file.read_text("utf-8")
    first = bed.wanted("v1").files
    deploy(bed, "v1")
    bed.file.write_text(f"{text}x-colour: blue\n", "utf-8")
    platform = bed.open(bed.hands(Teller()))
    second = bed.wanted("v1").files
    assert platform.difference(second)
    assert deploy(bed, "v1") is not None
    assert platform.difference(second) == ""
    roll_back(bed)
    assert platform.difference(first) == ""
    assert platform.difference(second)


class Refusing:
    """A platform whose releases are refused by whoever asks them."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def address(self, release: Release) -> Any:
        raise Refused(f"{release} has the wrong colour")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._platform, name)


def test_a_release_that_is_healthy_and_refused_is_undone(bed: Bed) -> None:
    deploy(bed, "v1")
    for again in ("v2", "v3"):
        pipeline = bed.pipeline(Teller())
        refusing = replace(pipeline, platform=Refusing(pipeline.platform))
        with pytest.raises(DeploymentFailed, match=r"v1.* is live as before"):
            refusing.deploy(bed.wanted(again))
        assert bed.serving() == "v1"
    assert bed.open(bed.hands(Teller())).difference(bed.wanted("v1").files) == ""


def test_one_deploys_at_a_time(bed: Bed) -> None:
    deploy(bed, "v1")
    first = bed.open(bed.hands(Teller()))
    with first.lock("bob@laptop", 600.0):
        assert bed.open(bed.hands(Teller())).status().deploying.startswith("bob@laptop")
        with pytest.raises(Locked, match="bob@laptop deploys here since 2026-11-28T"):
            deploy(bed, "v2")
    assert bed.serving() == "v1"
    deploy(bed, "v2")
    assert bed.serving() == "v2"


def test_a_lock_that_nobody_holds_any_more_ends_by_itself(bed: Bed) -> None:
    deploy(bed, "v1")
    bed.open(bed.hands(Teller())).lock("bob@laptop", 600.0).__enter__()
    bed.pass_time(601)
    deploy(bed, "v2")
    assert bed.serving() == "v2"


def test_who_has_lost_the_lock_touches_nothing_more(bed: Bed) -> None:
    deploy(bed, "v1")
    lost = 0
    for step in range(2 + bed.first, 400, bed.stride):
        old, new = bed.serving(), f"v{step}"
        teller = Teller(step, bed.steal_lock_if_held)
        try:
            deploy(bed, new, teller)
        except LostLock:
            lost += 1
            assert "is undone" not in teller.text
            assert bed.serving() in (old, new)
        else:
            assert bed.serving() == new  # it was ours as long as it mattered
            if len(teller.lines) < step:
                break
        bed.pass_time(LONG)
        deploy(bed, f"w{step}")
        assert bed.serving() == f"w{step}"
    assert lost > 2


def test_a_refused_quota_leaves_what_is_live(bed: Bed) -> None:
    deploy(bed, "v1")
    bed.refuse(quota=True)
    with pytest.raises(DeploymentFailed, match=r"v1.* is live as before"):
        deploy(bed, "v2")
    assert bed.serving() == "v1"
    bed.refuse(quota=False)
    deploy(bed, "v2")
    assert bed.serving() == "v2"


def test_one_error_of_the_api_is_tried_again(bed: Bed) -> None:
    deploy(bed, "v1")
    bed.fail_once()
    deploy(bed, "v2")
    assert bed.serving() == "v2"


def test_a_dry_run_shows_commands_and_does_nothing(bed: Bed) -> None:
    for _ in range(2):
        before = bed.snapshot()
        teller = Teller()
        bed.pipeline(teller, dry_run=True).deploy(bed.wanted("v2"))
        assert bed.snapshot() == before
        assert "(dry run: not done)" in teller.text
        with suppress(DeploymentFailed):
            deploy(bed, "v1")


def test_old_releases_go(bed: Bed) -> None:
    for number in range(1, 8):
        deploy(bed, f"v{number}")
    assert [number for number, *_ in releases(bed)] == [3, 4, 5, 6, 7]
    roll_back(bed, 3)
    assert bed.serving() == "v3"
    assert [number for number, *_ in releases(bed)] == [3, 4, 5, 6, 7, 8]  # 8 is made of 3


def test_wherever_we_are_killed_the_next_deploy_mends(bed: Bed) -> None:
    deploy(bed, "v1")
    for step in range(1 + bed.first, 400, bed.stride):
        old, new = bed.serving(), f"v{step + 1}"
        teller = Teller(step, kill, for_ever=True)
        with suppress(Killed):
            deploy(bed, new, teller)
            break
        assert bed.serving() in (old, new)
        bed.pass_time(LONG)
        again = f"w{step + 1}" if step % 2 else new
        deploy(bed, again)
        assert bed.serving() == again
        assert [status for *_, status in releases(bed)].count("live") == 1
        assert "deploying" not in [status for *_, status in releases(bed)]
    else:
        raise AssertionError("it never ended")
    assert step > 5


def test_wherever_we_are_killed_a_rollback_mends(bed: Bed) -> None:
    deploy(bed, "v1")
    deploy(bed, "v2")
    for step in range(1 + bed.first, 400, 3 * bed.stride):
        live = bed.serving()
        with suppress(Killed):
            deploy(bed, "x", Teller(step, kill, for_ever=True))
            break
        bed.pass_time(LONG)
        if bed.serving() != "x":
            assert bed.serving() == live
        release = roll_back(bed)
        assert bed.serving() == release.version
        assert bed.serving() in ("v1", "v2", live)


def test_wherever_a_rollback_is_killed_the_next_deploy_mends(bed: Bed) -> None:
    deploy(bed, "v1")
    deploy(bed, "v2")
    for step in range(2 + bed.first, 400, 4 * bed.stride):
        live = bed.serving()
        with suppress(Killed):
            bed.pipeline(Teller(step, kill, for_ever=True)).roll_back()
            break
        bed.pass_time(LONG)
        deploy(bed, f"v{step + 1}")
        assert bed.serving() == f"v{step + 1}" != live
        assert [status for *_, status in releases(bed)].count("live") == 1


def test_wherever_we_are_interrupted_it_is_undone(bed: Bed) -> None:
    deploy(bed, "v1")
    for step in range(1 + bed.first, 400, bed.stride):
        old, new = bed.serving(), f"v{step + 1}"
        teller = Teller(step, interrupt)
        with suppress(KeyboardInterrupt):
            deploy(bed, new, teller)
            break
        statuses = {version: status for _, version, status in releases(bed)}
        if statuses.get(new) == "live":  # it came too late
            assert bed.serving() == new
        else:
            assert statuses.get(new) in ("failed", None)
            assert bed.serving() == old
        bed.pass_time(LONG)
        deploy(bed, new)
        assert bed.serving() == new


def test_the_last_lines_are_shown(bed: Bed) -> None:
    deploy(bed, "v1")
    lines = list(bed.open(bed.hands(Teller())).logs("", follow=False, lines=5))
    assert lines
