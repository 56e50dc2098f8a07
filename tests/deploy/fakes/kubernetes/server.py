"""The fake API server over HTTP on loopback, and what a test may ask of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tests.deploy.fakes.kubernetes.api import Api, Request
from tests.deploy.fakes.kubernetes.merging import Path as FieldPath
from tests.deploy.fakes.kubernetes.resources import BUILT_IN, CUSTOM
from tests.deploy.fakes.kubernetes.rollouts import Controllers, Fate, is_ready, version_of
from tests.deploy.fakes.kubernetes.store import ApiError, Store

CONTEXT = "fake"


class Cluster:
    """A cluster: `with cluster.serving(folder)` gives a kubeconfig whose one context is CONTEXT.

    `fates` says, by version, what becomes of pods; the others are good. Where `only` is a version, the quota has no
    room for another. `requests` is everything that was asked.
    """

    def __init__(
        self, *, version: str = "1.32", custom: bool = True, namespaces: tuple[str, ...] = ("shop",)
    ) -> None:
        self.store = Store()
        self.fates: dict[str, Fate] = {}
        self.only = ""
        self.requests: list[Request] = []
        self._faults: list[tuple[str, str, ApiError]] = []
        self._lock = threading.Lock()
        controllers = Controllers(self.store, self._fate)
        self.resources = BUILT_IN + (CUSTOM if custom else ())
        self.api = Api(self.resources, version, self.store, controllers)
        for name in namespaces:
            self.store.create(
                BUILT_IN[0], "", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            )

    def add_secret(self, namespace: str, name: str, *keys: str) -> None:
        data = dict.fromkeys(keys, "c2VjcmV0")
        metadata = {"name": name}
        self.store.create(
            BUILT_IN[2], namespace, {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}
        )

    def fail(
        self, method: str = "", end: str = "", *, status: int = 500, reason: str = "InternalError"
    ) -> None:
        """Let the next request to a path that ends so fail, once."""
        message = f"the request is refused: {reason}"
        self._faults.append((method, end, ApiError(status, reason, message)))

    def live_version(self, namespace: str = "shop", name: str = "shop-web") -> str:
        """Return the version of the pods that requests are led to, "" for none."""
        for pod in self.store.select("Pod", namespace):
            if pod["metadata"]["name"].startswith(f"{name}-") and is_ready(pod):
                return version_of(pod["spec"])
        return ""

    def _fate(self, version: str) -> Fate:
        if self.only not in ("", version):
            return Fate.QUOTA
        return self.fates.get(version, Fate.GOOD)

    def names(self, kind: str, namespace: str = "shop") -> list[str]:
        return [each["metadata"]["name"] for each in self.store.select(kind, namespace)]

    def object(self, kind: str, name: str, namespace: str = "shop") -> dict:
        return self.store.get((kind, namespace, name))

    def drift(self, kind: str, name: str, path: FieldPath, value: object, namespace: str = "shop") -> None:
        self.store.drift((kind, namespace, name), path, value)

    def versions(self, namespace: str = "shop") -> dict[str, str]:
        """Return the version that each Deployment says."""
        label = "app.kubernetes.io/version"
        found = self.store.select("Deployment", namespace)
        return {each["metadata"]["name"]: each["metadata"]["labels"].get(label, "") for each in found}

    @property
    def acted(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.requests if request.acts]

    @contextmanager
    def serving(self, folder: Path) -> Iterator[Path]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield _kubeconfig(folder, f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            server.server_close()
            thread.join(10)

    def answer(self, request: Request) -> tuple[int, object]:
        with self._lock:
            self.requests.append(request)
            try:
                self._fail_as_asked(request)
                return 201 if request.method == "POST" else 200, self.api.answer(request)
            except ApiError as error:
                return error.status, _status(error)

    def _fail_as_asked(self, request: Request) -> None:
        for fault in self._faults:
            method, end, error = fault
            if method in ("", request.method) and request.path.endswith(end):
                self._faults.remove(fault)
                raise error

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        cluster = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _do(self) -> None:
                url = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                kind = self.headers.get("Content-Type", "")
                request = Request(self.command, url.path, dict(parse_qsl(url.query)), kind, body)
                status, document = cluster.answer(request)
                content, kind = _as_bytes(document)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _do  # noqa: N815 - http.server's names

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def _as_bytes(document: object) -> tuple[bytes, str]:
    """Return the bytes of an answer, and their media type."""
    if isinstance(document, bytes):
        return document, "application/octet-stream"
    if isinstance(document, str):
        return document.encode(), "text/plain"
    return json.dumps(document).encode(), "application/json"


def _status(error: ApiError) -> dict:
    return {
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": str(error), "reason": error.reason, "code": error.status,
    }  # fmt: skip


def _kubeconfig(folder: Path, address: str) -> Path:
    place = folder / "kubeconfig"
    context = {"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT}}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": {"server": address}}],
        "users": [{"name": CONTEXT, "user": {}}],
        "contexts": [context],
    }
    place.write_text(json.dumps(document))
    return place
