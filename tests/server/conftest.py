"""A service in a folder of its own: real macaron.yaml, real document, real handler modules, loaded as in production."""

import os
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from macaron_runner.assembly import assemble
from macaron_runner.configuration.load import Configuration, load
from macaron_runner.configuration.selection import Selection
from macaron_runner.server.app import create_app
from macaron_runner.server.service_app import ServiceApp

SECRET = "a-secret-of-the-tests-of-more-than-32-bytes"

MACARON_YAML = f"""
macaron: 1
service: {{name: shop, version: "1.2"}}
auth:
  users: {{type: jwt, issuer: shop.example.com, audience: shop, keys: {{main: {{secret: {SECRET}}}}}}}
apis:
  shop: {{spec: shop.yaml, handlers: shop_handlers}}
"""

DOCUMENT_HEAD = """
openapi: 3.1.0
info: {title: shop, version: "1"}
"""


@dataclass(frozen=True)
class ServiceFolder:
    """The files of a service, and what is made of them."""

    path: Path

    def write(self, files: Mapping[str, str]) -> None:
        """Write files; a document may leave out its head, and macaron.yaml has a default."""
        for name, text in {"macaron.yaml": MACARON_YAML, **files}.items():
            body = textwrap.dedent(text).lstrip("\n")
            head = DOCUMENT_HEAD.lstrip("\n") if body.startswith("paths:") else ""
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(head + body)

    def load(self, *overrides: str, environment: str = "") -> Configuration:
        """Return the configuration."""
        selection = Selection(str(self.path / "macaron.yaml"), environment, overrides)
        return load(selection, environ=os.environ)

    def app(self, *overrides: str, environment: str = "") -> ServiceApp:
        """Return the WSGI application."""
        return create_app(assemble(self.load(*overrides, environment=environment)))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[ServiceFolder]:
    """Give an empty folder for a service; its modules are forgotten afterwards."""
    modules = set(sys.modules)
    yield ServiceFolder(tmp_path)
    for name in set(sys.modules) - modules:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
