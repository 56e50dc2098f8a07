import functools

import pytest

from macaron_runner.code.fit import arguments_for, misfits
from macaron_runner.code.layers import layers, signature_of
from macaron_runner.openapi.operation import Body, Content, Operation, Parameter
from macaron_runner.server.signature import compile_call

BODY = Body(required=False, content=(Content("application/json"),))


def parameter(name: str, *, required: bool = False, location: str = "query") -> Parameter:
    return Parameter(name, location, required, {}, "form", explode=True)


def operation(*names: str, body: bool = False) -> Operation:
    parameters = tuple(parameter(name.rstrip("!"), required=name.endswith("!")) for name in names)
    return Operation("shop", "POST", "", "/", "f", parameters, BODY if body else None, ())


def bound(function, *names: str, body: bool = False):
    signature, named = signature_of(function), operation(*names, body=body)
    assert not list(misfits("f", arguments_for(named, signature), named))
    return compile_call(function, signature, named)


def hides(function):
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def shows(function):
    return functools.wraps(function)(hides(function))


def f_names(shop_id, limit=10, *, sort="up"):
    return shop_id, limit, sort


def f_positional(first, second=2, /, third=3):
    return first, second, third


def f_body_by_name(limit, body):
    return limit, body


def f_body_by_place(order, limit=1):
    return order, limit


def f_optional_body(order="nothing"):
    return order


def f_rest(body, **rest):
    return body, rest


def f_only_rest(**rest):
    return rest


@pytest.mark.parametrize(
    ("function", "declared", "body", "values", "sent", "result"),
    [
        (f_names, ("shop-id!", "limit", "sort"), False, {"shop_id": 1}, None, (1, 10, "up")),
        (
            f_names,
            ("shop-id!", "limit", "sort"),
            False,
            {"shop_id": 1, "limit": 2, "sort": 3},
            None,
            (1, 2, 3),
        ),
        (f_names, ("shop-id", "limit", "sort"), False, {}, None, (None, 10, "up")),
        (f_positional, ("first", "second", "third"), False, {"third": 9}, None, (None, 2, 9)),
        (f_positional, ("first!", "second", "third"), False, {"first": 0, "second": 1}, None, (0, 1, 3)),
        (f_body_by_name, ("limit!",), True, {"limit": 1}, {"a": 1}, (1, {"a": 1})),
        (f_body_by_name, ("limit!",), True, {"limit": 1}, None, (1, None)),
        (f_body_by_place, ("limit",), True, {}, "x", ("x", 1)),
        (f_optional_body, (), True, {}, None, "nothing"),
        (f_optional_body, (), True, {}, 0, 0),
        (f_rest, ("a", "b"), True, {"a": 1}, "x", ("x", {"a": 1, "b": None})),
        (f_only_rest, ("a",), True, {}, "x", {"a": None, "body": "x"}),
        (shows(f_body_by_place), ("limit",), True, {}, "x", ("x", 1)),
        (hides(f_body_by_place), ("limit",), True, {"limit": 5}, "x", ("x", 5)),
        (
            hides(hides(shows(f_names))),
            ("shop-id!", "limit", "sort"),
            False,
            {"shop_id": 1},
            None,
            (1, 10, "up"),
        ),
        (dict, ("a",), False, {"a": 1}, None, {"a": 1}),
    ],
)
def test_call(function, declared, body, values, sent, result):
    assert bound(function, *declared, body=body)(dict(values), sent) == result


def test_what_hides_everything_gets_the_body_first():
    def wrapper(*args, **kwargs):
        return args, kwargs

    assert bound(wrapper, "limit", body=True)({"limit": 1}, "x") == (("x",), {"limit": 1})


def test_a_parameter_called_body_is_no_body():
    def handler(body, order):
        return body, order

    assert bound(handler, "body!", body=True)({"body": 1}, "x") == (1, "x")


def test_layers_of_a_function_that_wraps_itself():
    def handler():
        return None

    handler.__wrapped__ = handler
    assert list(layers(handler)) == [handler]


@pytest.mark.parametrize(
    ("function", "declared", "body", "words"),
    [
        (f_names, (), False, ["needs the argument shop_id"]),
        (f_names, ("shop-id!", "limt"), False, ["no argument for the query parameter limt"]),
        (lambda: None, (), True, ["takes no argument for the body"]),
        (lambda a, b: None, (), True, ["takes no argument for the body"]),
    ],
)
def test_misfits(function, declared, body, words):
    named = operation(*declared, body=body)
    found = misfits("f", arguments_for(named, signature_of(function)), named)
    assert all(word in misfit.message for misfit, word in zip(found, words, strict=True))
