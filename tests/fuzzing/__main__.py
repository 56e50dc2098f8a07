"""Fuzzing that coverage guides, for developers: `python -m tests.fuzzing SECONDS`, with `atheris` installed.

It looks for a request that the property of test_fuzzing does not hold for, and ends with it. Not part of the suite.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["macaron_runner"]):
    from tests.fuzzing.application import fuzzed

from hypothesis import given, settings

from tests.fuzzing.requests import Request, requests


def main(seconds: str) -> None:
    """Fuzz for so many seconds."""
    with fuzzed() as service:

        @settings(database=None, deadline=None)
        @given(requests())
        def hold(request: Request) -> None:
            service.judge(request)

        atheris.Setup(
            [sys.argv[0], f"-max_total_time={seconds}", "-max_len=4096", "-len_control=0"],
            hold.hypothesis.fuzz_one_input,
        )
        atheris.Fuzz()


main(sys.argv[1])
