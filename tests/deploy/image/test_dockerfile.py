"""The Dockerfile of each recipe, letter by letter: `golden/<case>.Dockerfile`. UPDATE_GOLDEN=1 writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from macaron_runner.deploy.image.dockerfile import Recipe, dockerfile
from macaron_runner.deploy.workloads import Places

GOLDEN = Path(__file__).parent / "golden"
DIGEST = "sha256:" + "ab" * 32

RECIPES = {
    "small": Recipe(
        service="shop",
        version="20261128-421-3f2c9a1",
        base=f"python@{DIGEST}",
        called="python:3.12-slim",
        requirements=("macaron-runner.txt",),
        places=Places(),
    ),
    "everything": Recipe(
        service="shop",
        version='1.2 "$beta" \\',
        base="registry.example.com/python:3.13",
        called="registry.example.com/python:3.13",
        requirements=("macaron-runner.txt", "services/shop/requirements for shop.txt"),
        places=Places("/app/services/shop/macaron.yaml"),
        labels={"org.opencontainers.image.title": "shop", "a": "one\ntwo $HOME"},
        extra="\nRUN apt-get update && apt-get install -y --no-install-recommends libpq5\n\n",
        port=8080,
    ),
    "nothing_lent": Recipe(
        service="shop",
        version="1",
        base="python:3.12-slim",
        called="python:3.12-slim",
        requirements=("requirements.txt",),
        places=Places(),
        mounts=False,
    ),
}


@pytest.mark.parametrize("case", RECIPES)
def test_a_recipe_gives_its_dockerfile(case: str) -> None:
    file = GOLDEN / f"{case}.Dockerfile"
    text = dockerfile(RECIPES[case])
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text)
    assert text == file.read_text()


def test_every_file_has_its_recipe() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == set(RECIPES)
