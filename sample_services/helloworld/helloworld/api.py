"""The handlers: one function for each operation of apis/helloworld.yaml, found by its operationId."""

import logging
import uuid
from pathlib import Path

from macaron_runner import apipool, asynctask, config, current_user

log = logging.getLogger(__name__)


def hello():
    """GET /hello"""
    return apipool.helloworld.Hello(message="Hello world!")


def hello_with_auth():
    """GET /hello/with/auth: the document demands a token, so there is a user by now."""
    return apipool.helloworld.Hello(message=f"Hello {current_user.id}!")


def hello_with_inheritance(question):
    """POST /hello/with/inheritance: the body arrives as a model, with the methods of its parent class."""
    return question.to_reply()


def die():
    """GET /die: an error that nobody catches is logged and reported; the client learns its id only."""
    raise Exception("OH! NO!")


def start_task():
    """GET /async: calling a task queues it; the answer does not wait."""
    code = apipool.helloworld.Code(code=uuid.uuid4())
    write_code(1, "a text", {"a": 1}, ["a", "list"], code, again=code)
    return apipool.helloworld.Hello(message=f"Writing code {code.code}")


def start_dying_task():
    """GET /asyncdie"""
    die_in_background("OH! NO! Not here either!")
    return apipool.helloworld.Hello(message="The task will die")


@asynctask()
def write_code(number, text, mapping, items, code, again):
    """Write the code to the file that macaron.yaml names; models arrive as models."""
    log.info("got %r, %r, %r, %r, %r and %r", number, text, mapping, items, code, again)
    if code != again:
        raise ValueError("a model changed on its way here")
    Path(config.async_file).write_text(str(code.code))


@asynctask()
def die_in_background(text):
    """Raise an error in the worker: it is logged and reported as those of requests are."""
    raise Exception(text)
