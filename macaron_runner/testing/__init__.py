"""What the tests of a service import: its tasks, recorded or run at once.

Not for running a service (load_app does, in process), nor for the tests of macaron itself, which use it as well.
"""

from macaron_runner.testing.tasks import Call, Calls, inline_tasks, recorded_tasks

__all__ = ["Call", "Calls", "inline_tasks", "recorded_tasks"]
