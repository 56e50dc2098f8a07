"""An empty account for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.beanstalk.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    it = Stage(tmp_path)
    yield it
    it.close()
