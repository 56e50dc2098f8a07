"""The files of a new service that are alike whatever it serves: macaron.yaml, the README, how tests begin.

Not for its API and handlers (template, adopt).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from macaron_runner.configuration.interpolate import escaped
from macaron_runner.configuration.schema import json_schema
from macaron_runner.configuration.written import text
from macaron_runner.scaffold.files import NewFile

SCHEMA_FILE: Final = ".macaron/macaron.schema.json"


@dataclass(frozen=True, slots=True)
class NewVerifier:
    """A verifier of tokens that the new macaron.yaml has, and the security schemes it is for."""

    name: str
    schemes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewService:
    """What the new macaron.yaml says. `package` is the folder of its code, and the name of its API."""

    name: str
    package: str
    spec: str
    handlers: tuple[str, ...]
    verifiers: tuple[NewVerifier, ...] = ()
    has_tasks: bool = False


def common_files(service: NewService, macaron: str) -> Iterator[NewFile]:
    """Yield the files that every new service has; `macaron` is the requirement, as "macaron-runner~=0.1"."""
    yield NewFile.of("macaron.yaml", macaron_yaml(service))
    yield NewFile.of("requirements.txt", f"{macaron}\n")
    yield NewFile.of(".gitignore", _GITIGNORE)
    yield NewFile.of(
        "README.md", _README.format(name=service.name, spec=service.spec, package=service.package)
    )
    yield NewFile.of("tests/conftest.py", _CONFTEST)
    yield NewFile.of(SCHEMA_FILE, json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n")


def macaron_yaml(service: NewService) -> str:
    """Return the text of macaron.yaml."""
    parts = [_HEAD.format(schema=SCHEMA_FILE, name=service.name)]
    if service.verifiers:
        parts.append(_secrets(service))
        parts.append(_auth(service))
    parts.append(_apis(service))
    parts.append(_SERVER)
    if service.has_tasks:
        parts.append(_TASKS)
    return "\n".join(parts)


def _secrets(service: NewService) -> str:
    lines = [
        f"  {verifier.name}_secret: {{env: {_variable(service, verifier)}, generate: true}}\n"
        for verifier in service.verifiers
    ]
    return _SECRETS + "".join(lines)


def _variable(service: NewService, verifier: NewVerifier) -> str:
    return f"{service.package}_{verifier.name}_secret".upper()


def _auth(service: NewService) -> str:
    entries = [
        _VERIFIER.format(verifier=verifier.name, service=service.name) for verifier in service.verifiers
    ]
    return _AUTH + "".join(entries)


def _apis(service: NewService) -> str:
    lines = [f"    spec: {text(escaped(service.spec))}\n"]
    if len(service.handlers) == 1:
        lines.append(f"    handlers: {service.handlers[0]}\n")
    elif service.handlers:
        lines.append("    handlers:\n" + "".join(f"      - {name}\n" for name in service.handlers))
    if len(service.verifiers) > 1:
        pairs = [(scheme, verifier.name) for verifier in service.verifiers for scheme in verifier.schemes]
        lines.append("    security:\n" + "".join(f"      {text(key)}: {name}\n" for key, name in pairs))
    return f"{_APIS}  {service.package}:\n" + "".join(lines)


def listed(paths: Sequence[str]) -> str:
    """Return paths as an indented list, one a line."""
    return "".join(f"  {path}\n" for path in paths)


_HEAD: Final = """\
# yaml-language-server: $schema={schema}
# (After an update of macaron: macaron schema > {schema})

macaron: 1

service:
  name: {name}
"""
_SECRETS: Final = """\
# Where the variable is not set, a secret is made for development and kept in .macaron/.
secrets:
"""
_AUTH: Final = """\
# Who checks credentials. Which operation needs one is said by the API's document.
auth:
"""
_VERIFIER: Final = """\
  {verifier}:
    type: jwt
    issuer: {service}
    audience: {service}
    algorithms: [HS256]
    keys: {{main: {{secret: "${{secret:{verifier}_secret}}"}}}}
"""
_APIS: Final = """\
# What is served: a document, and the modules whose functions answer its operations.
apis:
"""
_SERVER: Final = """\
server:
  bind: 127.0.0.1:${PORT:-8080}
"""
_TASKS: Final = """\
# Functions decorated with @asynctask run in a Celery worker, which is started with the rest, as is its broker.
tasks:
  broker: embedded
"""
_GITIGNORE: Final = """\
.macaron/
.venv/
.pytest_cache/
__pycache__/
"""
_README: Final = """\
# {name}

    pip install -r requirements.txt pytest
    macaron check     # find everything that is wrong before anything runs
    macaron run       # http://127.0.0.1:8080/ping
    pytest            # the tests, without a server

`{spec}` says what the API promises; the functions in `{package}/` answer; `macaron.yaml` puts the two together.
"""
_CONFTEST: Final = '''\
"""What tests are given: the whole service in this process, without a server."""

from pathlib import Path

import pytest
from macaron_runner import load_app


@pytest.fixture(scope="session")
def app():
    """The service, as macaron.yaml has it; tasks run at once."""
    return load_app(Path(__file__).parents[1] / "macaron.yaml")


@pytest.fixture
def client(app):
    """What sends requests to it."""
    return app.test_client()
'''
