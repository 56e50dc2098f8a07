"""How handlers reach the models and clients of the service's APIs: `apipool.shop.Order`, `apipool.shop.client`.

Not for building them (models); this only looks into the active service.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from macaron_runner import context
from macaron_runner.diagnostics import near_word
from macaron_runner.validation.identifiers import identifier


class ModelNamespace:
    """The models of one API as attributes, by the document's names or Python's: `shop.model.Order`.

    For names that the namespace of the API itself uses: a schema called `client` is `shop.model.client`.
    """

    __slots__ = ("_api", "_found", "_models")

    def __init__(self, api: str, models: Mapping[str, Any]) -> None:
        self._api = api
        self._models = models
        self._found = {identifier(name): model for name, model in models.items()} | dict(models)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._found[name]
        except KeyError:
            raise AttributeError(
                _missing(f'the API "{self._api}" has no model "{name}"', name, self._models)
            ) from None

    def __dir__(self) -> list[str]:
        return sorted(self._found)

    def __repr__(self) -> str:
        return f"<models of {self._api}: {', '.join(sorted(self._models)) or 'none'}>"


class ApiNamespace:
    """One API as handlers see it: its models as attributes, all of them under `model`, its `client`."""

    def __init__(self, name: str, models: Mapping[str, Any], client: Any = None) -> None:
        model = ModelNamespace(name, models)
        vars(self).update({word: getattr(model, word) for word in dir(model)})
        self._name = name
        self.client = client
        self.model = model

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)  # which says what there is

    def __dir__(self) -> list[str]:
        return sorted({*dir(self.model), "client", "model"})

    def __repr__(self) -> str:
        return f"<API {self._name}>"


class ApiPool:
    """The APIs of the active service as attributes; `my-api` is `apipool.my_api`.

    Raises RuntimeError where no service is active, AttributeError where it has no such API.
    """

    __slots__ = ()

    def __getattribute__(
        self, name: str
    ) -> Any:  # asked first: looking in vain elsewhere costs more than all of this
        if name.startswith("__"):  # what inspection asks of any object must not need a service
            return object.__getattribute__(self, name)
        apis = context.service().apis
        if name in apis:
            return apis[name]
        for known, api in apis.items():
            if identifier(known) == name:
                return api
        raise AttributeError(_missing(f'this service has no API "{name}"', name, apis))

    def __dir__(self) -> list[str]:
        return sorted(identifier(name) for name in context.service().apis)

    def __repr__(self) -> str:
        return "<the service's APIs>"


def _missing(message: str, name: str, known: Iterable[str]) -> str:
    hint = near_word(name, known)
    return f"{message}; {hint}" if hint else f"{message} (there: {', '.join(sorted(known)) or 'none'})"


apipool = ApiPool()
"""The one handlers import."""
