"""Handlers that take whatever their operation lets through, and say what that was."""


def _answer(**values):
    return {name: repr(value) for name, value in values.items()}


def plain(**values):
    return _answer(**values)


def styles(**values):
    return _answer(**values)


def query(**values):
    return _answer(**values)


def headers(**values):
    return _answer(**values)


def json_body(body):
    return _answer(body=body, json=body.to_json())


def json_any(body=None):
    return [body]


def form(body=None):
    return _answer(body=body)


def multipart(body=None):
    return _answer(body=body)


def text(body=None):
    return [body]


def binary(body=None):
    return _answer(body=body)


def undeclared():
    from flask import request

    return _answer(
        args=request.args, form=request.form, files=request.files, cookies=request.cookies, url=request.url,
        json=request.get_json(silent=True), accept=request.accept_mimetypes, auth=request.authorization,
        languages=request.accept_languages, range=request.range, since=request.if_modified_since,
    )  # fmt: skip


def secure():
    return "come in"


def older_query(ids, **values):
    return _answer(ids=ids, **values)


def older_form(name, ids=None):
    return _answer(name=name, ids=ids)


def older_file(file=None):
    return _answer(file=file)


def older_body(body=None):
    return _answer(body=body)
