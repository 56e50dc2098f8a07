"""What would change is shown as people read it."""

from __future__ import annotations

from macaron_runner.deploy.difference import difference
from macaron_runner.deploy.files import File, in_order


def test_nothing_changes_nothing() -> None:
    files = in_order([File("a", b"1\n"), File("b", b"\xff")])
    assert difference(files, files) == ""


def test_files_come_change_and_go_in_order() -> None:
    live = in_order([File("a", b"one\ntwo\n"), File("/etc/gone", b"x"), File("same", b"")])
    wanted = in_order([File("a", b"one\n2\n"), File("new.sh", b"y\n", 0o755), File("same", b"", 0o600)])
    assert difference(live, wanted) == (
        "--- live/etc/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n\\ no newline at the end\n"
        "--- live/a\n+++ new/a\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n"
        "--- /dev/null\n+++ new/new.sh\n@@ -0,0 +1 @@\n+y\n"
        "mode of same: 644 -> 600\n"
    )


def test_what_is_no_text_is_told_by_its_size() -> None:
    assert (
        difference((File("a", b"\xff"),), (File("a", b"12"),))
        == "binary file live/a -> new/a: 1 bytes -> 2 bytes\n"
    )
    assert difference((), (File("a", b"\0"),)) == "binary file /dev/null -> new/a: nothing -> 1 bytes\n"
