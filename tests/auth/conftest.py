from __future__ import annotations

import pytest

from macaron_runner.auth.identity import Verifier
from macaron_runner.auth.verifiers import compile_verifiers
from tests.support.authentication import Clock, settings


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verifier(clock: Clock) -> Verifier:
    return compile_verifiers({"users": settings()}, clock=clock)["users"]
