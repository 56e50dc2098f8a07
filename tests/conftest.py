"""Guards around every test: no leaked environment, no active service left behind, no program missing in CI.

Where several processes run tests, what takes long comes first.

Property tests try the same examples in every run: neither chance nor a busy machine's clock decides whether one
passes. `--hypothesis-profile=search` tries others.
"""

import os
import signal
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from macaron_runner import context
from tests.support.dealing import dealt

settings.register_profile(
    "tests", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", settings.get_profile("tests"), derandomize=False)
settings.load_profile("tests")

# Hundreds of Python processes are started, and two hundred files rewritten for their assertions: where the surroundings
# forbid byte code, each of them would compile all that it imports.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

EVERYTHING_IS_INSTALLED = os.environ.get("MACARON_TESTS_EVERYTHING_INSTALLED") == "1"


for signum in (signal.SIGINT, signal.SIGQUIT):
    if (
        signal.getsignal(signum) is signal.SIG_IGN
    ):  # run in the background: what we start would ignore them as well
        signal.signal(signum, signal.default_int_handler if signum == signal.SIGINT else signal.SIG_DFL)


@pytest.fixture(autouse=True)
def _environment_is_restored() -> Iterator[None]:
    before = dict(os.environ)
    yield
    after = dict(os.environ)
    after.pop("PYTEST_CURRENT_TEST", None)
    before.pop("PYTEST_CURRENT_TEST", None)
    os.environ.update(before)
    for name in after.keys() - before.keys():
        del os.environ[name]
    assert after == before, "the test changed the environment"


@pytest.fixture(autouse=True)
def _folders_of_services_leave_the_path() -> Iterator[None]:
    """Whoever loads a service puts its folder first: another test would find its modules there."""
    before = list(sys.path)
    yield
    sys.path[:] = before


@pytest.fixture(autouse=True)
def _no_service_stays_active() -> Iterator[None]:
    context.deactivate()
    yield
    context.deactivate()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    hands = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if hands > 1:
        items[:] = dealt(items, hands)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Where everything is said to be installed, a test skipped for want of a program has failed."""
    report = yield
    if EVERYTHING_IS_INSTALLED and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if "not installed" in reason:
            report.outcome = "failed"
            report.longrepr = f"a program is missing where none may be: {reason}"
    return report
