"""The request path takes no more than a tenth more instructions than the stored baseline, counted under valgrind."""

import pytest

from tests.benchmarks.baseline import COUNTED, Counts, counts_of, regressions, stored
from tests.benchmarks.instructions import count
from tests.support.programs import require

THEN: Counts = {"macaron": {"W1": 100, "W2": 200}, "flask": {"W2": 400}, "flask-pydantic": {"W2": 300}}


def test_a_tenth_more_is_a_regression() -> None:
    now = {**THEN, "macaron": {"W1": 109, "W2": 222}}
    assert regressions(now, THEN) == ["macaron W2: 1.11 times the baseline"]


def test_another_machine_counts_differently_of_all() -> None:
    now = {
        name: {workload: figure * 2 for workload, figure in counts.items()} for name, counts in THEN.items()
    }
    assert regressions(now, THEN) == []


def test_a_reference_that_became_faster_is_no_regression() -> None:
    assert regressions({**THEN, "flask": {"W2": 200}}, THEN) == []


def test_a_reference_that_became_slower_hides_none() -> None:
    now = {**THEN, "flask": {"W2": 800}, "macaron": {"W1": 100, "W2": 250}}
    assert regressions(now, THEN) == ["macaron W2: 1.25 times the baseline"]


@pytest.mark.slow
def test_no_regression() -> None:
    require("valgrind")
    then = stored()
    if then is None:
        pytest.skip("no baseline of this Python: python -m tests.benchmarks --update-baseline")
    now = counts_of(count(COUNTED))
    assert now.keys() == then.keys()
    assert regressions(now, then) == []
