"""What `--env hooks` adds: the hooks and the extension of tests.benchmarks.apps.flask_hooks, put on macaron's app."""

from flask import current_app

from tests.benchmarks.apps.hooks import add_hooks

add_hooks(current_app)
