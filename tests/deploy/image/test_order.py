"""What is to be built: which files, where they stand in the image, what it is called."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from macaron_runner.deploy.image.layout import Layout
from macaron_runner.deploy.image.order import Order
from macaron_runner.errors import UsageError
from tests.deploy.image.conftest import MACARON_YAML, ServiceFolder

SECRETS = "secrets: {key: {file: keys/main}, other: {file: /run/secrets/other}}\n"


@pytest.fixture(autouse=True)
def _no_repository_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))


def names(order: Order) -> list[str]:
    return [order.layout.place(file) for file in order.sources]


def test_without_git_all_but_what_programs_left_behind(service: ServiceFolder) -> None:
    service.write("macaron.yaml", MACARON_YAML + SECRETS)
    for name in ("keys/main", ".env", ".git-credentials", "shop/__pycache__/a.pyc", "node_modules/a.js"):
        service.write(name, "secret")
    service.write("env/pyvenv.cfg")
    service.write("env/lib/a.py")
    service.write("state/.gitignore", "*\n")
    service.write("state/broker/dump")
    assert names(service.order("shop.yaml")) == [
        "/app/macaron.yaml",
        "/app/shop/__init__.py",
        "/app/shop.yaml",
    ]
    assert service.order().revision is None


def test_with_git_what_it_keeps_or_would_keep(service: ServiceFolder) -> None:
    service.write("macaron.yaml", MACARON_YAML + SECRETS)
    service.write(".gitignore", "*.log\n")
    service.write("keys/main", "secret")  # kept by git, and still a secret
    service.commit()
    service.write("debug.log")
    service.write("new.py")
    found = names(service.order(allow_dirty=True))
    assert found == [
        "/app/.gitignore",
        "/app/macaron.yaml",
        "/app/new.py",
        "/app/shop/__init__.py",
        "/app/shop.yaml",
    ]


def test_the_name_is_the_version(service: ServiceFolder) -> None:
    commit = service.commit()
    order = service.order()
    assert order.image.reference == f"registry.example.com/acme/shop:20261128-1-{commit[:7]}"
    assert order.made_at == "2026-11-28T10:00:00Z"


def test_changes_are_refused_or_told_by_the_name(service: ServiceFolder) -> None:
    service.commit()
    new = service.write("new.py")
    os.utime(new, (4e9, 4e9))
    with pytest.raises(UsageError, match=r"has changes that are in no commit.*--allow-dirty"):
        service.order()
    order = service.order(allow_dirty=True, MACARON_VERSION="1.2+b")
    assert order.image.tag.startswith("1.2-b-dirty-")  # + is in no tag, and a digest tells it from 1.2-b
    assert order.epoch == 4e9


def test_a_service_that_reaches_out_keeps_its_distances(service: ServiceFolder) -> None:
    text = MACARON_YAML.replace("macaron: 1", "macaron: 1\nextends: ../base.yaml").replace(
        "{name: shop}", "{name: shop, python_path: [., ../lib]}"
    )
    service.write("macaron.yaml", text)
    service.write("../base.yaml", "server: {workers: 2}\n")
    service.write("../lib/shared.py")
    service.write("../other/foreign.py")
    order = service.order("../specs/all.yaml") if service.write("../specs/all.yaml") else None
    assert order is not None
    assert order.layout.places.file == "/app/shop/macaron.yaml"
    assert names(order) == [
        "/app/base.yaml",
        "/app/lib/shared.py",
        "/app/shop/macaron.yaml",
        "/app/shop/shop/__init__.py",
        "/app/shop/shop.yaml",
        "/app/specs/all.yaml",
    ]
    assert order.layout.places.of("../base.yaml") == "/app/base.yaml"


def test_what_has_nothing_in_common_is_refused(service: ServiceFolder) -> None:
    text = MACARON_YAML.replace("{name: shop}", "{name: shop, python_path: [., /usr]}")
    service.write("macaron.yaml", text)
    with pytest.raises(UsageError, match="have no folder in common that could be the image's /app"):
        Layout.of(service.load())


def test_links_that_lead_out_are_refused(service: ServiceFolder) -> None:
    (service.folder / "inside").symlink_to(service.folder / "shop.yaml")
    assert "/app/inside" in names(service.order())
    (service.folder / "outside").symlink_to("/etc/hostname")
    with pytest.raises(UsageError, match="is a link to /etc/hostname"):
        service.order()
