"""schemathesis finds nothing wrong: all checks and phases, against services run as in production, and mocks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import pytest

from tests.support.conversation import Tokens
from tests.support.public_documents import unpack
from tests.support.service import ROOT, RunningService

pytestmark = pytest.mark.slow

SHOP = "sample_services/shop/macaron.yaml"
HELLOWORLD = "sample_services/helloworld/macaron.yaml"
SECRET = "the secret of the tests with schemathesis"
CLERK = {"clerk": {"claims": {"scope": "orders:cancel"}}}
DEADLINE = 300.0


MOCKED = ("afterbanks.com/3.0.0.json", "botschaft.local/0.1.0.json")
"""Documents that describe what becomes of a request that does not fit; an undocumented 400 is a finding."""

UNDESCRIBED = (
    "docker.com/hub/beta.json", "twilio.com/twilio_events_v1/1.55.0.json", "twilio.com/twilio_routes_v2/1.55.0.json",
)  # fmt: skip
"""Documents that do not: there, any status will do for a refusal, and which are refused still counts."""

BEYOND_MOCKS = ("--exclude-checks", "ignored_auth,use_after_free")
"""A mock believes any credential, and forgets nothing that was deleted."""


def examine(
    service: RunningService, document: str | Path, token: str, *options: str, base_path: str = ""
) -> None:
    """Let schemathesis ask the service all it can think of; fail with its report."""
    program = str(Path(sys.executable).parent / "schemathesis")
    result = subprocess.run(
        [
            program, "run", str(ROOT / document), "--url", f"http://127.0.0.1:{service.port}{base_path}",
            "--header", f"Authorization: Bearer {token}", "--checks", "all", "--max-examples", "10",
            "--generation-deterministic", "--warnings", "off", "--no-color", *options,
        ],
        cwd=service.directory, capture_output=True, text=True, timeout=DEADLINE, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Traceback" not in service.log


def test_shop(tmp_path: Path) -> None:
    environment = {"SHOP_JWT_SECRET": SECRET, "SHOP_DATABASE": str(tmp_path / "shop.sqlite3")}
    token = Tokens("shop.example.com", "shop", SECRET, CLERK).token("clerk")
    with RunningService(SHOP, "--set", "server.workers=1", environment=environment) as service:
        examine(service, "sample_services/shop/apis/shop.yaml", token, base_path="/v1")


def test_helloworld(tmp_path: Path) -> None:
    environment = {"HELLOWORLD_JWT_SECRET": SECRET, "HELLOWORLD_ASYNC_FILE": str(tmp_path / "async.txt")}
    token = Tokens("api.helloworld.com", "helloworldaudienceisgreat", SECRET, CLERK).token("clerk")
    failing = ("--exclude-path", "/die", "--exclude-path", "/asyncdie")  # they fail on purpose
    with RunningService(HELLOWORLD, "--set", "server.workers=1", environment=environment) as service:
        examine(service, "sample_services/helloworld/apis/helloworld.yaml", token, *failing)


def test_mocked_documents(tmp_path: Path) -> None:
    examine_mocks(tmp_path, MOCKED, *BEYOND_MOCKS)


def test_mocked_documents_that_describe_no_refusals(tmp_path: Path) -> None:
    option, checks = BEYOND_MOCKS
    lenient = (option, f"{checks},status_code_conformance")
    examine_mocks(
        tmp_path, UNDESCRIBED, *lenient, "--phases", "examples,coverage,fuzzing", "--max-examples", "5"
    )


def examine_mocks(folder: Path, names: Collection[str], *options: str) -> None:
    found = list(unpack(folder, names.__contains__))
    assert {name for name, _ in found} == set(names)
    for _, document in found:
        with RunningService(document, "--base-path", "", verb="mock", ready_path="/health/ready") as service:
            examine(service, document, "any", *options)
