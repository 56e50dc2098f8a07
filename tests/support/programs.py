"""Programs that some tests need and no Python package brings."""

import shutil

import pytest


def require(*names: str) -> None:
    """Skip the test where one of the programs is not installed; CI turns that into a failure (conftest)."""
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
