"""Supervises the processes that the JSON text in the first argument describes: what tests start and kill."""

import json
import os
import signal
import sys

from macaron_runner.errors import CommandError
from macaron_runner.processes.process import Process
from macaron_runner.processes.supervisor import run


def main() -> int:
    processes = []
    for described in json.loads(sys.argv[1]):
        for key in ("stop_signal", "quick_stop_signal"):
            if key in described:
                described[key] = signal.Signals[described[key]]
        processes.append(
            Process(**{key: tuple(v) if isinstance(v, list) else v for key, v in described.items()})
        )
    locks = [int(word) for word in os.environ.get("LOCKS", "").split(",") if word]
    try:
        return run(processes, os.environ, locks=locks, labels="NO_LABELS" not in os.environ)
    except CommandError as error:
        print(f"macaron: {error}", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
