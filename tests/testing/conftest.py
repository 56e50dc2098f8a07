"""A service of its own for each test, loaded into this process as the tests of its authors load it."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from macaron_runner import context

FILES = {
    "macaron.yaml": """\
macaron: 1
service: {name: shop}
apis: {shop: {spec: shop.yaml, handlers: orders}}
tasks:
  modules: [jobs]
  pools: {default: {queues: [default, email, slow]}}
  routes: {"jobs.send_*": email}
""",
    "shop.yaml": """\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders: {post: {operationId: create_order, responses: {"204": {description: Created}}}}
""",
    "orders.py": """\
from jobs import pack, send_receipt, weigh

def create_order():
    send_receipt("a-1")
    pack("a-1")
    weigh("a-1")
""",
    "jobs.py": """\
import strangers
from macaron_runner import asynctask

@asynctask(queue="slow")
def send_receipt(sku): ...

@asynctask(queue="slow")
def pack(sku): ...

@asynctask()
def weigh(sku, day=None):
    return len(sku)
""",
    "strangers.py": "from macaron_runner import asynctask\n\n@asynctask()\ndef call(): ...\n",
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Give a function that writes the service, some of its files other than they are, and returns its macaron.yaml."""
    path, modules = sys.path[:], set(sys.modules)

    def write(**others: str) -> Path:
        for name, text in FILES.items():
            (tmp_path / name).write_text(others.get(name.partition(".")[0], text))
        monkeypatch.chdir(tmp_path)
        return tmp_path / "macaron.yaml"

    yield write
    context.deactivate()
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if f"{name}.py" in FILES:
            del sys.modules[name]
    importlib.invalidate_caches()
