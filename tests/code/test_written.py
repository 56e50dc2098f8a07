"""Reading leaves no trace, goes through anything that may stand where a module is looked for, and ends."""

import os
import sys
import time
from zipfile import ZipFile

import pytest

from macaron_runner.code.function import UNKNOWABLE
from macaron_runner.code.parsing import LARGEST_SOURCE
from macaron_runner.code.written import WrittenCode
from macaron_runner.diagnostics import Location

ASKED = Location("macaron.yaml", 4, 37)


def code_of(folder, *more):
    return WrittenCode((folder, *more), sys.path, sys.meta_path)


def problem_of(code, name="shop"):
    """Return code, place and label of the one problem that asking for a module gives."""
    assert code.module(name, ASKED) is None
    (problem,) = code.problems
    return problem.code, str(problem.location), problem.label


def traces(folder):
    """Return what importing would change."""
    files = sorted(folder.rglob("*"))
    return set(sys.modules), sys.path[:], dict(sys.path_importer_cache), files, dict(os.environ)


def test_nothing_is_run(tmp_path):
    (tmp_path / "ran").mkdir()
    text = "import pathlib\npathlib.Path(__file__).with_suffix('.ran').touch()\ndef create(a): ...\n"
    for name in ("shop.py", "other.py"):
        (tmp_path / name).write_text(text)
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text(text)
    (tmp_path / "pack" / "orders.py").write_text(f"from other import create\n{text}")
    before = traces(tmp_path)
    code = code_of(tmp_path)
    for name in ("shop", "pack.orders", "absent", "pack.absent"):
        module = code.module(name, ASKED)
        assert module is None or module.function("create").name == "create"
    assert traces(tmp_path) == before


def test_a_module_is_read_once(tmp_path):
    (tmp_path / "shop.py").write_text("def create(a): ...\n")
    code = code_of(tmp_path)
    module = code.module("shop", ASKED)
    (tmp_path / "shop.py").unlink()
    assert code.module("shop", None) is module
    assert module.function("create").full_name == "shop.create"


@pytest.mark.parametrize(
    ("octets", "place", "label"),
    [
        (b"a = 1\nb = '\x00'\n", None, "source code string cannot contain null bytes"),
        (
            b"a = 1\nb = '\xe9t\xe9'\n",
            ":2:",
            "SyntaxError: (unicode error) 'utf-8' codec can't decode byte 0xe9",
        ),
        (b"\xff\xfea\x00", None, "SyntaxError: "),
        (b"a = " + b"(" * 1_000_000, ":1:", "SyntaxError: too many nested parentheses"),
        (b"a = " + b"[" * 150 + b"\n", ":1:", "SyntaxError: '[' was never closed"),
        (b"a = " + b"-" * 1_000_000 + b"1", None, ""),
        (b"a" + b".a" * 500_000, None, ""),
        (b"if 1:\n  pass\n" + b"elif 1:\n  pass\n" * 20_000, None, ""),
        (b"a = 1" + b"+1" * 200_000, None, ""),
        (b"\r" * 1000 + b"def (", None, "SyntaxError"),
        (b"# coding: rot13\nqrs s(): cnff\n", None, "SyntaxError"),
        (b"a = 1" + b"0" * 5000, None, "SyntaxError: Exceeds the limit"),
    ],
    ids=lambda value: str(value[:20]) if isinstance(value, bytes) else "",
)
def test_odd_text(tmp_path, octets, place, label):
    (tmp_path / "shop.py").write_bytes(octets)
    code = code_of(tmp_path)
    started = time.process_time()
    module = code.module("shop", ASKED)
    assert time.process_time() - started < 10
    for problem in code.problems:
        assert problem.code == "MAC502"
        assert "shop.py" in problem.location.file
        assert label in problem.label
        assert (place or "") in str(problem.location)
    assert label == "" or code.problems
    assert module is None or module.function("a") in (None, UNKNOWABLE)


def test_latin_1_with_a_cookie(tmp_path):
    text = "# coding: latin-1\né = 1; x = [é, lambda größe: é]\ndef été(a): ...\n"
    (tmp_path / "shop.py").write_bytes(text.encode("latin-1"))
    code = code_of(tmp_path)
    found = code.module("shop", ASKED).function("été")
    assert (found.location.line, found.location.column, found.location.length) == (3, 5, 3)


def test_what_python_bears_in_a_comment(tmp_path):
    (tmp_path / "shop.py").write_bytes(b"# caf\xe9\r\ndef create(a): ...\n")
    code = code_of(tmp_path)
    assert code.module("shop", ASKED).function("create").location.line == 2
    assert not code.problems


def test_a_byte_order_mark(tmp_path):
    (tmp_path / "shop.py").write_bytes(b"\xef\xbb\xbfdef create(a): ...\r\n")
    assert code_of(tmp_path).module("shop", ASKED).function("create").location.column == 5


def test_of_what_is_too_large_nothing_is_said(tmp_path):
    (tmp_path / "shop.py").write_bytes(b"def create(a): ...\n" + b"#" * LARGEST_SOURCE)
    code = code_of(tmp_path)
    module = code.module("shop", ASKED)
    assert module.function("create") is UNKNOWABLE
    assert module.function("absent") is UNKNOWABLE
    assert not code.problems


def test_no_files(tmp_path):
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "dangling.py").symlink_to("nowhere.py")
    (tmp_path / "round").mkdir()
    (tmp_path / "round" / "again").symlink_to(tmp_path / "round")
    absent = (
        "folder",
        "loop",
        "dangling",
        "round.again.again.absent",
        "absent",
        "absent.deep",
        ".shop",
        "shop..a",
    )
    for name in (*absent, "a b", "a/b", "../shop"):
        assert problem_of(code_of(tmp_path), name)[0] == "MAC501", name


def test_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "shop.py")
    assert problem_of(code_of(tmp_path))[0] == "MAC501"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_file_that_may_not_be_read(tmp_path):
    (tmp_path / "shop.py").touch(mode=0)
    assert problem_of(code_of(tmp_path))[0] == "MAC502"


def test_compiled_modules(tmp_path):
    (tmp_path / "shop.cpython-311-x86_64-linux-gnu.so").touch()
    (tmp_path / "shop.abi3.so").touch()
    (tmp_path / "old.pyc").touch()
    code = code_of(tmp_path)
    for name in ("shop", "old", "sys", "math", "_json"):
        assert code.module(name, ASKED).function("anything") is UNKNOWABLE
    assert not code.problems


def test_a_zip_file(tmp_path):
    with ZipFile(tmp_path / "packed.zip", "w") as packed:
        packed.writestr("shop.py", "def create(a): ...\n")
    code = code_of(tmp_path, tmp_path / "packed.zip", tmp_path / "absent.zip")
    assert code.module("shop", ASKED).function("create") is UNKNOWABLE
    (tmp_path / "broken.zip").write_bytes(b"PK no")
    assert problem_of(code_of(tmp_path, tmp_path / "broken.zip"), "other")[0] == "MAC501"


def test_modules_found_by_an_editable_install(tmp_path):
    class Finder:
        """What setuptools leaves in sys.meta_path."""

        @classmethod
        def find_spec(cls, name, path=None, target=None):
            from importlib.util import spec_from_file_location

            if name == "shop":
                return spec_from_file_location(name, tmp_path / "elsewhere" / "__init__.py")
            if name == "fails":
                raise RuntimeError
            return None

    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "__init__.py").write_text("def create(a): ...\n")
    (tmp_path / "elsewhere" / "orders.py").write_text("def get(a): ...\n")
    code = WrittenCode((tmp_path,), sys.path, [*sys.meta_path, Finder])
    assert code.module("shop", ASKED).function("create").name == "create"
    assert code.module("shop.orders", ASKED).function("get").name == "get"
    assert code.module("fails", ASKED) is None


def test_a_package_that_extends_its_path(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("__path__.append('/somewhere')\n")
    code = code_of(tmp_path)
    assert code.module("shop.orders", ASKED).function("create") is UNKNOWABLE
    assert code.module("os.path", ASKED).function("join") is UNKNOWABLE
    assert not code.problems


def test_folders_come_first_unless_they_are_in_the_path(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "shop.py").write_text(f"def {name}(): ...\n")
    one, two = tmp_path / "one", tmp_path / "two"
    assert WrittenCode((two,), [str(one)]).module("shop", None).function("two") is not None
    assert WrittenCode((two,), [str(one), str(two)]).module("shop", None).function("two") is None


def test_our_own_names(tmp_path):
    module = code_of(tmp_path).module("macaron_runner", None)
    assert module.function("requires_auth").marker == "required"
    assert module.function("load_auth_token").marker == "optional"
    assert module.function("require_auth") is None
    assert module.function("apipool") is UNKNOWABLE
    assert "requires_auth" in module.functions()


def test_five_megabytes_of_parentheses(tmp_path):
    (tmp_path / "shop.py").write_bytes(b"(" * 5_000_000)
    code = code_of(tmp_path)
    assert code.module("shop", ASKED).function("a") is UNKNOWABLE
    assert not code.problems


def test_long_chains_of_names(tmp_path):
    lines = [f"a{number} = a{number - 1}" for number in range(1, 20_000)]
    (tmp_path / "shop.py").write_text("def a0(): ...\n" + "\n".join(lines))
    assert code_of(tmp_path).module("shop", ASKED).function("a19999") is UNKNOWABLE


def test_a_chain_of_modules(tmp_path):
    for number in range(600):
        (tmp_path / f"m{number}.py").write_text(f"from m{number + 1} import create\n")
    (tmp_path / "m600.py").write_text("def create(a): ...\n")
    code = code_of(tmp_path)
    assert code.module("m0", ASKED).function("create") is UNKNOWABLE
    assert code.module("m590", ASKED) is not None
    assert not code.problems
