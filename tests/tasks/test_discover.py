from pathlib import Path

import pytest

from macaron_runner.assembly import extend_python_path
from macaron_runner.code.imported import ImportedModule
from macaron_runner.code.tasks import find_tasks
from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.server.loading import stand_in
from macaron_runner.tasks.discover import load_tasks
from tests.support.authentication import operation_with
from tests.tasks import parcels


@pytest.fixture
def problems(configure, modules_restored):
    """Give a function that returns what load_tasks finds wrong, as (code, message, place, help)."""

    def find(*overrides, **files):
        configuration = configure(*overrides)
        extend_python_path(configuration)
        for name, text in files.items():
            (configuration.directory / "parcels" / f"{name}.py").write_text(text)
        with pytest.raises(BadConfiguration) as caught:
            load_tasks(configuration)
        return [
            (
                problem.code,
                problem.message,
                str(problem.location).replace(str(configuration.directory), ""),
                problem.help,
            )
            for problem in caught.value.diagnostics
        ]

    return find


def schedule(text):
    return f"tasks.schedules.often={{every: 1m, {text}}}"


def test_tasks_are_found_among_attributes():
    tasks, found = find_tasks([ImportedModule(parcels, parcels.__name__)])
    assert set(tasks) == {f"tests.tasks.parcels.{name}" for name in ("weigh", "plain", "post")}
    assert [problem.code for problem in found] == ["MAC611"]
    assert Path(found[0].location.file).resolve() == Path(parcels.__file__)


def test_a_services_tasks(configure, modules_restored):
    configuration = configure()
    extend_python_path(configuration)
    assert "parcels.jobs.store" in load_tasks(configuration)


def test_what_operations_name_is_imported_inside_an_application(configure, modules_restored):
    configuration = configure()
    extend_python_path(configuration)
    hooks = "from flask import current_app\n\ncurrent_app.before_request(print)\n"
    for name in ("bound", "dotted", "decorators"):
        task = f"from macaron_runner import asynctask\n\n@asynctask()\ndef {name}_task(): pass\n"
        (configuration.directory / "parcels" / f"{name}.py").write_text(hooks + task)
    operations = (
        operation_with(
            api="parcels", operation_id="no.such", extensions={"x-bind-server": "parcels.bound:run"}
        ),
        operation_with(
            api="parcels",
            operation_id="parcels.dotted.run",
            extensions={"x-decorate-server": ["parcels.decorators.a"]},
        ),
    )
    with stand_in(configuration).app_context():
        tasks = load_tasks(configuration, operations)
    for name in ("bound", "dotted", "decorators"):
        assert f"parcels.{name}.{name}_task" in tasks


def test_a_module_that_does_not_exist(problems):
    ((code, message, place, _),) = problems("tasks.modules=[parcels.job]")
    assert (code, message) == ("MAC501", 'there is no module "parcels.job"')
    assert place == "--set tasks.modules=[parcels.job]"


def test_modules_that_fail_come_all_at_once(problems):
    found = problems(jobs="import nothing_like_it\n", api="def broken(:\n")
    assert [(code, message) for code, message, _, _ in found] == [
        ("MAC502", 'importing "parcels.api" fails'),
        ("MAC502", 'importing "parcels.jobs" fails'),
    ]
    assert [place for _, _, place, _ in found] == ["/parcels/api.py:1:12", "/parcels/jobs.py:1:1"]


def test_a_schedule_of_an_unknown_task(problems):
    ((code, message, _, advice),) = problems(schedule("task: parcels.jobs.tik"))
    assert (code, message) == (
        "MAC612",
        'schedule "often" names a task that does not exist: "parcels.jobs.tik"',
    )
    assert advice == 'did you mean "parcels.jobs.tick"?'


def test_a_schedules_arguments_must_fit(problems):
    ((code, message, _, _),) = problems(schedule("task: parcels.jobs:tick, kwargs: {plaice: x}"))
    assert code == "MAC613"
    assert "do not fit its task: missing a required argument: 'place'" in message


def test_a_task_of_an_unknown_queue(problems):
    text = "from macaron_runner import asynctask\n\n@asynctask(queue='defualt')\ndef work(): ...\n"
    ((code, message, place, advice),) = problems(jobs=text, api="")
    assert (code, message) == ("MAC614", 'unknown queue "defualt" for task "parcels.jobs.work"')
    assert place == "/parcels/jobs.py:4:5"
    assert advice == 'did you mean "default"?'
