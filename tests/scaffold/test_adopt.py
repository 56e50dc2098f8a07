"""A service made from a document: it is sound, passes its own tests, and its Python is as a formatter leaves it."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
import yaml

from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.errors import UsageError
from macaron_runner.scaffold.adopt import from_document
from tests.scaffold.conftest import DOCUMENTS, ROOT, Maker

REAL = [
    *sorted(DOCUMENTS.glob("*.*")),
    ROOT / "sample_services" / "helloworld" / "apis" / "helloworld.yaml",
    ROOT / "sample_services" / "shop" / "apis" / "shop.yaml",
    ROOT / "tests" / "openapi" / "several_files" / "api.yaml",
]


QUICK = DOCUMENTS / "petstore.yaml"


@pytest.mark.parametrize(
    "document",
    [pytest.param(each, marks=() if each == QUICK else pytest.mark.slow) for each in REAL],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_round_trip(make: Maker, document: Path) -> None:
    before = document.read_bytes()
    made = make(document, "warehouse")
    assert document.read_bytes() == before
    checked = made.run("macaron_runner.cli", "check", "--no-ports")
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "macaron: no problems found\n")
    tested = made.run("pytest", "-q", "-p", "no:cacheprovider")
    assert tested.returncode == 0, tested.stdout


def test_style(make: Maker) -> None:
    for document in REAL:
        name = f"{document.parent.name}-{document.stem}".replace("-", "_").replace(".", "_")
        made = make(document, name)
    for command in (("ruff", "format", "--isolated", "--diff", "."), ("ruff", "check", "--isolated", ".")):
        done = made.run(*command, folder="..")
        assert done.returncode == 0, done.stdout + done.stderr


def test_signatures(make: Maker) -> None:
    made = make(DOCUMENTS / "types.yaml")
    head = made.text("petstore/api.py").split('    """')[0].partition("def ")[2]
    assert (
        head
        == """\
replace_thing(
    date: date,
    id: UUID,
    until: datetime,
    words: list[str],
    body: apipool.petstore.Thing | None = None,
    since: datetime | None = None,
    price: Decimal | None = None,
    limit: int = 20,
    ratio: float = 1,
    deep: bool = False,
    word: str = 'it\\'s "quoted" \\\\ \\n',
    nothing: str | None = None,
    filter: apipool.petstore.Filter | None = None,
    X_Request_Source: str | None = None,
    session: str | None = None,
):
"""
    )
    assert made.text("petstore/api.py").startswith(
        '"""Handlers of the API petstore, to be filled in."""\n\n'
        "from __future__ import annotations\n\n"
        "from datetime import date, datetime\nfrom decimal import Decimal\nfrom uuid import UUID\n\n"
        "from macaron_runner import apipool\n\n\n"
    )
    assert ast.get_docstring(made.function("replace_thing")) == (
        "PUT /things/{date}/{id}: Replace a thing.\n\n"
        "The first paragraph, which is long enough to be broken into several lines when\n"
        "it is put into the docstring."
    )


def test_answers(make: Maker) -> None:
    made = make(DOCUMENTS / "types.yaml")
    *_, last = made.function("replace_thing").body
    assert isinstance(last, ast.Return)
    assert last.value is not None
    value, status = ast.literal_eval(last.value)
    assert (value["name"], value["color"], value["weight"], status) == ("a thing", "red", 1.5e20, 200)
    assert "secret" not in value
    made = make(DOCUMENTS / "petstore.yaml", "second")
    *_, last = made.function("delete_pet").body
    assert ast.unparse(last) == "raise NotImplementedYet"
    *_, last = made.function("get_inventory").body
    assert ast.unparse(last) == "return {'sold': 3, 'pending': 1}"


def test_a_copy_gets_what_is_missing_and_keeps_the_rest(make: Maker) -> None:
    made = make(DOCUMENTS / "unnamed.yaml")
    original = (DOCUMENTS / "unnamed.yaml").read_text()
    copy = made.text("apis/unnamed.yaml")
    added = [line for line in copy.splitlines() if line not in original.splitlines()]
    assert copy.startswith("# Comments stay.\n")
    assert added == [
        "      operationId: get_users",
        "      operationId: post_users",
        "    get: {operationId: get_users_by_user_id_posts_by_post_id, responses: {'200': {description: ok}}}",
        "    put: { operationId: put_users_by_user_id_posts_by_post_id, responses: {'200': {description: ok}} }",
        "      operationId: delete_users_by_user_id",
        "    get: {operationId: get, responses: {'200': {description: root}}}",
    ]
    assert "    get:   # no operationId\n      operationId: get_users\n      summary: All users\n" in copy
    assert made.function("get_users_by_user_id_posts_by_post_id").args.args[0].arg == "user_id"


def test_a_copy_of_json(make: Maker) -> None:
    made = make(DOCUMENTS / "flat.json")
    paths = json.loads(made.text("apis/flat.json"))["paths"]
    assert (paths["/a"]["get"]["operationId"], paths["/a"]["post"]["operationId"]) == ("get_a", "postA")
    assert '"/a": {"get": {"operationId": "get_a", "responses"' in made.text("apis/flat.json")


def test_documents_that_need_nothing_are_copied_byte_for_byte(make: Maker) -> None:
    made = make(DOCUMENTS / "petstore.yaml")
    assert (made.folder / "apis" / "petstore.yaml").read_bytes() == (DOCUMENTS / "petstore.yaml").read_bytes()


def test_several_files_are_copied_as_they_stand_to_each_other(make: Maker, tmp_path: Path) -> None:
    (tmp_path / "specs" / "api").mkdir(parents=True)
    (tmp_path / "specs" / "common").mkdir()
    (tmp_path / "specs" / "api" / "open.yaml").write_text(
        'openapi: 3.1.0\ninfo: {title: T, version: "1"}\n'
        'paths: {/a: {$ref: "../common/paths.yaml#/a"}, /b: {$ref: "../common/paths.yaml#/a"}}\n'
    )
    (tmp_path / "specs" / "common" / "paths.yaml").write_text(
        'a:\n  get: {responses: {"200": {description: ok}}}\n  put:\n    responses: {"200": {description: ok}}\n'
    )
    made = make(tmp_path / "specs" / "api" / "open.yaml")
    assert "    spec: apis/api/open.yaml\n" in made.text("macaron.yaml")
    # One operation under two paths: a second operationId would not be one.
    assert made.text("apis/common/paths.yaml") == (
        'a:\n  get: {x-bind-server: petstore.api.get_a, responses: {"200": {description: ok}}}\n'
        '  put:\n    x-bind-server: petstore.api.put_a\n    responses: {"200": {description: ok}}\n'
    )
    checked = made.run("macaron_runner.cli", "check", "--no-ports")
    assert (checked.returncode, checked.stdout) == (0, "")


def test_verifiers(make: Maker) -> None:
    made = make(DOCUMENTS / "guarded.yaml")
    config = yaml.safe_load(made.text("macaron.yaml"))
    assert list(config["auth"]) == ["user_auth", "partner_key", "connect"]
    assert config["apis"]["petstore"]["security"] == {
        "userAuth": "user_auth",
        "Partner-Key": "partner_key",
        "connect": "connect",
    }
    assert config["secrets"]["connect_secret"] == {"env": "PETSTORE_CONNECT_SECRET", "generate": True}
    assert made.adopted.unserved == ("petstore.byPassword",)
    assert "x-no-bind-server: true, operationId: byPassword" in made.text("apis/guarded.yaml")
    assert "by_password" not in made.text("petstore/api.py")


def test_dollar_signs_in_the_names_of_schemes(make: Maker) -> None:
    text = (DOCUMENTS / "guarded.yaml").read_text("utf-8").replace("Partner-Key", "Partner$Key")
    made = make.text(text)
    config = yaml.safe_load(made.text("macaron.yaml"))
    assert config["apis"]["petstore"]["security"]["Partner$Key"] == "partner_key"
    assert made.problems() == ()


def test_names_of_the_document_are_honoured_where_they_can_be(make: Maker) -> None:
    made = make(DOCUMENTS / "named.yaml", "warehouse")
    assert set(made.python) == {
        "tests/conftest.py", "tests/test_api.py",
        "warehouse/__init__.py", "warehouse/api.py", "warehouse/guards.py", "warehouse/models.py",
        "warehouse/stock.py", "orders/__init__.py", "orders/list.py",
    }  # fmt: skip
    assert made.text("warehouse/stock.py").count("def ") == made.text("orders/list.py").count("def all(") == 1
    copy = yaml.safe_load(made.text("apis/named.yaml"))["paths"]
    assert copy["/c"]["get"]["x-bind-server"] == "warehouse.api.os_system"
    assert copy["/d"]["get"]["x-bind-server"] == "warehouse.api.d"
    assert copy["/e"]["get"]["x-bind-server"] == "warehouse.api.e"


def test_names_that_clash(make: Maker) -> None:
    made = make(DOCUMENTS / "clashing.yaml")
    copy = yaml.safe_load(made.text("apis/clashing.yaml"))["paths"]
    bound = [copy[path]["get"].get("x-bind-server") for path in copy]
    module = "petstore.api."
    assert bound == [
        None,
        *(f"{module}{name}" for name in ("get_pet_2", "get_pet_3", "get_pet_4", "list_")),
        None,
        *(f"{module}{name}" for name in ("getattr", "apipool_")),
        None,
        None,
        *(f"{module}{name}" for name in ("operation", "operation_2")),
    ]


def test_large_documents_are_divided_by_tag(make: Maker) -> None:
    paths = "".join(
        f"  /{group}/{number}: {{get: {{operationId: {group}{number}, {tags} "
        'responses: {"200": {description: ok}}}}\n'
        for group, tags in (("orders", "tags: [Orders & Co],"), ("pets", ""), ("up", "tags: [../up],"))
        for number in range(5)
    )
    made = make.text(f'openapi: 3.1.0\ninfo: {{title: T, version: "1"}}\npaths:\n{paths}')
    assert [path for path in made.python if path.startswith("petstore/")] == [
        "petstore/__init__.py", "petstore/orders_co.py", "petstore/pets.py", "petstore/up.py",
    ]  # fmt: skip
    assert "      - petstore.orders_co\n      - petstore.pets\n" in made.text("macaron.yaml")


def test_a_document_that_stands_in_the_folder_is_served_from_there(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_bytes((DOCUMENTS / "petstore.yaml").read_bytes())
    adopted = from_document(
        tmp_path / "spec.yaml", tmp_path, "pets", "pets", macaron="macaron-runner", installed=()
    )
    files = {each.path: each.content.decode() for each in adopted.files}
    assert "    spec: spec.yaml\n" in files["macaron.yaml"]
    assert not any(path.endswith("spec.yaml") for path in files)
    (tmp_path / "spec.yaml").write_bytes((DOCUMENTS / "unnamed.yaml").read_bytes())
    with pytest.raises(UsageError, match=r"stands in the new service's folder, and 6 of its operations"):
        from_document(
            tmp_path / "spec.yaml", tmp_path, "pets", "pets", macaron="macaron-runner", installed=()
        )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: 1\n", "MAC303"),
        ("openapi: 3.1.0\ninfo: {title: T}\npaths: {}\n", "MAC371"),
        (
            'openapi: 3.1.0\ninfo: {title: T, version: "1"}\npaths: {/a: {get: {operationId: a, parameters: '
            "[{name: x-y, in: query, schema: {}}, {name: x_y, in: query, schema: {}}], responses: "
            '{"200": {description: ok}}}}}\n',
            "MAC375",
        ),
    ],
)
def test_documents_that_cannot_be_served(make: Maker, text: str, code: str) -> None:
    with pytest.raises(BadConfiguration) as raised:
        make.text(text)
    assert [problem.code for problem in raised.value.diagnostics] == [code]
    assert not (make.folder / "made").exists()
