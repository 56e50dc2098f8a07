"""The services talked to: each is started once per test worker, when the first case needs it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.conversation import Tokens
from tests.support.service import RunningService

HERE = Path(__file__).parent
SECRET = "the secret of the recorded conversations"
NOWHERE = "http://127.0.0.1:1"

RECIPES = json.loads((HERE / "tokens.json").read_text()) | json.loads((HERE / "more_tokens.json").read_text())


@pytest.fixture(scope="session")
def helloworld(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    written = tmp_path_factory.mktemp("helloworld") / "async.txt"
    environment = {"HELLOWORLD_JWT_SECRET": SECRET, "HELLOWORLD_ASYNC_FILE": str(written)}
    with RunningService("sample_services/helloworld/macaron.yaml", environment=environment) as service:
        yield service


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    database = tmp_path_factory.mktemp("shop") / "shop.sqlite3"
    environment = {
        "SHOP_JWT_SECRET": SECRET,
        "SHOP_DATABASE": str(database),
        "INVENTORY_URL": NOWHERE,  # what was recorded is the shop alone
    }
    with RunningService("sample_services/shop/macaron.yaml", environment=environment) as service:
        yield service


@pytest.fixture(scope="session")
def crash() -> Iterator[RunningService]:
    with RunningService(HERE / "crash/macaron.yaml") as service:
        yield service


@pytest.fixture(scope="session")
def helloworld_tokens() -> Tokens:
    return Tokens("api.helloworld.com", "helloworldaudienceisgreat", SECRET, RECIPES)


@pytest.fixture(scope="session")
def shop_tokens() -> Tokens:
    return Tokens("shop.example.com", "shop", SECRET, RECIPES)
