"""The course of a build, with programs that are played: what is asked, in which order, and what comes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from macaron_runner.deploy.failures import DeploymentFailed, Failure
from macaron_runner.deploy.image.build import Built, image_of
from macaron_runner.deploy.image.engines import Buildah, Docker, Engine, Job, Podman, set_proxies
from macaron_runner.deploy.image.finding import find_engine
from macaron_runner.deploy.image.order import Order
from macaron_runner.errors import DependencyMissing, UsageError
from tests.deploy.image.conftest import MACARON_YAML, Played, ServiceFolder, played

NAME = "registry.example.com/acme/shop"
DIGEST = "sha256:" + "ab" * 32
BASE_DIGEST = "sha256:" + "cd" * 32
INSIDE = json.dumps(
    {"python": [], "debian": [], "alpine": [], "system": {}, "interpreter": "3.12.1"}
).encode()


class Registry:
    """An engine docker and the registries behind it: the commit of the image that is there, "" for none."""

    def __init__(self, commit: str = "", *, buildx: bool = True, base: bool = True) -> None:
        self.commit = commit
        self.buildx = buildx
        self.base = base
        self.absent = "Error response from daemon: manifest unknown"
        self.dockerfile = ""
        self.lent: dict[str, str] = {}

    def __call__(self, words: tuple[str, ...]) -> bytes | int | str:
        match words:
            case ["docker", "version", *_]:
                return b"28.1.0 28.1.0\n"
            case ["docker", "buildx", "version"]:
                return b"" if self.buildx else 1
            case ["docker", "pull", *_, name]:
                there = self.base if name.startswith("python") else self.commit
                return b"" if there else self.absent
            case ["docker", "image", "inspect", name]:
                return self.inspect(name)
            case ["docker", "build", *_]:
                self.built(words)
                return b"built\n"
            case ["docker", "push", *_, name]:
                self.commit = self.commit or "pushed"
                return b""
            case ["docker", "run", *_]:
                return INSIDE
        return b""  # the wheel of macaron

    def inspect(self, name: str) -> bytes:
        if name.startswith("python"):
            digests = [f"python@{BASE_DIGEST}"] if self.base else []
            return json.dumps([{"Id": "base", "RepoDigests": digests}]).encode()
        digests = [f"other@{BASE_DIGEST}", f"{NAME}@{DIGEST}"] if self.commit else []
        labels = {"org.opencontainers.image.revision": self.commit}
        return json.dumps([{"Id": "sha256:1", "RepoDigests": digests, "Config": {"Labels": labels}}]).encode()

    def built(self, words: tuple[str, ...]) -> None:
        self.dockerfile = Path(words[words.index("--file") + 1]).read_text()
        for word in words:
            if word.startswith("id="):
                name, _, file = word.removeprefix("id=").partition(",src=")
                self.lent[name] = Path(file).read_text()


def verbs(run: Played) -> list[str]:
    words = [each.split() for each in run.programs.words]
    return [" ".join(each[1:3] if each[1] == "image" else each[1:2]) for each in words if each[0] == "docker"]


def test_a_build_brings_the_image_to_its_registry(service: ServiceFolder) -> None:
    service.commit()
    registry = Registry()
    run = played(registry)
    order = service.order()
    built = image_of(order, run.hands, push=True)
    assert built.image == replace(order.image, digest=DIGEST)
    assert verbs(run) == [
        *("version", "buildx", "pull", "pull", "image inspect", "build", "push", "image inspect", "run"),
        "image inspect",
    ]
    assert f"FROM python@{BASE_DIGEST} AS base\n" in registry.dockerfile
    assert f'org.opencontainers.image.base.digest="{BASE_DIGEST}"' in registry.dockerfile
    assert built.bill == service.folder / f".macaron/images/{order.image.tag}.cdx.json"
    assert json.loads(built.bill.read_text())["bomFormat"] == "CycloneDX"


def test_what_is_in_the_registry_is_not_built_again(service: ServiceFolder) -> None:
    registry = Registry(service.commit())
    run = played(registry)
    order = service.order()
    assert image_of(order, run.hands, push=True) == Built(replace(order.image, digest=DIGEST))
    assert verbs(run) == ["version", "buildx", "pull", "image inspect"]


def test_a_version_is_never_another_commit(service: ServiceFolder) -> None:
    service.write("macaron.yaml", MACARON_YAML.replace("{name: shop}", "{name: shop, version: '7'}"))
    service.commit()
    with pytest.raises(DeploymentFailed, match=f"{NAME}:7 is there already, made of the commit 0123456789ab"):
        image_of(service.order(), played(Registry("0123456789abcdef")).hands, push=True)


def test_nothing_is_pushed_where_nobody_can_tell_whether_it_is_there(service: ServiceFolder) -> None:
    service.commit()
    registry = Registry()
    registry.absent = "Error response from daemon: Get https://registry.example.com/v2/: i/o timeout"
    run = played(registry)
    with pytest.raises(Failure, match="i/o timeout"):
        image_of(service.order(), run.hands, push=True)
    assert "push" not in verbs(run)


def test_what_is_dirty_is_always_built(service: ServiceFolder) -> None:
    registry = Registry(service.commit())
    service.write("new.py")
    run = played(registry)
    assert image_of(service.order(allow_dirty=True), run.hands, push=True).image.digest == DIGEST
    assert "build" in verbs(run)


def test_without_push_nothing_is_asked_of_its_registry(service: ServiceFolder, tmp_path: Path) -> None:
    service.commit()
    run = played(Registry())
    order = service.order()
    bill = tmp_path / "bills/shop.json"
    assert image_of(order, run.hands, push=False, bill=bill) == Built(order.image, bill)
    assert verbs(run) == ["version", "buildx", "pull", "image inspect", "build", "run", "image inspect"]
    assert bill.is_file()


def test_a_base_that_no_registry_has_is_told_of(service: ServiceFolder) -> None:
    service.commit()
    registry = Registry(base=False)
    run = played(registry)
    image_of(service.order(), run.hands, push=False)
    assert "FROM python:3.12-slim AS base\n" in registry.dockerfile
    assert any("is pinned by no digest" in line for line in run.told)


def test_a_base_that_is_pinned_is_not_asked_for(service: ServiceFolder) -> None:
    service.write(
        "macaron.yaml", MACARON_YAML.replace("acme/shop}", f"acme/shop, base: 'python@{BASE_DIGEST}'}}")
    )
    service.commit()
    run = played(Registry())
    image_of(service.order(), run.hands, push=False)
    assert "pull" not in verbs(run)


def test_a_dry_run_acts_on_nothing(service: ServiceFolder) -> None:
    service.commit()
    run = played(Registry(), dry_run=True)
    order = service.order()
    assert image_of(order, run.hands, push=True) == Built(order.image)
    assert verbs(run) == ["version", "buildx"]
    undone = [line for line in run.told if line.endswith("(dry run: not done)") and "docker" in line]
    assert [line.partition("docker ")[2].split()[0] for line in undone] == [
        "pull",
        "pull",
        "build",
        "push",
        "run",
    ]
    assert not (service.folder / ".macaron").exists()


def test_pip_settings_are_lent_and_stay_nowhere(service: ServiceFolder, tmp_path: Path) -> None:
    service.commit()
    bundle = tmp_path / "ca.pem"
    bundle.write_text("certificates")
    index = "https://token@index.example/simple"
    environ = {
        "PIP_INDEX_URL": index,
        "PIP_CERT": str(bundle),
        "HOME": str(tmp_path),
        "HTTPS_PROXY": "http://p:1",
    }
    registry = Registry()
    run = played(registry, environ)
    image_of(service.order(), run.hands, push=False)
    assert registry.lent["ca"] == "certificates"
    assert index in registry.lent["pip"]
    assert not any("token" in line or "p:1" in line for line in [*run.told, *run.programs.words])
    assert "token" not in registry.dockerfile
    assert any("--build-arg HTTPS_PROXY " in line for line in run.programs.words)


def test_a_builder_that_lends_nothing(service: ServiceFolder) -> None:
    service.commit()
    registry = Registry(buildx=False)
    image_of(service.order(), played(registry, {"PIP_INDEX_URL": "https://index.example"}).hands, push=False)
    assert "--mount" not in registry.dockerfile
    assert registry.lent == {}


def test_an_own_dockerfile_is_used_as_it_is(service: ServiceFolder) -> None:
    service.write("Dockerfile", "FROM scratch\nCOPY . /app\n")
    service.commit()
    registry = Registry()
    run = played(registry)
    image_of(service.order(), run.hands, push=False)
    assert registry.dockerfile == "FROM scratch\nCOPY . /app\n"
    assert "pull" not in verbs(run)
    assert any("--label org.opencontainers.image.title=shop" in line for line in run.programs.words)


def test_an_image_that_does_not_tell_what_is_in_it(service: ServiceFolder) -> None:
    service.commit()
    registry = Registry()
    run = played(lambda words: 127 if words[:2] == ("docker", "run") else registry(words))
    assert image_of(service.order(), run.hands, push=False).bill is None
    assert any("no bill of materials" in line for line in run.told)


def test_what_was_made_to_ask_an_image_is_removed_whatever_it_said(service: ServiceFolder) -> None:
    service.commit()

    def answer(words: tuple[str, ...]) -> bytes | int:
        return 1 if words[:2] == ("buildah", "run") else b"{}"

    run = played(answer)
    assert image_of(service.order(), run.hands, push=False, engine="buildah").bill is None
    assert run.programs.words[-1] == "buildah rm macaron-contents"


def test_a_build_that_fails_ends_it(service: ServiceFolder) -> None:
    service.commit()
    registry = Registry()
    run = played(lambda words: 1 if words[:2] == ("docker", "build") else registry(words))
    with pytest.raises(Failure):
        image_of(service.order(), run.hands, push=True)
    assert "push" not in verbs(run)


def test_an_image_without_registry_cannot_be_pushed(service: ServiceFolder) -> None:
    service.write(
        "macaron.yaml", MACARON_YAML.replace("build: {image: registry.example.com/acme/shop}\n", "")
    )
    service.commit()
    with pytest.raises(UsageError, match="must say to which registry"):
        image_of(service.order(), played(Registry()).hands, push=True)


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ({"docker": b"20.10.24 20.10.24", "podman": b"", "buildah": b""}, Docker()),
        ({"docker": b"28.2.2 20.10.24"}, Docker(buildkit=False)),
        ({"docker": b"28.2.2 28.2.2", "buildx": b""}, Docker(buildx=True)),
        ({"docker": 1, "podman": b"", "buildah": b""}, Podman()),
        ({"buildah": b""}, Buildah()),
    ],
)
def test_the_first_engine_that_answers(there: dict[str, bytes | int], expected: Engine) -> None:
    assert (
        find_engine(played(lambda words: there.get(words[1 if words[1] == "buildx" else 0], 1)).hands)
        == expected
    )


def test_where_nothing_builds_that_is_told() -> None:
    with pytest.raises(DependencyMissing, match="neither docker nor podman nor buildah answers"):
        find_engine(played(lambda _: 1).hands)
    with pytest.raises(DependencyMissing, match="images: podman answers not"):
        find_engine(played(lambda _: 1).hands, "podman")


JOB = Job(
    reference="localhost:5/shop:1",
    folder=Path("/context"),
    file=Path("/context/Dockerfile"),
    epoch=7,
    proxies=set_proxies({"HTTP_PROXY": "p", "no_proxy": ""}),
    options=("--network=host",),
    digest_file=Path("/digest"),
)
SEVERAL = replace(JOB, platforms=("linux/amd64", "linux/arm64"))


@pytest.mark.parametrize(
    ("compose", "expected"),
    [
        (
            lambda: Docker().build(JOB),
            "DOCKER_BUILDKIT=1 docker build --progress plain --build-arg SOURCE_DATE_EPOCH=7 --tag localhost:5/shop:1 "
            "--file /context/Dockerfile --build-arg HTTP_PROXY --network=host /context",
        ),
        (
            lambda: Docker(buildx=True).build(SEVERAL),
            "DOCKER_BUILDKIT=1 docker buildx build --push --metadata-file /digest --platform linux/amd64,linux/arm64 "
            "--progress plain --build-arg SOURCE_DATE_EPOCH=7 --tag localhost:5/shop:1 --file /context/Dockerfile "
            "--build-arg HTTP_PROXY --network=host /context",
        ),
        (
            lambda: Podman().build(JOB),
            "podman build --format docker --layers --timestamp 7 --tag localhost:5/shop:1 --file /context/Dockerfile "
            "--build-arg HTTP_PROXY --network=host /context",
        ),
        (
            lambda: Buildah().build(SEVERAL),
            "buildah build --format docker --layers --platform linux/amd64,linux/arm64 --timestamp 7 "
            "--manifest localhost:5/shop:1 --file /context/Dockerfile --build-arg HTTP_PROXY --network=host /context",
        ),
        (
            lambda: Podman().push("localhost:5/shop:1", Path("/digest"), several=False),
            "podman push --tls-verify=false --digestfile /digest localhost:5/shop:1",
        ),
        (
            lambda: Buildah().push("example.com/shop:1", Path("/digest"), several=True),
            "buildah manifest push --all --digestfile /digest example.com/shop:1 docker://example.com/shop:1",
        ),
        (lambda: Docker().pull("a:1", "linux/arm64"), "docker pull --quiet --platform linux/arm64 a:1"),
        (
            lambda: Podman().pull("localhost:5000/a"),
            "podman pull --quiet --tls-verify=false localhost:5000/a",
        ),
    ],
)
def test_the_words_of_each_engine(compose: Callable[[], object], expected: str) -> None:
    assert compose().shown == expected


def test_what_buildah_knows() -> None:
    said = {
        "FromImage": "docker.io/library/python:3.12-slim",
        "FromImageID": "1",
        "FromImageDigest": BASE_DIGEST,
        "OCIv1": {"config": {"Labels": {"a": "b"}}},
    }
    known = Buildah().known(json.dumps(said).encode())
    assert (known.identity, known.labels, known.digest_in("python")) == ("1", {"a": "b"}, BASE_DIGEST)
    assert known.digest_in("example.com/python") == ""


def test_of_several_platforms_docker_has_pushed_while_it_built(service: ServiceFolder) -> None:
    platforms = "acme/shop, platforms: [linux/amd64, linux/arm64]}"
    service.write("macaron.yaml", MACARON_YAML.replace("acme/shop}", platforms))
    service.commit()
    registry = Registry()

    def answer(words: tuple[str, ...]) -> bytes | int:
        if words[:3] == ("docker", "buildx", "build"):
            file = Path(words[words.index("--metadata-file") + 1])
            file.write_text(json.dumps({"containerimage.digest": DIGEST}))
            return b""
        return registry(words)

    order: Order = service.order()
    run = played(answer)
    assert image_of(order, run.hands, push=True).image.digest == DIGEST
    assert "push" not in verbs(run)
    with pytest.raises(UsageError, match="of several platforms can only be built into a registry"):
        image_of(order, run.hands, push=False)
