"""A call of the AWS library as the command of the AWS CLI that it equals: what is shown, and anyone may repeat.

    create_environment(EnvironmentName="shop-12", OptionSettings=[…])
    aws elasticbeanstalk create-environment --environment-name shop-12 --option-settings file://options.json

Pure. Not for making the call (aws).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

_BORDER: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SERVICES: Final = {"s3": "s3api"}
_IN_FILES: Final = {"OptionSettings": "file://options.json"}
"""What is long, and is in a file of the rendered deployment."""


def aws_words(
    service: str, operation: str, parameters: Mapping[str, Any], region: str, profile: str | None = None
) -> tuple[str, ...]:
    """Return the words of the command that a call equals.

    What is uploaded or fetched is shown as a file, whose name is the last part of its key.
    """
    words = ["aws", _SERVICES.get(service, service), operation.replace("_", "-"), "--region", region]
    words += ["--profile", profile] if profile else []
    for name, value in parameters.items():
        option = _BORDER.sub("-", name).lower()
        words += [f"--no-{option}"] if value is False else [f"--{option}", *_values(name, value, parameters)]
    return (*words, _file(parameters)) if operation == "get_object" else tuple(words)


def _file(parameters: Mapping[str, Any]) -> str:
    return str(parameters["Key"]).rpartition("/")[2]


def _values(name: str, value: Any, parameters: Mapping[str, Any]) -> Iterable[str]:
    if value is True:
        return ()
    if name == "Body":
        return (_file(parameters),)
    if name in _IN_FILES:
        return (_IN_FILES[name],)
    several = value if isinstance(value, list | tuple) else (value,)
    return (each if isinstance(each, str) else _json(each) for each in several)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), default=str)
