"""The cache of parsed documents: it saves time, and nothing that may happen to it changes what is read."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.documents import check_with_surroundings
from macaron_runner.openapi.api import read_api
from macaron_runner.openapi.cache import ParsedCache
from macaron_runner.openapi.document import read_document

HEAD = 'openapi: 3.1.0\ninfo: {title: T, version: "1"}\npaths: {}\n'
LONG = HEAD + "x-a:\n" + "".join(f"  - {{number: {number}, text: some text}}\n" for number in range(2500))
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer"}}


@pytest.fixture
def cache(tmp_path: Path) -> ParsedCache:
    state = tmp_path / "state"
    return ParsedCache(state / "documents", lambda: state.mkdir(exist_ok=True))


def write(folder: Path, text: str = LONG) -> Path:
    path = folder / "api.yaml"
    path.write_text(text)
    return path


def kept(cache: ParsedCache) -> list[Path]:
    return sorted(cache.folder.iterdir()) if cache.folder.is_dir() else []


def test_what_is_kept_is_what_was_read(tmp_path: Path, cache: ParsedCache) -> None:
    path = write(tmp_path)
    plain, first, second = read_document(path), read_document(path, cache), read_document(path, cache)
    assert first.tree == second.tree == plain.tree
    assert first.tree is not second.tree
    assert len(kept(cache)) == 1
    for pointer in ("/x-a/2000/text", "/info", "/nothing"):
        assert second.locate(pointer) == plain.locate(pointer)
        assert second.locate(pointer, key=True) == plain.locate(pointer, key=True)


def test_a_sound_document_is_not_even_parsed_for_its_places(tmp_path: Path, cache: ParsedCache) -> None:
    """What stands in the cache for a text that is no YAML at all is read, checked and made into an API."""
    text = "{" * 100_000
    tree = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {
            "/a": {
                "get": {
                    "operationId": "getA",
                    "parameters": [LIMIT],
                    "responses": {"200": {"description": ""}},
                }
            }
        },
    }
    cache.put(text.encode(), tree)
    document = read_document(write(tmp_path, text), cache)
    checked = check_with_surroundings(document)
    assert checked.problems == ()
    assert [each.operation_id for each in read_api(checked.sound, "it").operations] == ["getA"]
    with pytest.raises(BadConfiguration):
        document.locate("/info")


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def _change(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-100] ^= 1
    file.write_bytes(content)


def _link(file: Path) -> None:
    moved = file.rename(file.parent.parent / "elsewhere")
    file.symlink_to(moved)


def _let_others_write(file: Path) -> None:
    file.chmod(0o666)


def _be_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    "spoil",
    [_cut, _change, _link, _be_a_folder, Path.unlink, lambda file: file.write_bytes(b"")],
    ids=["cut", "changed", "a link", "a folder", "gone", "empty"],
)
def test_what_cannot_be_trusted_is_read_again(
    spoil: Callable[[Path], object], tmp_path: Path, cache: ParsedCache
) -> None:
    path = write(tmp_path)
    expected = read_document(path, cache).tree
    spoil(kept(cache)[0])
    assert cache.get(path.read_bytes()) is None
    assert read_document(path, cache).tree == expected


def test_what_others_may_write_is_not_read(tmp_path: Path, cache: ParsedCache) -> None:
    path = write(tmp_path)
    read_document(path, cache)
    _let_others_write(kept(cache)[0])
    assert cache.get(path.read_bytes()) is None


@pytest.mark.parametrize("value", [".nan", ".inf", "123456789012345678901234567890"])
def test_what_json_cannot_say_is_not_kept(value: str, tmp_path: Path, cache: ParsedCache) -> None:
    path = write(tmp_path, f"{LONG}x-b: {value}\n")
    plain = read_document(path)
    for _ in range(2):
        assert repr(read_document(path, cache).tree) == repr(plain.tree)
    assert kept(cache) == []


def test_small_documents_and_those_in_json_are_not_kept(tmp_path: Path, cache: ParsedCache) -> None:
    read_document(write(tmp_path, HEAD), cache)
    as_json = tmp_path / "api.json"
    as_json.write_bytes(orjson.dumps(read_document(write(tmp_path)).tree))
    read_document(as_json, cache)
    assert kept(cache) == []


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = ParsedCache(tmp_path / "file" / "documents", lambda: None)
    assert read_document(write(tmp_path), cache).tree["x-a"][0] == {"number": 0, "text": "some text"}


def test_the_oldest_go(tmp_path: Path, cache: ParsedCache) -> None:
    for number in range(20):
        read_document(write(tmp_path, f"{LONG}x-b: {number}\n"), cache)
    assert len(kept(cache)) == 16
    assert cache.get(write(tmp_path, f"{LONG}x-b: 19\n").read_bytes()) is not None


def test_many_at_once_read_the_same(tmp_path: Path, cache: ParsedCache) -> None:
    path = write(tmp_path)
    expected = read_document(path).tree
    found: list[bool] = []

    def read() -> None:
        found.extend(read_document(path, cache).tree == expected for _ in range(5))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [True] * 20
    assert len(kept(cache)) == 1
