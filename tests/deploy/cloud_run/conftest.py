from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.deploy.cloud_run.setting import Setting
from tests.deploy.fakes.cloud_run import FakeCloudRun
from tests.deploy.fakes.cloud_run_http import served


@pytest.fixture
def setting() -> Iterator[Setting]:
    fake = FakeCloudRun()
    with served(fake) as address:
        yield Setting(fake, address)
