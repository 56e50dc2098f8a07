"""Documents never meant to be read: each ends soon, in modest memory, with a diagnostic at the right place."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from macaron_runner.diagnostics import BadConfiguration, Diagnostic
from macaron_runner.documents import check_with_surroundings
from macaron_runner.openapi.api import examine_api
from macaron_runner.openapi.document import read_document

HEAD = 'openapi: 3.0.3\ninfo: {title: T, version: "1"}\n'
OK = '{"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": {}}'


def look(path: Path) -> tuple[Diagnostic, ...]:
    """Return everything that is found in a document."""
    try:
        return check_with_surroundings(read_document(path)).problems
    except BadConfiguration as problem:
        return problem.diagnostics


def briefly(folder: Path, found: tuple[Diagnostic, ...]) -> list[str]:
    return [f"{each.code} {each.location}".replace(f"{folder}{os.sep}", "") for each in found]


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


BOMB = "".join(f"x-{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]\n" for n in range(1, 12))
SCHEMA_BOMB = "".join(
    f"    S{n}: &s{n} {{properties: {{a: *s{n - 1}, b: *s{n - 1}, c: *s{n - 1}, d: *s{n - 1}}}}}\n"
    for n in range(1, 12)
)

TEXTS: dict[str, tuple[str, str | bytes, str]] = {
    "truncated yaml": ("yaml", HEAD + "paths:\n  /a:\n    get: {responses: {", "MAC102 api.yaml:5:23"),
    "truncated json": ("json", OK[:40], "MAC302 api.json:1:41"),
    "tabs": ("yaml", HEAD + "paths:\n\t/a: {}\n", "MAC102 api.yaml:4:1"),
    "empty yaml": ("yaml", "", "MAC303 api.yaml"),
    "empty json": ("json", "", "MAC302 api.json:1:1"),
    "comments alone": ("yaml", "# nothing\n", "MAC303 api.yaml"),
    "a list": ("yaml", "- a\n", "MAC303 api.yaml:1:1"),
    "a scalar": ("json", "17", "MAC303 api.json:1:1"),
    "two documents": ("yaml", f"{HEAD}---\n{HEAD}", "MAC102 api.yaml:3:1"),
    "binary yaml": ("yaml", b"\x7fELF\x02\x01\xff\0\0", "MAC101 api.yaml:1:7"),
    "binary json": ("json", b'{"a\xff', "MAC101 api.json:1:4"),
    "utf-16 with mark": ("yaml", HEAD.encode("utf-16"), "MAC101 api.yaml:1:1"),
    "utf-16 without mark": ("yaml", HEAD.encode("utf-16-le"), "MAC101 api.yaml:1:2"),
    "utf-16 json": ("json", OK.encode("utf-16"), "MAC101 api.json:1:1"),
    "utf-32 json": ("json", OK.encode("utf-32-be"), "MAC101 api.json:1:1"),
    "latin-1 yaml": ("yaml", (HEAD + "x-a: Müller\n").encode("latin-1"), "MAC101 api.yaml:3:7"),
    "latin-1 json": ("json", '{\n"a": "Müller"}'.encode("latin-1"), "MAC101 api.json:2:8"),
    "deep yaml lists": ("yaml", "[" * 10_000, "MAC102 api.yaml:1:200"),
    "deep yaml maps": ("yaml", HEAD + "x-a: " + "{a: " * 10_000, "MAC102 api.yaml:3:798"),
    "deep json lists": ("json", "[" * 10_000 + "]" * 10_000, "MAC302 api.json:1:201"),
    "deep json maps": ("json", '{"a":' * 10_000 + "1" + "}" * 10_000, "MAC302 api.json:1:1001"),
    "deep json, not too deep for its reader": (
        "json",
        '{"a":\n' + "[" * 900 + "]" * 900 + "}",
        "MAC302 api.json:2:200",
    ),
    "an alias bomb": ("yaml", f"{HEAD}x-0: &x0 [a]\n{BOMB}", "MAC102 api.yaml:1:1"),
    "an alias bomb of schemas": (
        "yaml",
        f"{HEAD}paths: {{}}\ncomponents:\n  schemas:\n    S0: &s0 {{type: string}}\n{SCHEMA_BOMB}",
        "MAC102 api.yaml:1:1",
    ),
    "a list that contains itself": ("yaml", HEAD + "x-a: &a [*a]\n", "MAC102 api.yaml:3:6"),
    "a map that contains itself": ("yaml", HEAD + "paths: &p\n  /a: {get: *p}\n", "MAC102 api.yaml:3:8"),
    "a key twice in json": ("json", OK[:-1] + ',\n "paths": {}}', "MAC103 api.json:2:2"),
    "a key twice in yaml": ("yaml", HEAD + "paths: {}\npaths: {}\n", "MAC103 api.yaml:4:1"),
    "a map as key": ("yaml", HEAD + "paths:\n  {a: b}: {}\n", "MAC102 api.yaml:4:3"),
    "nan": ("json", OK[:-1] + ', "x-a": NaN}', "MAC302 api.json:1:82"),
    "a number without end": ("yaml", HEAD + f"x-a: {'9' * 5000}\n", "MAC102 api.yaml:3:6"),
    "windows line ends": (
        "yaml",
        f"{HEAD}paths: {{}}\nserver: []\n".replace("\n", "\r\n"),
        "MAC370 api.yaml:4:1",
    ),
    "a very long line": ("yaml", f'{HEAD}x-a: {{a: "{"b" * 5_000_000}", c', "MAC102 api.yaml:3:5000015"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_a_text(case: str, tmp_path: Path) -> None:
    suffix, text, expected = TEXTS[case]
    path = tmp_path / f"api.{suffix}"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert briefly(tmp_path, look(path)) == [expected]


def with_schema(schema: str, rest: str = "") -> str:
    """Return a document with one response, whose schema begins at line 8."""
    return f"""{HEAD}paths:
  /a:
    get:
      responses:
        "200": {{description: ok, content: {{application/json: {{schema:
          {schema}}}}}}}
{rest}"""


REFERENCES: dict[str, tuple[str, str]] = {
    "a name that is not there": ('{$ref: "#/components/schemas/A"}', "MAC304 api.yaml:8:18"),
    "a file that is not there": ("{$ref: none.yaml}", "MAC304 api.yaml:8:18"),
    "a name that is not in a file": ("{$ref: other.yaml#/None}", "MAC304 api.yaml:8:18"),
    "another case": ("{$ref: Other.yaml#/Good}", "MAC304 api.yaml:8:18"),
    "another host": ("{$ref: http://example.com/a.yaml}", "MAC305 api.yaml:8:18"),
    "a file of the machine": ("{$ref: file:///etc/passwd}", "MAC305 api.yaml:8:18"),
    "out of the folder": (f"{{$ref: {'../' * 30}etc/passwd}}", "MAC304 api.yaml:8:18"),
    "a secret of the machine": ("{$ref: /etc/shadow}", "MAC304 api.yaml:8:18"),
    "a folder": ("{$ref: folder.yaml}", "MAC304 api.yaml:8:18"),
    "a pipe": ("{$ref: pipe.yaml}", "MAC304 api.yaml:8:18"),
    "a device": ("{$ref: device.yaml}", "MAC304 api.yaml:8:18"),
    "a broken file": ("{$ref: broken.yaml}", "MAC304 api.yaml:8:18"),
    "a binary file": ("{$ref: binary.yaml#/a}", "MAC304 api.yaml:8:18"),
    "a member of a list": ("{$ref: list.yaml#/9}", "MAC304 api.yaml:8:18"),
    "a number": ("{$ref: 5}", "MAC372 api.yaml:8:18"),
    "null": ("{$ref: }", "MAC372 api.yaml:8:12"),
    "a list": ("{$ref: [a]}", "MAC372 api.yaml:8:18"),
    "bad percent-encoding": ('{$ref: "#/components/schemas/%zz%"}', "MAC304 api.yaml:8:18"),
    "a zero byte": ('{$ref: "a%00.yaml"}', "MAC304 api.yaml:8:18"),
    "a name without end": (f"{{$ref: {'a' * 5000}.yaml}}", "MAC304 api.yaml:8:18"),
    "a mistake in the other file": ("{$ref: other.yaml#/Bad}", "MAC372 other.yaml:2:13"),
    "a mistake behind a percent-encoded name": ("{$ref: 'other.yaml#/a%20b~1c'}", "MAC372 other.yaml:3:17"),
}


@pytest.fixture
def other_files(tmp_path: Path) -> Path:
    write(
        tmp_path,
        {
            "other.yaml": 'Good: {type: string}\nBad: {type: strin}\n"a b/c": {type: strin}\n',
            "broken.yaml": "a: [\n",
            "list.yaml": "[{}, {}]\n",
            "folder.yaml/a.yaml": "{}",
        },
    )
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\0")
    (tmp_path / "device.yaml").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.yaml")
    return tmp_path


@pytest.mark.parametrize("case", REFERENCES)
def test_a_reference(case: str, other_files: Path) -> None:
    schema, expected = REFERENCES[case]
    path = other_files / "api.yaml"
    path.write_text(with_schema(schema))
    assert briefly(other_files, look(path)) == [expected]


@pytest.mark.parametrize("kind", ["item", "parameter", "response", "schema"])
def test_a_circle_over_two_files(kind: str, tmp_path: Path) -> None:
    uses = {
        "item": "/a: {$ref: other.yaml#/it}",
        "parameter": '/a: {get: {parameters: [{$ref: other.yaml#/it}], responses: {"200": {description: ok}}}}',
        "response": '/a: {get: {responses: {"200": {$ref: other.yaml#/it}}}}',
        "schema": '/a: {get: {responses: {"200": {description: ok, '
        "content: {application/json: {schema: {$ref: other.yaml#/it}}}}}}}",
    }
    write(
        tmp_path,
        {
            "api.yaml": f"{HEAD}paths:\n  {uses[kind]}\nx-it: {{$ref: other.yaml#/it}}\n",
            "other.yaml": "it: {$ref: api.yaml#/x-it}\n",
        },
    )
    (found,) = look(tmp_path / "api.yaml")
    assert briefly(tmp_path, (found,)) == ["MAC306 other.yaml:1:12"]


def test_schemas_may_go_in_circles_over_files(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "api.yaml": with_schema(
                "{$ref: other.yaml#/A}",
                "components: {schemas: {B: {items: {$ref: other.yaml#/A}, type: array}}}\n",
            ),
            "other.yaml": "A: {properties: {b: {$ref: api.yaml#/components/schemas/B}}}\n",
        },
    )
    assert look(tmp_path / "api.yaml") == ()


def test_the_way_to_another_file_is_told(tmp_path: Path) -> None:
    """A mistake two files away comes with both references, the nearest first."""
    write(
        tmp_path,
        {
            "api.yaml": with_schema("{$ref: sub/one.yaml#/A}"),
            "sub/one.yaml": "B: {type: string}\nA: {properties: {a: {$ref: two.yaml#/C}}}\n",
            "sub/two.yaml": "C: {type: strin}\n",
        },
    )
    (found,) = look(tmp_path / "api.yaml")
    assert briefly(tmp_path, (found,)) == ["MAC372 sub/two.yaml:1:11"]
    assert [(str(place).replace(f"{tmp_path}/", ""), text) for place, text in found.related] == [
        ("sub/one.yaml:2:28", "a reference leads here from there"),
        ("api.yaml:8:18", "a reference leads here from there"),
    ]


@pytest.mark.parametrize("target", ["other.yaml#/Bad", "broken.yaml", "#/components/schemas/None"])
def test_one_fault_behind_many_references_is_told_once(target: str, other_files: Path) -> None:
    answer = f"{{description: ok, content: {{application/json: {{schema: {{$ref: '{target}'}}}}}}}}"
    paths = "".join(f'  /a{n}: {{get: {{responses: {{"200": {answer}}}}}}}\n' for n in range(50))
    (other_files / "api.yaml").write_text(f"{HEAD}paths:\n{paths}")
    (found,) = look(other_files / "api.yaml")
    if not target.startswith("other"):
        assert found.related[-1][1] == "it stands here as well, and in 45 more places"


def test_several_faults_are_all_told(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(
        with_schema("{type: strin}", "components: {schemas: {A: {type: 5}, B: {typo: a}}}\ntagss: []\n")
    )
    assert briefly(tmp_path, look(tmp_path / "api.yaml")) == [
        "MAC372 api.yaml:8:18",
        "MAC372 api.yaml:9:34",
        "MAC370 api.yaml:9:42",
        "MAC370 api.yaml:10:1",
    ]


def test_a_schema_that_dynamic_anchors_give_thousands_of_meanings_is_refused(tmp_path: Path) -> None:
    """Fourteen schemas, each with two ways to the next, and what it means depends on each of them."""
    names = range(14)
    last = {f"p{number}": {"$dynamicRef": f"#a{number}"} for number in names}
    anchors = {f"d{number}": {"$dynamicAnchor": f"a{number}"} for number in names}
    schemas: dict[str, object] = {"Last": {"$id": "https://x.test/14", "properties": last, "$defs": anchors}}
    for number in names:
        ways = ["14"] if number == 13 else [f"{number + 1}{way}" for way in "xy"]
        for way in "xy":
            schemas[f"Way{number}{way}"] = {
                "$id": f"https://x.test/{number}{way}",
                "$defs": {"is": {"$dynamicAnchor": f"a{number}", "title": way}},
                "anyOf": [{"$ref": f"https://x.test/{each}"} for each in ways],
            }
    path = tmp_path / "api.json"
    head = {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {}}
    path.write_text(json.dumps(head | {"components": {"schemas": schemas}}))
    begun = time.process_time()
    _, found = examine_api(read_document(path), "x")
    assert time.process_time() - begun < 10  # one second is usual
    assert {diagnostic.code for diagnostic in found} == {"MAC307"}
    assert any("more than 100 different things" in diagnostic.message for diagnostic in found)


LARGE: dict[str, Callable[[], str]] = {
    "ten megabytes of text": lambda: f'{HEAD}paths: {{}}\nx-a: "{"a" * 10_000_000}"\n',
    "ten megabytes of lines": lambda: (
        f"{HEAD}paths: {{}}\nx-a:\n" + "- some text that is forty bytes long ....\n" * 240_000
    ),
    "ten megabytes of json": lambda: OK[:-1] + ', "x-a": [' + '"some text that is long",' * 400_000 + "0]}",
    "too large to be read": lambda: "a: b\n" * 10_000_000,
    "ten thousand operations": lambda: with_paths(
        f'  /a{n}: {{get: {{responses: {{"200": {{description: ok}}}}}}}}\n' for n in range(10_000)
    ),
    "twenty thousand paths that are one": lambda: with_paths(
        f"  '/a/{{p{n}}}': {{}}\n" for n in range(20_000)
    ),
    "twenty thousand mistakes": lambda: with_paths(f"  /a{n}: {{gett: {{}}}}\n" for n in range(20_000)),
    "a bomb": lambda: f"{HEAD}x-0: &x0 [a]\n{BOMB}",
}


def with_paths(lines: Iterable[str]) -> str:
    return f"{HEAD}paths:\n{''.join(lines)}"


MEASURE = """
import json, sys, time
from pathlib import Path
from tests.openapi.test_hostile_documents import look
from tests.support.memory import peak_memory
before = time.process_time()
found = look(Path(sys.argv[1]))
print(json.dumps([time.process_time() - before, peak_memory(), len(found)]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("case", LARGE)
def test_a_large_document_takes_little(case: str, tmp_path: Path) -> None:
    path = tmp_path / ("api.json" if "json" in case else "api.yaml")
    path.write_text(LARGE[case]())
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, path],
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    seconds, megabytes, findings = json.loads(done.stdout)
    assert seconds < 5  # of processor time on a busy machine; 0.1 to 1.2 are usual
    assert megabytes < 300
    assert findings <= 100
