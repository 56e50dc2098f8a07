"""Every recorded request, sent over a socket to the service it is for, is answered as recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.conversation import Case, Tokens, hold, read_cases
from tests.support.service import RunningService

HERE = Path(__file__).parent

pytestmark = pytest.mark.service


def cases(*names: str) -> pytest.MarkDecorator:
    found = read_cases(*(HERE / f"{name}.jsonl" for name in names))
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in found])


@cases("helloworld", "helloworld_more")
def test_helloworld(case: Case, helloworld: RunningService, helloworld_tokens: Tokens) -> None:
    hold(case, helloworld, helloworld_tokens)


@cases("shop")
def test_shop(case: Case, shop: RunningService, shop_tokens: Tokens) -> None:
    hold(case, shop, shop_tokens)


@cases("crash")
def test_crash(case: Case, crash: RunningService, helloworld_tokens: Tokens) -> None:
    hold(case, crash, helloworld_tokens)
