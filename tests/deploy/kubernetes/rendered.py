"""Objects as they are rendered, for tests: of the golden services, and of services written on the spot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from macaron_runner.deploy.kubernetes.objects import Object
from macaron_runner.deploy.kubernetes.render import read_objects, render
from tests.deploy.planned import VERSION, plan_of, write_service

GOLDEN = Path(__file__).parents[1] / "golden"
EVERYTHING = GOLDEN / "kubernetes-everything" / "macaron.yaml"
TARGETS = ("google", "elsewhere")

HEAD = "type: kubernetes, context: fake, namespace: shop"
WITH_TASKS = """\
    server: {bind: "0.0.0.0:8080"}
    secrets: {key: {env: SHOP_KEY}}
    tasks:
      broker: "redis://redis/0"
      pools: {mail: {queues: [mail]}}
      schedules: {nightly: {task: shop.jobs.report, cron: "15 3 * * *"}}
    """


def objects_of(file: Path, target: str = "live", version: str = VERSION) -> list[Object]:
    return read_objects(render(plan_of(file, target, version=version)))


def written(folder: Path, keys: str = "", rest: str = WITH_TASKS) -> list[Object]:
    """Return the objects of a service whose target has these keys beside type, context and namespace."""
    return objects_of(write_service(folder, f"{{{HEAD}{', ' if keys else ''}{keys}}}", rest))


def one(objects: list[Object], kind: str, name: str) -> Any:
    return next(each for each in objects if each["kind"] == kind and each["metadata"]["name"] == name)


def pod_of(objects: list[Object], name: str) -> Any:
    return one(objects, "Deployment", name)["spec"]["template"]["spec"]
