"""Bare Flask with hooks and an extension."""

from __future__ import annotations

from flask import Flask

from tests.benchmarks.apps import flask_bare
from tests.benchmarks.apps.hooks import add_hooks


def create() -> Flask:
    app = flask_bare.create()
    add_hooks(app)
    return app
