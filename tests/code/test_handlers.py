"""Which function answers an operation, and what is said where that is not clear."""

import sys

import pytest

from macaron_runner.code.function import UNKNOWABLE
from macaron_runner.code.handlers import check_fit, find_handler, handler_names
from macaron_runner.code.written import WrittenCode
from macaron_runner.diagnostics import Location
from macaron_runner.openapi.operation import Parameter
from macaron_runner.validation.identifiers import snake_case
from tests.code.conftest import write_files
from tests.support.authentication import operation_with

HANDLERS = [("orders", Location("macaron.yaml", 4, 20)), ("customers", Location("macaron.yaml", 5, 20))]
FILES = {
    "orders.py": "def create_order(body): ...\nget_order = made()\ndef getHTTPInfo(): ...\nshared = 1\n",
    "customers.py": "def get_customer(id): ...\ndef shared(): ...\n@unknown\ndef odd(id): ...\n",
    "guards.py": "from macaron_runner import requires_auth as members_only\ndef trace(function): return function\n",
}


@pytest.fixture
def code(tmp_path):
    write_files(tmp_path, FILES)
    return WrittenCode((tmp_path,), sys.path)


@pytest.mark.parametrize(
    ("operation_id", "extensions", "name"),
    [
        ("create_order", {}, "orders.create_order"),
        ("createOrder", {}, "orders.create_order"),
        ("create-order", {}, "orders.create_order"),
        ("getHTTPInfo", {}, "orders.getHTTPInfo"),
        ("get-customer", {}, "customers.get_customer"),
        ("shared", {}, "customers.shared"),
        ("customers.shared", {}, "customers.shared"),
        ("whatever", {"x-bind-server": "customers.shared"}, "customers.shared"),
        (None, {"x-bind-server": "customers:shared"}, "customers.shared"),
    ],
)
def test_the_order_of_looking(code, operation_id, extensions, name):
    found = find_handler(operation_with(operation_id=operation_id, extensions=extensions), HANDLERS, code)
    assert found.handler.full_name == name
    assert found.problems == ()


@pytest.mark.parametrize(
    ("operation_id", "extensions", "handlers"),
    [
        ("getOrder", {}, HANDLERS),
        ("odd.thing", {"x-bind-server": "math.sqrt"}, HANDLERS),
        ("getNothing", {}, [*HANDLERS, ("absent", None)]),
    ],
)
def test_what_only_importing_could_tell_is_no_problem(code, operation_id, extensions, handlers):
    found = find_handler(operation_with(operation_id=operation_id, extensions=extensions), handlers, code)
    assert found.handler is UNKNOWABLE
    assert found.problems == ()


def test_no_handler_points_at_the_operation_and_at_the_modules(code):
    place = Location("shop.yaml", 9, 5)
    found = find_handler(operation_with(operation_id="getCustomr", locate=lambda: place), HANDLERS, code)
    (problem,) = found.problems
    assert (problem.code, problem.location, problem.help) == ("MAC503", place, 'did you mean "get_customer"?')
    assert [related for related, _ in problem.related] == [place for _, place in HANDLERS]
    assert found.handler is None


def test_decorators(code):
    names = ["guards.members_only", "guards.trace", "guards.missing", "macaron_runner.load_auth_token"]
    operation = operation_with(operation_id="createOrder", extensions={"x-decorate-server": names})
    found = find_handler(operation, HANDLERS, code)
    assert [name for name, _ in found.decorators] == [names[0], names[1], names[3]]
    assert found.marker == "required"
    assert [problem.message for problem in found.problems] == ['module "guards" has no function "missing"']


def test_the_marker_is_that_of_the_strongest(code):
    operation = operation_with(
        operation_id="createOrder", extensions={"x-decorate-server": "macaron_runner.load_auth_token"}
    )
    assert find_handler(operation, HANDLERS, code).marker == "optional"
    assert find_handler(operation_with(operation_id="createOrder"), HANDLERS, code).marker is None


def test_a_misfit_points_at_the_operation_and_at_the_function(code):
    parameters = (Parameter("idd", "query", required=False, schema={}, style="form", explode=True),)
    operation = operation_with(operation_id="getCustomer", parameters=parameters)
    function = find_handler(operation, HANDLERS, code).handler
    problems = check_fit(function, operation)
    assert {problem.code for problem in problems} == {"MAC505"}
    assert [str(place) for place, _ in problems[0].related] == [str(function.location)]


def test_what_hides_its_arguments_fits(code):
    operation = operation_with(operation_id="odd")
    assert check_fit(find_handler(operation, HANDLERS, code).handler, operation) == ()


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("createOrder", ("createOrder", "create_order")),
        ("create order", ("create order", "create_order")),
        ("class", ("class", "class_")),
        ("GETOrder", ("GETOrder", "get_order")),
    ],
)
def test_names(name, names):
    assert handler_names(name) == names
    assert snake_case("getHTTPInfo") == "get_http_info"
