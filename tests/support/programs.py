"""Programs that some tests need and no Python package brings."""

import shutil
import subprocess

import pytest


def require(*names: str) -> None:
    """Skip the test where one of the programs is not installed; CI turns that into a failure (conftest)."""
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


def require_compose() -> None:
    """Skip the test where there is no docker with its compose plugin, which no Debian before 13 has."""
    docker = shutil.which("docker")
    if docker is None or subprocess.run((docker, "compose", "version"), capture_output=True).returncode != 0:
        pytest.skip("there is no docker with its compose plugin")
