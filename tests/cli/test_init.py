"""`macaron init`: everything is written or nothing, and what to do next is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from macaron_runner.scaffold.template import TEMPLATES
from tests.cli.conftest import CommandLine, Done

DOCUMENT = """\
openapi: 3.1.0
info: {title: T, version: "1"}
paths:
  /a: {get: {security: [{basic: []}], responses: {"200": {description: ok}}}}
  /b: {get: {operationId: b, responses: {"200": {description: ok}}}}
components: {securitySchemes: {basic: {type: http, scheme: basic}}}
"""


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_new_service(macaron: CommandLine) -> None:
    done = macaron("init", "new/my-shop")
    assert done == Done(
        0,
        "".join(
            f"new/my-shop/{path}\n"
            for path in (
                "macaron.yaml", "requirements.txt", ".gitignore", "README.md", "tests/conftest.py",
                ".macaron/macaron.schema.json", "apis/my_shop.yaml", "my_shop/__init__.py", "my_shop/api.py",
                "tests/test_api.py",
            )
        ),
        "macaron: the service is written; next:\n  macaron run new/my-shop/macaron.yaml\n  pytest new/my-shop\n",
    )  # fmt: skip
    assert macaron("check", "--no-ports", "new/my-shop/macaron.yaml") == Done(
        0, "", "macaron: no problems found\n"
    )
    assert macaron("audit", "new/my-shop/macaron.yaml").code == 0


def test_in_this_folder(macaron: CommandLine) -> None:
    (macaron.folder / "here").mkdir()
    done = macaron("init", cwd="here")
    assert done.err.endswith("next:\n  macaron run\n  pytest\n")
    assert macaron("init", "--name", "other", cwd="here").code == 2


def test_nothing_is_overwritten_and_every_clash_is_told(macaron: CommandLine) -> None:
    (macaron.folder / "shop" / "tests").mkdir(parents=True)
    macaron.write("shop/README.md", "mine")
    macaron.write("shop/tests/conftest.py", "mine")
    macaron.write("shop/apis", "a file")
    before = files(macaron.folder)
    done = macaron("init", "shop")
    assert done == Done(
        2,
        "",
        "macaron: nothing was written, for this is in shop already:\n"
        "  README.md\n  tests/conftest.py\n  apis (not a folder)\n"
        "choose another folder, or move these away\n",
    )
    assert files(macaron.folder) == before
    assert (macaron.folder / "shop" / "README.md").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("x", "--name", "My Shop"), '"My Shop" is no name for a service: it is a DNS label'),
        (("x", "--name", "My Shop"), "at most 63), as my-shop"),
        (("x", "--name", ""), '"" is no name for a service'),
        (("123",), 'no name can be made of the folder "123"; give one: --name NAME'),
        (
            ("x", "--from", "https://a.example/b.json"),
            "nothing is fetched: save https://a.example/b.json as a file",
        ),
        (("x", "--template", "nope"), "invalid choice: 'nope'"),
        (("x", "--template", "tasks", "--from", "y"), "not allowed with argument"),
    ],
)
def test_what_makes_no_sense(macaron: CommandLine, words: tuple[str, ...], complaint: str) -> None:
    done = macaron("init", *words)
    assert (done.code, done.out) == (2, "")
    assert complaint in done.err
    assert not (macaron.folder / words[0]).exists()


@pytest.mark.parametrize("content", ["openapi: 3.1.0\n", "[", "a: 1\n", "\t"])
def test_a_document_that_is_none(macaron: CommandLine, content: str) -> None:
    macaron.write("spec.yaml", content)
    done = macaron("init", "new", "--from", "spec.yaml")
    assert (done.code, done.out) == (78, "")
    assert "--> spec.yaml:1:" in done.err
    assert not (macaron.folder / "new").exists()
    assert macaron("init", "new", "--from", "nowhere.yaml").code == 78


def test_what_cannot_be_guarded_is_not_served(macaron: CommandLine) -> None:
    macaron.write("spec.yaml", DOCUMENT)
    done = macaron("init", "new", "--from", "spec.yaml")
    assert done.code == 0
    assert done.err.startswith(
        "macaron: 1 operation is not served, for no verifier of this version can guard what "
    )
    assert "(x-no-bind-server in the copy): new GET /a\n" in done.err
    assert macaron("check", "--no-ports", "new/macaron.yaml") == Done(0, "", "macaron: no problems found\n")


def test_a_folder_that_cannot_be_written(macaron: CommandLine) -> None:
    macaron.write("taken", "")
    done = macaron("init", "taken/x")
    assert (done.code, done.out) == (69, "")
    assert "cannot be written" in done.err


@pytest.mark.slow
@pytest.mark.parametrize("template", TEMPLATES)
def test_templates_are_sound(macaron: CommandLine, template: str) -> None:
    assert macaron("init", "my-shop", "--template", template).code == 0
    found = macaron("check", "--no-ports", "--imports", "my-shop/macaron.yaml")
    assert found == Done(0, "", "macaron: no problems found\n")
