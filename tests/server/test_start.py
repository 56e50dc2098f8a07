"""What a service does not use, it does not import: time at its start, and memory for as long as it lives."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server.conftest import MACARON_YAML

ROOT = Path(__file__).parents[2]
PLAIN = "macaron: 1\nservice: {name: shop}\napis:\n  shop: {spec: shop.yaml}\n"
MOCKED = PLAIN.replace("shop.yaml}", "shop.yaml, on_missing_handler: mock}")
NOTHING = "paths: {}"
SOMETHING = 'paths: {/a: {get: {responses: {"200": {description: fine}}}}}'
PROGRAM = """\
import sys
from macaron_runner import load_app
load_app(sys.argv[1])
print(*sorted({"celery", "jwt", "macaron_runner.mock", "pydantic"} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("configuration", "document", "imported"),
    [
        (PLAIN, NOTHING, "pydantic"),
        (MACARON_YAML, NOTHING, "jwt pydantic"),
        (MOCKED, NOTHING, "pydantic"),
        (MOCKED, SOMETHING, "macaron_runner.mock pydantic"),
    ],
)
def test_only_what_is_used_is_imported(folder, configuration, document, imported):
    folder.write({"macaron.yaml": configuration, "shop.yaml": document, "shop_handlers.py": ""})
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder.path / "macaron.yaml")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == f"{imported}\n"
