"""What a service does not use, it does not import: time at its start, and memory for as long as it lives."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server.conftest import MACARON_YAML

ROOT = Path(__file__).parents[2]
WITHOUT_AUTH = "macaron: 1\nservice: {name: shop}\napis:\n  shop: {spec: shop.yaml}\n"
PROGRAM = """\
import sys
from macaron_runner import load_app
load_app(sys.argv[1])
print(*sorted({"celery", "jwt", "pydantic"} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("configuration", "imported"), [(MACARON_YAML, "jwt pydantic"), (WITHOUT_AUTH, "pydantic")]
)
def test_only_tokens_need_pyjwt(folder, configuration, imported):
    folder.write({"macaron.yaml": configuration, "shop.yaml": "paths: {}", "shop_handlers.py": ""})
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder.path / "macaron.yaml")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == f"{imported}\n"
