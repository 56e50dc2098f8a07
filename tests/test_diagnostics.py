"""What a diagnostic is, how it travels, and what it looks like to a person."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macaron_runner.diagnostics import (
    CODES,
    BadConfiguration,
    Diagnostic,
    Location,
    Severity,
    near_word,
    raise_errors,
)
from macaron_runner.rendering import render_text

PLACE = Location("macaron.prod.yaml", 41, 14, 5)
QUEUE = Diagnostic(
    "MAC214",
    'unknown queue "emial" for task "shop.jobs.send_receipt"',
    PLACE,
    "not one of: default, email",
    'did you mean "email"?',
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with the file that QUEUE is about."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "macaron.prod.yaml").write_text("#\n" * 40 + "      queue: emial\n")
    return tmp_path


def shown(line: str, place: Location, label: str = "here") -> list[str]:
    """Return the lines under the arrow for a place in a file of one line."""
    Path(place.file).write_bytes(line.encode())
    return render_text([Diagnostic("MAC105", "wrong", place, label)]).split("\n")[2:]


def test_text_is_as_the_design_shows_it(folder: Path) -> None:
    assert render_text([QUEUE]) == (
        'error[MAC214]: unknown queue "emial" for task "shop.jobs.send_receipt"\n'
        "  --> macaron.prod.yaml:41:14\n"
        "41 |       queue: emial\n"
        "   |              ^^^^^ not one of: default, email\n"
        '   = help: did you mean "email"?'
    )


def test_text_of_several_has_them_in_order_and_apart(folder: Path) -> None:
    warning = Diagnostic("MAC210", "doubtful", severity=Severity.WARNING)
    assert render_text([QUEUE, warning]).split("\n\n")[1] == "warning[MAC210]: doubtful"
    assert render_text([]) == ""


def test_related_places_are_notes(folder: Path) -> None:
    double = Diagnostic(
        "MAC103", "twice", PLACE, related=((Location("a.yaml", 1, 2), "it stands here first"),)
    )
    assert render_text([double]).endswith("   = note: it stands here first (a.yaml:1:2)")


@pytest.mark.parametrize(
    "place", [Location("macaron.prod.yaml"), Location("nowhere.yaml", 3, 1), Location("--set a=b")]
)
def test_without_a_source_line_the_label_still_shows(folder: Path, place: Location) -> None:
    margin = "  " if not place.line else " "
    text = render_text([Diagnostic("MAC105", "wrong", place, "must be a map")])
    assert text == f"error[MAC105]: wrong\n  --> {place}\n{margin} | must be a map"


def test_a_place_past_the_end_is_no_reason_to_fail(folder: Path) -> None:
    assert "^ here" in shown("short", Location("a", 1, 90, 9))[-1]
    assert shown("short", Location("a", 9, 1)) == ["  | here"]


def test_tabs_and_wide_characters_keep_the_marker_under_its_text(folder: Path) -> None:
    assert shown("\tkey: 1", Location("a", 1, 2, 3)) == ["1 | \tkey: 1", "  | \t^^^ here"]
    assert shown("名前: x", Location("a", 1, 1, 2)) == ["1 | 名前: x", "  | ^^^^ here"]
    assert shown("名前: x", Location("a", 1, 5, 1)) == ["1 | 名前: x", "  |       ^ here"]
    assert shown("e\u0301: x", Location("a", 1, 5, 1))[1] == "  |    ^ here"


def test_a_byte_order_mark_and_odd_breaks_do_not_shift_lines(folder: Path) -> None:
    assert shown("\ufeffkey: 1", Location("a", 1, 1, 3))[0] == "1 | key: 1"
    assert shown("a\u2028b\x0cc: 1\r\nd: 2", Location("a", 2, 1))[0] == "2 | d: 2"


def test_a_long_line_is_cut_around_the_place(folder: Path) -> None:
    line, marker = shown("a" * 5000 + "HERE" + "b" * 5000, Location("a", 1, 5001, 4))
    assert len(line) < 220
    assert line.startswith("1 | …aaa")
    assert line.endswith("bbb…")
    assert line[marker.index("^") : marker.rindex("^") + 1] == "HERE"


def test_users_text_cannot_steer_the_terminal(folder: Path) -> None:
    hostile = "\x1b[31mred\x1b[0m\r\nnext\u202e"
    diagnostic = Diagnostic(
        "MAC105", hostile, Location("a\x1b", 1, 1), hostile, hostile, related=((PLACE, hostile),)
    )
    (folder / "a\x1b").write_text(hostile)
    text = render_text([diagnostic])
    assert not set("\x1b\r\u202e") & set(text)
    assert len(text.split("\n")) == 6


def test_colour_is_only_added(folder: Path) -> None:
    coloured = render_text([QUEUE], color=True)
    assert "\x1b[1;31merror[MAC214]\x1b[0m" in coloured
    for code in ("0", "1", "34", "1;31"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == render_text([QUEUE])


@given(st.text(), st.text(), st.integers(0, 5), st.integers(0, 50), st.integers(0, 50))
def test_no_diagnostic_breaks_the_text(message: str, label: str, line: int, column: int, length: int) -> None:
    diagnostics = [Diagnostic("MAC105", message, Location(__file__, line, column, length), label)]
    assert render_text(diagnostics).startswith("error[MAC105]: ")


texts = st.text(max_size=20)
places = st.builds(Location, texts, *[st.integers(0, 99)] * 3)


@given(
    st.builds(
        Diagnostic,
        st.sampled_from(sorted(CODES)),
        *[texts, st.none() | places, texts, texts, st.sampled_from(Severity)],
        related=st.lists(st.tuples(places, texts), max_size=2).map(tuple),
    )
)
def test_a_diagnostic_travels_as_json(diagnostic: Diagnostic) -> None:
    assert Diagnostic.from_json(json.loads(json.dumps(diagnostic.to_json()))) == diagnostic


def test_errors_are_raised_and_warnings_returned() -> None:
    warning = Diagnostic("MAC210", "doubtful", severity=Severity.WARNING)
    assert raise_errors([warning]) == (warning,)
    with pytest.raises(BadConfiguration, match=r"macaron\.prod\.yaml:41:14: MAC214: unknown queue") as caught:
        raise_errors([warning, QUEUE])
    assert caught.value.diagnostics == (warning, QUEUE)
    assert caught.value.exit_code == 78


def test_the_near_word() -> None:
    assert near_word("emial", ["default", "email"]) == 'did you mean "email"?'
    assert near_word("zebra", ["default", "email"]) == ""


def test_codes_are_well_formed() -> None:
    assert all(code.startswith("MAC") and code[3:].isdecimal() and len(code) == 6 for code in CODES)
    assert all(text and not text.endswith(".") for text in CODES.values())
    with pytest.raises(ValueError, match="MAC999"):
        Diagnostic("MAC999", "no such code")
