import io

import pytest

from macaron_runner.diagnostics import BadConfiguration, Diagnostic
from macaron_runner.entries.start import guarded
from macaron_runner.errors import DependencyMissing


def outcome(error, environ=None):
    def main(words):
        raise error

    stderr = io.StringIO()
    return guarded(main, [], environ or {}, stderr=stderr), stderr.getvalue()


def test_the_code_of_main_is_returned():
    assert guarded(lambda words: len(words), ["a", "b"], {}, stderr=io.StringIO()) == 2


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (BadConfiguration([Diagnostic("MAC612", "no such task")]), 78, "error[MAC612]: no such task\n"),
        (DependencyMissing("there is no server"), 69, "macaron: there is no server\n"),
    ],
)
def test_what_a_person_can_mend_is_said_in_a_sentence(error, code, text):
    assert outcome(error) == (code, text)


def test_anything_else_is_one_line_and_no_traceback():
    code, text = outcome(ValueError("odd"))
    assert code == 70
    assert "ValueError: odd" in text
    assert "Traceback" not in text


def test_the_traceback_is_for_those_who_ask():
    assert "Traceback" in outcome(ValueError("odd"), {"MACARON_LOG_LEVEL": "debug"})[1]
