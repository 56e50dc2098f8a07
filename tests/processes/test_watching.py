"""What counts as a change: any Python of the service's own, and the files named, once they are left alone."""

import os
from pathlib import Path

import pytest

from macaron_runner.processes.watching import Watch


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "orders.py").write_text("a = 1")
    (tmp_path / "shop.yaml").write_text("a: 1")
    return Watch([tmp_path / "shop.yaml", tmp_path / "missing.yaml"], [tmp_path])


def settled(watch: Watch) -> set[str]:
    """Return the names of what changed, when it was left alone for one more look."""
    return {path.name for look in (watch.changed(), watch.changed()) for path in look}


def test_nothing_changes_by_itself(watch: Watch) -> None:
    assert settled(watch) == set()


@pytest.mark.parametrize("name", ["shop/orders.py", "shop/new.py", "shop.yaml", "missing.yaml"])
def test_a_change_is_told_once(watch: Watch, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("something else")
    assert watch.changed() == frozenset()  # it may be half written
    assert watch.changed() == {tmp_path / name}
    assert settled(watch) == set()


def test_what_goes_on_changing_is_told_when_it_has_ended(watch: Watch, tmp_path: Path) -> None:
    for size in range(5):
        (tmp_path / "shop" / "orders.py").write_text("x" * size)
        assert watch.changed() == frozenset()
    assert settled(watch) == {"orders.py"}


def test_what_is_removed_or_replaced_has_changed(watch: Watch, tmp_path: Path) -> None:
    (tmp_path / "shop" / "orders.py").unlink()
    before = (tmp_path / "shop.yaml").stat()
    (tmp_path / "fresh").write_text("b: 2")
    os.utime(tmp_path / "fresh", ns=(before.st_atime_ns, before.st_mtime_ns))
    (tmp_path / "fresh").replace(tmp_path / "shop.yaml")
    assert settled(watch) == {"orders.py", "shop.yaml"}


@pytest.mark.parametrize(
    "name",
    [
        "data.json",
        "other.yaml",
        ".orders.py",
        ".git/a.py",
        "__pycache__/a.py",
        "node_modules/a.py",
        "venv/lib/a.py",
    ],
)
def test_what_is_not_the_services_own_is_nobodys_concern(watch: Watch, tmp_path: Path, name: str) -> None:
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("a")
    assert settled(watch) == set()


def test_more_may_be_watched_later(watch: Watch, tmp_path: Path) -> None:
    (tmp_path / "shop" / "orders.py").write_text("meanwhile")
    watch.changed()
    (tmp_path / "other.yaml").write_text("a: 1")
    watch.add([tmp_path / "other.yaml"])
    assert settled(watch) == {"orders.py"}
    (tmp_path / "other.yaml").write_text("a: 22")
    assert settled(watch) == {"other.yaml"}
