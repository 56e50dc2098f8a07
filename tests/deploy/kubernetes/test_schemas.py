"""Every object of the golden trees fits the published schemas of Kubernetes, of an old, a middle and a new version."""

from __future__ import annotations

from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from macaron_runner.deploy.kubernetes.objects import Object
from tests.deploy.kubernetes.rendered import GOLDEN

VERSIONS = ("1.25", "1.31", "1.37")
NOT_PUBLISHED = ("cloud.google.com/", "gateway.networking.k8s.io/", "keda.sh/", "networking.gke.io/")
"""Kinds that a cluster gets from elsewhere."""

pytestmark = pytest.mark.slow


def built_in(tree: Path) -> list[Object]:
    found = [
        each
        for file in sorted(tree.rglob("*/*.yaml"))
        for each in yaml.safe_load_all(file.read_text("utf-8"))
    ]
    return [each for each in found if not each["apiVersion"].startswith(NOT_PUBLISHED)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", sorted(path.name for path in GOLDEN.glob("kubernetes-*")))
def test_every_object_fits_its_schema(case: str, version: str) -> None:
    objects = built_in(GOLDEN / case)
    assert len(objects) > 4
    for each in objects:
        kubernetes_validate.validate(each, version, strict=True)


def test_a_key_that_is_none_does_not_fit() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "shop"}, "spec": {"selectr": {}}}
    with pytest.raises(kubernetes_validate.ValidationError, match="selectr"):
        kubernetes_validate.validate(service, VERSIONS[0], strict=True)
