"""apipool: names to models and clients, with helpful words for what is not there."""

import copy
import inspect
from collections.abc import Mapping
from typing import Any

import pytest

from macaron_runner import context
from macaron_runner.models.apipool import ApiNamespace, ApiPool, apipool
from tests.support.models import models_of, objects

ORDER = objects(id={"type": "integer"})


def serving(**apis: ApiNamespace) -> None:
    served: Mapping[str, Any] = {name.replace("__", "-"): api for name, api in apis.items()}
    context.activate(context.Service("shop", "1", apis=served))


def test_models_are_reached_by_api_and_name() -> None:
    models = models_of({"Order": ORDER, "Status": {"enum": ["new"]}})
    serving(shop=ApiNamespace("shop", models))
    assert apipool.shop.Order is apipool.shop.model.Order is models["Order"]
    assert apipool.shop.Status == models["Status"]


def test_names_that_are_no_identifiers_have_one() -> None:
    models = models_of({"my-order": ORDER, "class": ORDER})
    serving(my__shop=ApiNamespace("my-shop", models))
    assert apipool.my_shop.my_order is models["my-order"]
    assert apipool.my_shop.class_ is models["class"]
    assert getattr(apipool.my_shop.model, "my-order") is models["my-order"]


def test_a_schema_called_client_or_model_is_under_model() -> None:
    models = models_of({"client": ORDER, "model": ORDER})
    shop = ApiNamespace("shop", models, client="the client")
    assert (shop.model.client, shop.model.model) == (models["client"], models["model"])
    assert shop.client == "the client"


def test_an_unknown_model_is_told_with_the_near_word() -> None:
    shop = ApiNamespace("shop", models_of({"Order": ORDER}))
    for namespace in (shop, shop.model):
        with pytest.raises(
            AttributeError, match=r'the API "shop" has no model "Ordr"; did you mean "Order"\?'
        ):
            _ = namespace.Ordr
    with pytest.raises(AttributeError, match=r'no model "Xyz" \(there: Order\)'):
        _ = shop.Xyz


def test_an_unknown_api_is_told_with_the_near_word() -> None:
    serving(shop=ApiNamespace("shop", {}))
    with pytest.raises(AttributeError, match=r'this service has no API "shpo"; did you mean "shop"\?'):
        _ = apipool.shpo


def test_without_a_service_the_hint_says_what_to_call() -> None:
    with pytest.raises(RuntimeError, match="load_service"):
        _ = apipool.shop


def test_dir_lists_what_is_there() -> None:
    shop = ApiNamespace("shop", models_of({"Order": ORDER, "a-b": ORDER}))
    serving(shop=shop, my__shop=shop)
    assert dir(apipool) == ["my_shop", "shop"]
    assert dir(shop) == ["Order", "a-b", "a_b", "client", "model"]


def test_looking_at_the_pool_needs_no_service() -> None:
    assert repr(apipool) == "<the service's APIs>"
    assert not hasattr(apipool, "__wrapped__")
    assert inspect.unwrap(apipool) is apipool  # type: ignore[arg-type]
    assert isinstance(copy.copy(apipool), ApiPool)


def test_repr_says_what_it_is() -> None:
    shop = ApiNamespace("shop", models_of({"Order": ORDER}))
    assert (repr(shop), repr(shop.model)) == ("<API shop>", "<models of shop: Order>")
    assert repr(ApiNamespace("a", {}).model) == "<models of a: none>"
