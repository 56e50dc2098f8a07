"""Templates: small services that show one thing each, and are complete. Not for services with a document (adopt)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from macaron_runner.scaffold.files import NewFile
from macaron_runner.scaffold.service import NewService, common_files

TEMPLATES: Final = {
    "minimal": "one operation, its handler, its tests",
    "tasks": "the same, and a task that runs in the background",
}
"""Every template, and what it has."""


def from_template(template: str, name: str, package: str, macaron: str) -> Iterator[NewFile]:
    """Yield the files of a new service; `macaron` is the requirement that installs macaron."""
    has_tasks = template == "tasks"
    service = NewService(name, package, f"apis/{package}.yaml", (f"{package}.api",), has_tasks=has_tasks)
    words = {"package": package, "title": name.replace("-", " ").capitalize()}
    yield from common_files(service, macaron)
    yield _filled(f"apis/{package}.yaml", _DOCUMENT_OF_TASKS if has_tasks else _DOCUMENT, words)
    yield _filled(f"{package}/__init__.py", _PACKAGE, words)
    yield _filled(f"{package}/api.py", _HANDLERS_OF_TASKS if has_tasks else _HANDLERS, words)
    if has_tasks:
        yield _filled(f"{package}/jobs.py", _JOBS, words)
    yield _filled("tests/test_api.py", _TESTS_OF_TASKS if has_tasks else _TESTS, words)


def _filled(path: str, text: str, words: dict[str, str]) -> NewFile:
    """Return a file in which each <word> is what it stands for."""
    for word, value in words.items():
        text = text.replace(f"<{word}>", value)
    return NewFile.of(path, text)


_PACKAGE: Final = '''\
"""The code of <package>."""
'''

_DOCUMENT: Final = """\
openapi: 3.1.0
info:
  title: <title>
  version: "1"

# Everybody may call everything. A scheme that is named here, or at an operation, needs a verifier in macaron.yaml.
security: []

paths:
  /greetings/{name}:
    get:
      operationId: greet                # answered by the function greet in <package>/api.py
      summary: Greet somebody
      parameters:
        - name: name
          in: path
          required: true
          schema: {type: string, maxLength: 40}
        - name: times
          in: query
          schema: {type: integer, minimum: 1, maximum: 10, default: 1}
      responses:
        "200":
          description: A greeting
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Greeting"}

components:
  schemas:
    Greeting:
      type: object
      required: [text]
      properties:
        text: {type: string, maxLength: 1000}
"""

_HANDLERS: Final = '''\
"""Handlers: one function for each operation of apis/<package>.yaml, found by its operationId."""

from macaron_runner import apipool


def greet(name: str, times: int = 1):
    """GET /greetings/{name}: the arguments are what the document says, or we are not called."""
    return apipool.<package>.Greeting(text=" ".join([f"Hello {name}!"] * times))
'''

_TESTS: Final = '''\
"""The API, asked as its clients do."""


def test_greets(client):
    answer = client.get("/greetings/Ada?times=2")
    assert answer.status_code == 200
    assert answer.json == {"text": "Hello Ada! Hello Ada!"}


def test_refuses_what_the_document_does_not_allow(client):
    answer = client.get("/greetings/Ada?times=many")
    assert answer.status_code == 400
    assert answer.json["error"] == "INVALID_PARAMETER"
'''

_DOCUMENT_OF_TASKS: Final = _DOCUMENT.replace(
    "\ncomponents:\n",
    """\
  /letters:
    post:
      operationId: send_letter
      summary: Send somebody a letter, in the background
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: "#/components/schemas/Letter"}
      responses:
        "202":
          description: It will be sent

components:
""",
).replace(
    "    Greeting:\n",
    """\
    Letter:
      type: object
      required: [to, text]
      additionalProperties: false
      properties:
        to: {type: string, maxLength: 40}
        text: {type: string, maxLength: 1000}
    Greeting:
""",
)

_HANDLERS_OF_TASKS: Final = (
    _HANDLERS.replace("import apipool\n", "import apipool\n\nfrom <package>.jobs import deliver\n")
    + '''

def send_letter(body):
    """POST /letters: calling a task queues it; the answer does not wait."""
    deliver(body)
'''
)

_JOBS: Final = '''\
"""Tasks: called by a handler they are queued, and a worker runs them."""

import logging

from macaron_runner import asynctask

log = logging.getLogger(__name__)


@asynctask()
def deliver(letter):
    """Deliver a letter; it arrives as the model that the handler was given."""
    log.info("to %s: %s", letter.to, letter.text)
'''

_TESTS_OF_TASKS: Final = (
    _TESTS.replace('do."""\n', 'do."""\n\nfrom macaron_runner.testing import recorded_tasks\n')
    + """

def test_sends_letters(client):
    with recorded_tasks() as calls:
        answer = client.post("/letters", json={"to": "Ada", "text": "How are you?"})
    assert answer.status_code == 202
    assert calls[0].name == "<package>.jobs.deliver"
    assert calls[0].args[0].to == "Ada"
    calls.run()
"""
)
