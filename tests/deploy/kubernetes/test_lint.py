"""What schemas let pass, and we do not: one mutation of sound objects a case, and the sentence that it gives."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from macaron_runner.deploy.kubernetes.lint import faults
from macaron_runner.deploy.kubernetes.objects import Object
from tests.deploy.kubernetes.rendered import EVERYTHING, objects_of, one, pod_of

SOUND = objects_of(EVERYTHING, "google")
GATEWAY = objects_of(EVERYTHING.parents[1] / "kubernetes-gateway" / "macaron.yaml", "own")


def mutated(change: Callable[[list[Object]], Any], sound: list[Object] = SOUND) -> list[str]:
    objects = copy.deepcopy(sound)
    change(objects)
    return faults(objects)


def container(objects: list[Object]) -> Any:
    return pod_of(objects, "shop-web")["containers"][0]


def web(objects: list[Object]) -> Any:
    return one(objects, "Deployment", "shop-web")


def change_of(place: Callable[[list[Object]], Any], **keys: Any) -> Callable[[list[Object]], Any]:
    return lambda objects: place(objects).update(keys)


CASES: dict[str, tuple[Callable[[list[Object]], Any], str]] = {
    "no pull policy": (
        change_of(container, imagePullPolicy="Sometimes"),
        'imagePullPolicy "Sometimes" is none of',
    ),
    "no image": (change_of(container, image=""), "without image"),
    "an image of capitals": (change_of(container, image="Shop:1"), "without image"),
    "a container's name": (change_of(container, name="Web!"), "whose name is none"),
    "another selector": (
        lambda all_: web(all_)["spec"]["selector"]["matchLabels"].update(app="other"),
        'Deployment "shop-web" selects pods with other labels than its own have',
    ),
    "a quantity": (
        lambda all_: container(all_)["resources"]["limits"].update(memory="much"),
        'whose limits of memory are no quantity: "much"',
    ),
    "more asked for than allowed": (
        lambda all_: container(all_)["resources"]["requests"].update(cpu="2"),
        "asks for more cpu than it may use",
    ),
    "two handlers": (
        lambda all_: container(all_)["livenessProbe"].update(tcpSocket={"port": 1}),
        "livenessProbe asks in 2 ways",
    ),
    "no handler": (
        lambda all_: container(all_)["readinessProbe"].pop("httpGet"),
        "readinessProbe asks in 0 ways",
    ),
    "a probe of no port": (
        lambda all_: container(all_)["readinessProbe"]["httpGet"].update(port="grpc"),
        'asks the port "grpc", which it does not have',
    ),
    "a probe without time": (
        lambda all_: container(all_)["readinessProbe"].update(timeoutSeconds=0),
        "readinessProbe has a number below 1",
    ),
    "a port": (lambda all_: container(all_)["ports"][0].update(containerPort=99999), "with the port 99999"),
    "a port's name": (
        lambda all_: container(all_)["ports"][0].update(name="HTTP"),
        'the port "HTTP", whose name',
    ),
    "a variable twice": (
        lambda all_: container(all_)["env"].append({"name": "REDIS_HOST", "value": "b"}),
        "gets the variable REDIS_HOST 2 times",
    ),
    "a variable from two places": (
        lambda all_: container(all_)["env"][-1].update(value="x"),
        "gets the variable SHOP_JWT_SECRET from two places",
    ),
    "a mount of no volume": (
        lambda all_: container(all_)["volumeMounts"][0].update(name="other"),
        'a mount of "other", which is no volume',
    ),
    "a mount at no place": (
        lambda all_: container(all_)["volumeMounts"][0].update(mountPath="app"),
        'at "app", which is no absolute path',
    ),
    "two mounts at one place": (
        lambda all_: container(all_)["volumeMounts"].append(container(all_)["volumeMounts"][0]),
        'with 2 mounts at "/app/macaron.yaml"',
    ),
    "a mount of no key": (
        lambda all_: container(all_)["volumeMounts"][0].update(subPath="other.yaml"),
        'mounts "other.yaml" of a ConfigMap that has no such key',
    ),
    "a volume twice": (
        lambda all_: pod_of(all_, "shop-web")["volumes"].append(pod_of(all_, "shop-web")["volumes"][0]),
        'has the volume "config" 2 times',
    ),
    "no ConfigMap": (
        lambda all_: pod_of(all_, "shop-web")["volumes"][0]["configMap"].update(name="other"),
        'mounts the ConfigMap "other", which is not there',
    ),
    "killed too early": (
        lambda all_: pod_of(all_, "shop-web").update(terminationGracePeriodSeconds=20),
        "killed before its pause before SIGTERM is over",
    ),
    "steady for longer than it may take": (
        lambda all_: web(all_)["spec"].update(minReadySeconds=900),
        "must be ready for longer than it may take",
    ),
    "a Service of nobody": (
        lambda all_: one(all_, "Service", "shop")["spec"]["selector"].update(app="other"),
        'Service "shop" selects no pods',
    ),
    "a Service to no port": (
        lambda all_: one(all_, "Service", "shop")["spec"]["ports"][0].update(targetPort="grpc"),
        'leads to the port "grpc", which its pods do not have',
    ),
    "a Service at no port": (
        lambda all_: one(all_, "Service", "shop")["spec"]["ports"][0].update(port=0),
        "has the port 0, which is none",
    ),
    "an Ingress to no Service": (
        lambda all_: _backend(all_).update(name="other"),
        'Ingress "shop" leads to the Service "other", which is not there',
    ),
    "an Ingress to no port": (
        lambda all_: _backend(all_).update(port={"number": 81}),
        'leads to the port "81" of the Service "shop", which does not have it',
    ),
    "a scaler of nobody": (
        lambda all_: one(all_, "ScaledObject", "shop-worker-default")["spec"]["scaleTargetRef"].update(
            name="other"
        ),
        'scales the Deployment "other", which is not there',
    ),
    "a scaler of a fixed number": (
        lambda all_: web(all_)["spec"].update(replicas=2),
        'scales the Deployment "shop-web", which says itself how many pods it has',
    ),
    "an empty range": (
        lambda all_: one(all_, "HorizontalPodAutoscaler", "shop-web")["spec"].update(maxReplicas=1),
        "scales from 2 to 1",
    ),
    "none at all": (
        lambda all_: one(all_, "HorizontalPodAutoscaler", "shop-web")["spec"].update(minReplicas=0),
        "scales to no pods at all",
    ),
    "a budget of nobody": (
        lambda all_: one(all_, "PodDisruptionBudget", "shop-web")["spec"]["selector"]["matchLabels"].update(
            a="b"
        ),
        'PodDisruptionBudget "shop-web" selects no pods',
    ),
    "a label": (
        lambda all_: web(all_)["metadata"]["labels"].update(team="a b"),
        'has the label team, whose value "a b" is none',
    ),
    "a name": (
        lambda all_: web(all_)["metadata"].update(name="Shop"),
        "has a name that Kubernetes does not take",
    ),
    "an object twice": (
        lambda all_: all_.append(one(all_, "Service", "shop")),
        'Service "shop" stands 2 times',
    ),
    "a large configuration": (
        lambda all_: all_[0]["data"].update({"large.yaml": "#" * 2**20}),
        "bytes in it, more than 1048576",
    ),
    "a file's name": (lambda all_: all_[0]["data"].update({"a b": ""}), 'has the key "a b", which is none'),
}


def _backend(objects: list[Object]) -> Any:
    rules = one(objects, "Ingress", "shop")["spec"]["rules"]
    return rules[0]["http"]["paths"][0]["backend"]["service"]


def test_sound_objects_have_no_faults() -> None:
    assert faults(SOUND) == []
    assert faults(GATEWAY) == []


@pytest.mark.parametrize("case", CASES)
def test_a_mutation_is_found(case: str) -> None:
    change, sentence = CASES[case]
    assert any(sentence in fault for fault in mutated(change)), mutated(change)


def test_a_route_to_no_service_is_found() -> None:
    def change(objects: list[Object]) -> None:
        one(objects, "HTTPRoute", "hello")["spec"]["rules"][0]["backendRefs"][0].update(name="other")

    assert 'HTTPRoute "hello" leads to the Service "other", which is not there' in mutated(change, GATEWAY)
