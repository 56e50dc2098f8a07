"""What other users see of our words."""

import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import sys
from pathlib import Path
from macaron_runner.processes.words import hide_values
hide_values(sys.argv[1].split("|"))
print(Path("/proc/self/cmdline").read_bytes().split(b"\\0")[4:-1])
print(sys.argv[2:])
"""


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="there is no /proc here")
def test_the_values_are_hidden_from_others_and_known_to_us() -> None:
    words = [
        "run",
        "--set",
        "a.b=ü secret",
        "--set",
        "c=",
        "--set",
        "a.b=ü secret",
        "--set=a.b=ü secret",
        "x=yz",
    ]
    done = subprocess.run(
        [sys.executable, "-c", CODE, "a.b=ü secret|c=|missing=1|none", *words],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    seen, known = done.stdout.splitlines()
    stars = "*" * len("ü secret".encode())
    hidden = [word.replace("ü secret", stars) for word in words]
    assert seen == repr([word.encode() for word in hidden])
    assert known == repr(words)
