"""Git in a folder of a test, with an author and times that never change."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def run_git(folder: Path, *words: str, at: str) -> str:
    """Return what git prints; `at` is when it commits."""
    settings = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always")
    environment = {**os.environ, "GIT_COMMITTER_DATE": at, "GIT_AUTHOR_DATE": at}
    command = ["git", *settings, *words]
    done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()
