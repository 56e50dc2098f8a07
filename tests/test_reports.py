"""What diagnostics look like to programs: JSON, GitHub, SARIF."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from macaron_runner.codes import CODES
from macaron_runner.diagnostics import Diagnostic, Location, Severity
from macaron_runner.reports import render_github, render_json, render_sarif

PLACE = Location("macaron.prod.yaml", 41, 14, 5)
QUEUE = Diagnostic(
    "MAC214",
    'unknown queue "emial" for task "shop.jobs.send_receipt"',
    PLACE,
    "not one of: default, email",
    'did you mean "email"?',
)
TWICE = Diagnostic(
    "MAC103",
    "twice",
    PLACE,
    severity=Severity.WARNING,
    related=((Location("/etc/a b.yaml", 1, 2), "it stands here first"),),
)
ENDLESS = Diagnostic("MAC105", "a" * 5000, PLACE, "b" * 5000, "c" * 5000, related=((PLACE, "d" * 5000),))


def test_json_has_stable_keys() -> None:
    assert json.loads(render_json([QUEUE, Diagnostic("MAC101", "gone")])) == [
        {
            "code": "MAC214",
            "severity": "error",
            "message": 'unknown queue "emial" for task "shop.jobs.send_receipt"',
            "file": "macaron.prod.yaml",
            "line": 41,
            "column": 14,
            "length": 5,
            "label": "not one of: default, email",
            "help": 'did you mean "email"?',
            "related": [],
        },
        {
            "code": "MAC101",
            "severity": "error",
            "message": "gone",
            "file": None,
            "line": None,
            "column": None,
            "length": None,
            "label": "",
            "help": "",
            "related": [],
        },
    ]
    assert json.loads(render_json([TWICE]))[0]["related"] == [
        {"file": "/etc/a b.yaml", "line": 1, "column": 2, "length": 1, "message": "it stands here first"}
    ]


def test_overlong_texts_are_cut() -> None:
    (value,) = json.loads(render_json([ENDLESS]))
    texts = [value["message"], value["label"], value["help"], value["related"][0]["message"]]
    assert [text[0] for text in texts] == ["a", "b", "c", "d"]
    assert {len(text) for text in texts} == {601}
    assert len(render_github([ENDLESS])) < 3000
    assert len(render_sarif([ENDLESS], "1")) < 5000


def test_github_annotates_lines() -> None:
    assert render_github([QUEUE]) == (
        "::error file=macaron.prod.yaml,line=41,col=14,title=MAC214::"
        'unknown queue "emial" for task "shop.jobs.send_receipt"; not one of: default, email; did you mean "email"?'
    )
    odd = Diagnostic("MAC101", "50%\nof it", Location("a,b:c.yaml"), severity=Severity.WARNING)
    assert render_github([odd]) == "::warning file=a%2Cb%3Ac.yaml,line=1,col=1,title=MAC101::50%25%0Aof it"
    assert render_github([TWICE]).endswith("::twice; it stands here first (/etc/a b.yaml:1:2)")
    word = Diagnostic("MAC116", "it has no value", Location("--set a"))
    assert render_github([word]) == "::error title=MAC116::it has no value"


def sarif(*diagnostics: Diagnostic) -> dict[str, Any]:
    """Return the one run of a log."""
    log = json.loads(render_sarif(diagnostics, "1.2.3"))
    assert log["$schema"].endswith("/sarif-schema-2.1.0.json")
    assert (set(log), log["version"]) == ({"$schema", "version", "runs"}, "2.1.0")
    (run,) = log["runs"]
    return dict(run)


def test_sarif_names_the_tool_and_the_codes_that_occur() -> None:
    run = sarif(QUEUE, TWICE, QUEUE)
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("macaron", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == ["MAC103", "MAC214"]
    assert driver["rules"][1]["shortDescription"] == {"text": CODES["MAC214"]}
    assert [each["ruleIndex"] for each in run["results"]] == [1, 0, 1]
    assert run["columnKind"] == "unicodeCodePoints"
    assert sarif()["results"] == []


def test_sarif_results_have_a_place() -> None:
    first, second = sarif(QUEUE, TWICE)["results"]
    assert first == {
        "ruleId": "MAC214",
        "ruleIndex": 1,
        "level": "error",
        "message": {
            "text": 'unknown queue "emial" for task "shop.jobs.send_receipt"; not one of: default, email; '
            'did you mean "email"?'
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "macaron.prod.yaml", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 41, "startColumn": 14, "endColumn": 19},
                }
            }
        ],
    }
    assert second["level"] == "warning"
    assert second["relatedLocations"] == [
        {
            "id": 1,
            "physicalLocation": {
                "artifactLocation": {"uri": "file:///etc/a%20b.yaml"},
                "region": {"startLine": 1, "startColumn": 2, "endColumn": 3},
            },
            "message": {"text": "it stands here first"},
        }
    ]


def test_sarif_of_what_has_no_line_or_no_file() -> None:
    whole, word, nowhere = sarif(
        Diagnostic("MAC101", "gone", Location("a.yaml")),
        Diagnostic("MAC116", "it has no value", Location("--set a")),
        Diagnostic("MAC308", "no such API"),
    )["results"]
    artifact = {"uri": "a.yaml", "uriBaseId": "%SRCROOT%"}
    assert whole["locations"] == [{"physicalLocation": {"artifactLocation": artifact}}]
    assert word["locations"] == [{"logicalLocations": [{"fullyQualifiedName": "--set a"}]}]
    assert "locations" not in nowhere


@given(st.text(), st.text(), st.text(), st.integers(0, 5), st.integers(0, 50), st.integers(0, 50))
def test_no_diagnostic_breaks_a_report(
    message: str, label: str, file: str, line: int, column: int, length: int
) -> None:
    diagnostics = [Diagnostic("MAC105", message, Location(file, line, column, length), label)]
    assert json.loads(render_json(diagnostics))[0]["message"][:600] == message[:600]
    assert len(render_github(diagnostics).split("\n")) == 1
    (place,) = json.loads(render_sarif(diagnostics, "1"))["runs"][0]["results"][0].get("locations")
    region = place.get("physicalLocation", {}).get("region")
    assert not region or 1 <= region["startColumn"] < region["endColumn"]
