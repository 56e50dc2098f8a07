"""`extends`: which files are read, in which order they are merged, and whose folder paths are relative to."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from macaron_runner.configuration.load import Configuration, load
from macaron_runner.configuration.reading import LARGEST, MOST_FILES
from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import BadConfiguration, Location

SHOP = "macaron: 1\nservice: {name: shop}\napis: {shop: {spec: shop.yaml}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: that of a service, with a platform beside it."""
    for name in ("svc", "platform/lib", "common"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "svc")
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def load_here(environment: str = "", **environ: str) -> Configuration:
    return load(Selection("macaron.yaml", environment), environ=environ)


def problems() -> list[tuple[str, str]]:
    with pytest.raises(BadConfiguration) as caught:
        load_here()
    return [(problem.code, str(problem.location)) for problem in caught.value.diagnostics]


def test_what_is_read_and_where_values_come_from(folder: Path) -> None:
    own = write(folder / "svc/macaron.yaml", SHOP + "extends: ../platform/base.yaml\nserver: {threads: 1}\n")
    overlay = write(folder / "svc/macaron.prod.yaml", "server: {workers: 1}\n")
    base = write(
        folder / "platform/base.yaml",
        "extends: ../common/c.yaml\nserver: {threads: 2, timeout: 2s, workers: 2}\n",
    )
    above = write(folder / "platform/base.prod.yaml", "server: {timeout: 3s, graceful_timeout: 3s}\n")
    common = write(
        folder / "common/c.yaml",
        "server: {bind: '0.0.0.0:${P}', graceful_timeout: 4s}\nvars: {P: {default: 4}}\n",
    )
    configuration = load_here("prod")
    assert {file.resolve() for file in configuration.files[:2]} == {own, overlay}
    assert {file.resolve() for file in configuration.files[2:]} == {base, above, common}
    server = configuration.config.server
    assert (server.threads, server.timeout, server.workers, server.graceful_timeout) == (1, 3.0, 1, 3.0)
    assert server.bind == "0.0.0.0:4"
    assert configuration.locate("server", "timeout") == Location("../platform/base.prod.yaml", 1, 19, 2)
    assert configuration.locate("server", "bind") == Location("../common/c.yaml", 1, 16, 14)
    assert configuration.locate().file == "macaron.yaml"
    assert [layer.name for layer in configuration.merged.layers] == [
        *("../common/c.yaml", "../platform/base.yaml", "../platform/base.prod.yaml"),
        *("macaron.yaml", "macaron.prod.yaml"),
    ]
    assert configuration.config.extends == ()


def test_paths_are_relative_to_the_file_that_says_them(folder: Path) -> None:
    write(
        folder / "svc/macaron.yaml",
        "extends: ../platform/base.yaml\nservice: {name: shop}\nconfig: {x: '${secret:s}'}\n",
    )
    write(
        folder / "platform/base.yaml",
        "macaron: 1\nvars: {DIR: {default: ./secrets}}\nservice: {python_path: [lib, /tmp]}\n"
        "secrets: {s: {file: '${DIR}/s'}}\n"
        "apis: {a: {spec: a.yaml}, b: {spec: 'macaron:crash'}, c: {spec: /abs.yaml}, d: {spec: ../d.yaml}}\n",
    )
    (folder / "platform/secrets").mkdir()
    write(folder / "platform/secrets/s", "value\n")
    configuration = load_here()
    assert configuration.config.service.python_path == ("../platform/lib", "/tmp")
    assert [api.spec for api in configuration.config.apis.values()] == [
        *("../platform/a.yaml", "macaron:crash", "/abs.yaml", "../platform/../d.yaml"),
    ]
    assert configuration.config.config["x"].reveal() == "value"
    assert configuration.config.secrets["s"].file == "../platform/secrets/s"
    absolute = load(Selection(str(folder / "svc/macaron.yaml")), environ={})
    assert absolute.config == configuration.config


def test_a_common_base_is_merged_once_where_it_is_first_reached(folder: Path) -> None:
    write(folder / "svc/macaron.yaml", SHOP + "extends: [a.yaml, b.yaml, link.yaml]\n")
    write(folder / "svc/a.yaml", "extends: c.yaml\nserver: {threads: 2}\n")
    write(folder / "svc/b.yaml", "extends: [./c.yaml, link.yaml]\nserver: {timeout: 2s}\n")
    write(folder / "svc/c.yaml", "server: {threads: 1, timeout: 1s, graceful_timeout: 1s}\n")
    (folder / "svc/link.yaml").symlink_to("c.yaml")
    server = load_here().config.server
    assert (server.threads, server.timeout, server.graceful_timeout) == (2, 2.0, 1.0)


def test_the_folder_of_a_link_is_that_in_which_it_lies(folder: Path) -> None:
    (folder / "svc/linked").symlink_to(folder / "platform")
    write(folder / "platform/base.yaml", "secrets: {s: {file: ../s}}\n")
    write(folder / "svc/macaron.yaml", SHOP + "extends: linked/base.yaml\nconfig: {x: '${secret:s}'}\n")
    write(folder / "s", "beside the platform, which the link leads to\n")
    assert load_here().config.config["x"].reveal().startswith("beside")


def test_a_cycle_through_links_is_found(folder: Path) -> None:
    write(folder / "svc/macaron.yaml", SHOP + "extends: link.yaml\n")
    (folder / "svc/link.yaml").symlink_to("macaron.yaml")
    assert problems() == [("MAC217", "macaron.yaml:4:10")]


def test_null_removes_what_the_base_says(folder: Path) -> None:
    write(
        folder / "svc/base.yaml",
        "tasks: {pools: {a: {}, b: {}}}\nserver: {threads: 9}\nsecrets: {s: {env: S}}\n",
    )
    write(
        folder / "svc/macaron.yaml",
        SHOP + "extends: base.yaml\ntasks: {pools: {a: null}}\nserver: null\nsecrets: {s: null}\n",
    )
    config = load_here().config
    assert config.tasks is not None
    assert (list(config.tasks.pools), config.server.threads, config.secrets) == (["b"], 4, {})


def test_an_environment_that_only_a_base_knows_is_no_mistake(folder: Path) -> None:
    write(folder / "svc/macaron.yaml", SHOP + "extends: base.yaml\n")
    write(folder / "svc/macaron.staging.yaml", "server: {threads: 2}\n")
    write(folder / "svc/base.yaml", "server: {threads: 1}\n")
    write(folder / "svc/base.prod.yaml", "server: {threads: 3}\n")
    configuration = load_here("prod")
    assert (configuration.config.server.threads, configuration.warnings) == (3, ())


def test_a_base_may_be_empty_and_lists_too(folder: Path) -> None:
    write(folder / "svc/macaron.yaml", SHOP + "extends: [base.yaml]\n")
    write(folder / "svc/base.yaml", "# nothing\n")
    assert load_here().config.service.name == "shop"
    write(folder / "svc/macaron.yaml", SHOP + "extends: []\n")
    assert load_here().config.service.name == "shop"


def test_how_much_may_be_extended_is_bounded(folder: Path) -> None:
    write(folder / "svc/macaron.yaml", SHOP + "extends: 0.yaml\n")
    for number in range(MOST_FILES + 5):
        write(folder / f"svc/{number}.yaml", f"extends: {number + 1}.yaml\n")
    assert problems() == [("MAC219", f"{MOST_FILES - 1}.yaml:1:10")]
    write(folder / f"svc/{MOST_FILES - 1}.yaml", "server: {threads: 3}\n")
    assert load_here().config.server.threads == 3


def test_many_entries_are_told_once(folder: Path) -> None:
    write(folder / "svc/macaron.yaml", SHOP + f"extends: [{', '.join(f'{n}.yaml' for n in range(20_000))}]\n")
    for number in range(MOST_FILES + 2):
        write(folder / f"svc/{number}.yaml", "")
    begin = time.process_time()
    assert problems() == [("MAC219", "macaron.yaml:4:289")]
    assert time.process_time() - begin < 4


def test_the_files_together_are_bounded(folder: Path) -> None:
    write(folder / "svc/macaron.yaml", SHOP + "extends: [a.yaml, b.yaml, c.yaml]\n")
    for name in "abc":
        write(folder / f"svc/{name}.yaml", "# " + "x" * (LARGEST // 2))
    assert problems() == [("MAC219", "b.yaml"), ("MAC219", "c.yaml")]


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "binary", "huge"])
def test_a_base_that_is_no_text(folder: Path, kind: str) -> None:
    base = folder / "svc/base.yaml"
    if kind == "pipe":
        os.mkfifo(base)
    elif kind == "folder":
        base.mkdir()
    elif kind == "device":
        base.symlink_to("/dev/zero")
    else:
        base.write_bytes(b"\xff\x00" if kind == "binary" else b"x" * (LARGEST * 10))
    write(folder / "svc/macaron.yaml", SHOP + "extends: base.yaml\n")
    assert problems() == {
        "binary": [("MAC101", "base.yaml:1:1")],
        "huge": [("MAC101", "base.yaml")],
    }.get(kind, [("MAC216", "macaron.yaml:4:10")])
