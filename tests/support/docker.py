"""A Docker of the tests' own: its daemon, its images and a registry beside it, in a folder that goes with them.

Nothing of it needs a network, and nothing changes that of the machine: containers are in the machine's own, and the
base of images is made here (base_image).
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import urllib.request
from pathlib import Path
from types import TracebackType

from tests.support.base_image import base_image
from tests.support.guarded import Guarded
from tests.support.processes import PATIENCE, wait_for
from tests.support.programs import require
from tests.support.service import free_port

BASE = "python:3.12-slim"
_DAEMON = ("--iptables=false", "--ip-masq=false", "--bridge=none", "--storage-driver=overlay2")
_REGISTRY = """\
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


class PrivateDocker:
    """A daemon with BASE among its images, and a registry; `environment` leads the program docker to it."""

    def __init__(self) -> None:
        require("dockerd", "docker-registry")
        if os.geteuid():
            require("dockerd as somebody other than root")
        self._directory = tempfile.TemporaryDirectory(prefix="macaron-docker-", ignore_cleanup_errors=True)
        self.folder = Path(self._directory.name)
        self.registry = f"127.0.0.1:{free_port()}"
        # Debian's docker speaks to BuildKit by itself: a newer one before it on PATH would want a plugin for that.
        self.environment = {
            **os.environ,
            "DOCKER_HOST": f"unix://{self.folder}/docker.sock",
            "DOCKER_CONFIG": str(self.folder / "config"),
            "PATH": f"/usr/bin:{os.environ['PATH']}",
        }

    def __enter__(self) -> PrivateDocker:
        folder = self.folder
        places = (
            "--data-root",
            f"{folder}/data",
            "--exec-root",
            f"{folder}/exec",
            "--pidfile",
            f"{folder}/pid",
        )
        with (folder / "log").open("wb") as log:
            command = ["dockerd", *places, "--host", self.environment["DOCKER_HOST"], *_DAEMON]
            self._daemon = Guarded(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            settings = folder / "registry.yml"
            settings.write_text(
                _REGISTRY.format(folder=folder / "registry", port=self.registry.rpartition(":")[2])
            )
            served = ["docker-registry", "serve", str(settings)]
            self._registry = Guarded(served, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for("dockerd", lambda: self._answers("docker", "version"))
            self.run("docker", "import", "-", BASE, input=base_image())
        except BaseException:
            self._stop()
            print((folder / "log").read_text("utf-8", "replace"))
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for container in self.run("docker", "ps", "--all", "--quiet").split():
                if kind is not None:
                    print(self.run("docker", "logs", container))
                self.run("docker", "rm", "--force", container)
        finally:
            self._stop()

    def run(self, *words: str, input: bytes | None = None, code: int = 0, cwd: Path | None = None) -> str:  # noqa: A002
        """Return what a program says, on stdout and stderr; fail where its exit code is another."""
        done = subprocess.run(
            words,
            input=input,
            cwd=cwd,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=5 * PATIENCE,
            check=False,
        )
        said = done.stdout.decode("utf-8", "replace")
        assert done.returncode == code, f"{' '.join(words)} ended with {done.returncode}:\n{said}"
        return said

    def digest_of(self, name: str, tag: str) -> str:
        """Return the digest by which the registry knows an image."""
        accepted = {"Accept": "application/vnd.docker.distribution.manifest.v2+json"}
        request = urllib.request.Request(
            f"http://{self.registry}/v2/{name}/manifests/{tag}", headers=accepted
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return str(answer.headers["Docker-Content-Digest"])

    def _answers(self, *words: str) -> bool:
        assert self._daemon.poll() is None, "dockerd ended"
        done = subprocess.run(words, env=self.environment, capture_output=True, timeout=PATIENCE, check=False)
        return done.returncode == 0

    def _stop(self) -> None:
        for process in (self._registry, self._daemon):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(PATIENCE)
        # The network of the machine, which containers were in, is left mounted.
        mounted = f"{self.folder}/exec/netns/default"
        subprocess.run(["umount", mounted], capture_output=True, timeout=PATIENCE, check=False)
        self._directory.cleanup()
