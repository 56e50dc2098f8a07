"""The image of a sample service, by a real Docker: built, brought to a registry, run as a whole and in parts.

One long test: its daemon and its image are made once, and everything is asked of them.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.docker import PrivateDocker
from tests.support.processes import PATIENCE, wait_for
from tests.support.service import ROOT, free_port

SECRET = "the secret of these tests, which is long enough"
MACARON = (sys.executable, "-m", "macaron_runner.cli")
ENVIRONMENT = ("--env", f"HELLOWORLD_JWT_SECRET={SECRET}")
ANYBODY = ("--user", "54321:54321", "--read-only", "--tmpfs", "/tmp")


@pytest.mark.slow
def test_an_image_from_its_build_to_its_end(tmp_path: Path) -> None:
    with PrivateDocker() as docker:
        folder = the_service(tmp_path / "work", docker)
        said = docker.run(*MACARON, "build", "--push", "--format", "json", cwd=folder)
        built = json.loads(said[said.index("\n{\n") :])
        image = built["reference"]
        assert docker.digest_of("acme/hello", built["tag"]) == built["digest"]
        assert any(
            each["name"] == "Flask" for each in json.loads(Path(built["sbom"]).read_text())["components"]
        )
        it_has_no_secret_and_nothing_ignored(docker, image)
        it_tells_of_itself(docker, image, built["tag"])
        it_says_why_it_does_not_run(docker, image, tmp_path)
        as_a_whole_it_works_for_anybody(docker, image, built["tag"])
        each_part_works_alone(docker, image, tmp_path)
        the_same_is_not_built_again(docker, folder, built["reference"])
        new_code_installs_nothing(docker, folder)


def the_service(folder: Path, docker: PrivateDocker) -> Path:
    """Make a repository of the sample service, with what must not be in the image."""
    shutil.copytree(
        ROOT / "sample_services/helloworld", folder, ignore=shutil.ignore_patterns(".*", "__pycache__")
    )
    text = (folder / "macaron.yaml").read_text().replace("127.0.0.1:$", "0.0.0.0:$")
    file_secret = "secrets:\n  other: {file: keys/other}"
    text = text.replace("\nsecrets:", f"\n{file_secret}") + (
        f"\nbuild: {{image: {docker.registry}/acme/hello, options: [--network=host]}}\n"
    )
    (folder / "macaron.yaml").write_text(text)
    (folder / ".gitignore").write_text("*.log\n")
    (folder / "debug.log").write_text(SECRET)
    (folder / ".env").write_text(SECRET)
    (folder / "keys").mkdir()
    (folder / "keys/other").write_text(SECRET)
    git(folder, "init", "--quiet")
    git(folder, "add", ".gitignore", "macaron.yaml", "apis", "helloworld", "keys")
    git(folder, "commit", "--quiet", "-m", "one")
    return folder


def git(folder: Path, *words: str) -> None:
    settings = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True, timeout=PATIENCE)


def it_has_no_secret_and_nothing_ignored(docker: PrivateDocker, image: str) -> None:
    listed = docker.run("docker", "run", "--rm", "--entrypoint", "ls", image, "-ARp", "/app")
    files = {line for line in listed.splitlines() if line and not line.endswith(("/", ":", ".pyc"))}
    assert files == {".gitignore", "macaron.yaml", "helloworld.yaml", "__init__.py", "api.py", "models.py"}
    archive = docker.run("docker", "image", "inspect", image) + docker.run(
        "docker", "history", "--no-trunc", image
    )
    assert SECRET not in archive


def it_tells_of_itself(docker: PrivateDocker, image: str, version: str) -> None:
    def asked(*words: str) -> str:
        return docker.run("docker", "run", "--rm", "--network", "host", *ENVIRONMENT, image, *words)

    assert asked("version") == f"{version}\n"
    assert "  name: helloworld  # macaron.yaml:13:9\n" in asked("config")
    assert re.search(r"^GET +/hello ", asked("routes"), re.MULTILINE)
    assert "no problems found" in asked("check", "--no-ports")


def it_says_why_it_does_not_run(docker: PrivateDocker, image: str, folder: Path) -> None:
    word = folder / "termination-log"
    word.touch(0o666)
    word.chmod(0o666)
    mounted = ("--volume", f"{word}:/dev/termination-log", "--env", "PORT=nine")
    docker.run("docker", "run", "--rm", "--network", "host", *mounted, image, code=78)
    assert word.read_text().startswith("error[MAC111]: the environment variable PORT must be a port")


def as_a_whole_it_works_for_anybody(docker: PrivateDocker, image: str, version: str) -> None:
    port = free_port()
    state = ("--tmpfs", "/var/lib/macaron")
    with running(docker, image, port, *ANYBODY, *state) as container:
        answers(port, "/health/ready")
        assert asked(port, "/version")["version"] == version
        the_task_runs(docker, port, container)
        orphans_are_reaped(docker, container)
        assert "web: answers" in docker.run("docker", "exec", container, *health_check(docker, image))


def each_part_works_alone(docker: PrivateDocker, image: str, folder: Path) -> None:
    port = free_port()
    state = folder / "state"
    state.mkdir(mode=0o777)
    state.chmod(0o777)
    shared = (*ANYBODY, "--volume", f"{state}:/var/lib/macaron")
    with (
        running(docker, image, port, *shared, words=("--only", "broker")) as broker,
        running(docker, image, port, *shared, words=("--only", "worker", "--pool", "default")) as worker,
        running(docker, image, port, *shared, words=("--only", "web")) as web,
    ):
        answers(port, "/health/ready")
        the_task_runs(docker, port, worker)
        for container in (broker, worker, web):
            orphans_are_reaped(docker, container)
            assert "pid_one.py" in docker.run("docker", "exec", container, "cat", "/proc/1/cmdline")


def the_same_is_not_built_again(docker: PrivateDocker, folder: Path, reference: str) -> None:
    said = docker.run(*MACARON, "build", "--push", cwd=folder)
    assert said.endswith(f"is in the registry, nothing to build\n{reference}\n")
    assert "docker build " not in said


def new_code_installs_nothing(docker: PrivateDocker, folder: Path) -> None:
    with (folder / "helloworld/api.py").open("a") as file:
        file.write("# changed\n")
    docker.run(*MACARON, "build", cwd=folder, code=2)
    said = docker.run(*MACARON, "build", "--allow-dirty", cwd=folder)
    installing = re.search(r"#(\d+) \[build \d+/\d+\] RUN.* pip .* install ", said)
    assert installing is not None
    assert f"#{installing[1]} CACHED\n" in said
    assert said.endswith("-dirty\n")


@contextmanager
def running(
    docker: PrivateDocker, image: str, port: int, *options: str, words: tuple[str, ...] = ()
) -> Iterator[str]:
    """Run a container, and stop it: it must end by itself, in time, with 0."""
    where = ("--network", "host", "--env", f"PORT={port}", *ENVIRONMENT)
    container = docker.run("docker", "run", "--detach", *where, *options, image, *words).strip()
    yield container
    begun = time.monotonic()
    docker.run("docker", "stop", "--time", "50", container)
    assert time.monotonic() - begun < 45
    assert docker.run("docker", "inspect", "--format", "{{.State.ExitCode}}", container) == "0\n"


def answers(port: int, path: str) -> None:
    def is_there() -> bool:
        try:
            asked(port, path)
        except OSError:
            time.sleep(0.1)
            return False
        return True

    wait_for(path, is_there)


def asked(port: int, path: str) -> dict[str, str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as answer:
        found: dict[str, str] = json.load(answer)
        return found


def the_task_runs(docker: PrivateDocker, port: int, container: str) -> None:
    code = asked(port, "/async")["message"].split()[-1]
    read = ("docker", "exec", container, "sh", "-c", "cat /tmp/helloworld-async.txt 2>/dev/null || true")
    wait_for("the task", lambda: docker.run(*read) == code)


def orphans_are_reaped(docker: PrivateDocker, container: str) -> None:
    docker.run("docker", "exec", container, "sh", "-c", "(sleep 0.1 &); (sleep 0.1 &)")
    top = ("docker", "top", container, "-eo", "pid,stat,args")
    wait_for("the orphans' end", lambda: not re.search(r"sleep|defunct", docker.run(*top)))


def health_check(docker: PrivateDocker, image: str) -> list[str]:
    """Return the command by which Docker sees whether a container fares well."""
    (told,) = json.loads(docker.run("docker", "image", "inspect", image))
    kind, *words = told["Config"]["Healthcheck"]["Test"]
    assert kind == "CMD"
    return list(words)
