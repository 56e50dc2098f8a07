"""kubectl for tests that run it thousands of times: the requests of the real one, without its process.

It knows the words that macaron says, and no others. That the real kubectl does the same on the same cluster is seen
in tests/deploy/kubernetes/test_real_kubectl.py. As Programs it can be given to Hands.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from macaron_runner.deploy.commands import Command
from macaron_runner.deploy.programs import Outcome
from tests.deploy.fakes.kubernetes.api import Request
from tests.deploy.fakes.kubernetes.resources import BUILT_IN, CUSTOM, Resource
from tests.deploy.fakes.kubernetes.server import Cluster
from tests.deploy.fakes.kubernetes.store import ApiError

_RESOURCES = {each.kind: each for each in BUILT_IN + CUSTOM}
_NAMES = {
    name: each
    for each in BUILT_IN + CUSTOM
    for name in (each.plural, each.kind.lower(), f"{each.plural}.{each.group}")
}


class Kubectl:
    """Programs, of which there is one."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def run(self, command: Command) -> Outcome:
        program, context, namespace, verb, *words = command.words
        assert (program, context) == ("kubectl", "--context=fake")
        flags = dict(word[2:].partition("=")[::2] for word in words if word.startswith("--"))
        names = [word for word in words if not word.startswith("--")]
        given = [json.loads(line) for line in (command.stdin or b"").splitlines()]
        try:
            output = getattr(self, f"_{verb}")(namespace.partition("=")[2], names, flags, given)
        except ApiError as error:
            return Outcome(1, b"", f"Error from server ({error.reason}): {error}".encode())
        return Outcome(0, output.encode())

    def lines(self, command: Command, *, patience: float | None = None) -> Generator[str | Outcome]:
        if "port-forward" in command.words:
            with served(self._cluster) as port:
                yield f"Forwarding from 127.0.0.1:{port} -> 8080"
                yield Outcome(0)
            return
        outcome = self.run(command)
        yield from outcome.output.decode().splitlines()
        yield outcome

    def _get(self, namespace: str, names: list[str], flags: dict, given: list[dict]) -> str:
        if not names:
            asked = [(self._resource(each).kind, each["metadata"]["name"]) for each in given]
            found = [each for kind, name in asked for each in self._one(namespace, kind, name)]
            return json.dumps({"items": found}) if found else ""
        kinds = [_NAMES[name].kind for name in names[0].split(",")]
        if len(names) > 1:
            (found) = self._one(namespace, kinds[0], names[1])
            if "go-template" in flags["output"]:
                return "".join(f"{key}\n" for each in found for key in each["data"])
            return json.dumps(found[0]) if found else ""
        query = {"labelSelector": flags.get("selector", ""), "fieldSelector": flags.get("field-selector", "")}
        lists = [self._ask("GET", _path(_RESOURCES[kind], namespace), query) for kind in kinds]
        return json.dumps({"items": [each for found in lists for each in found["items"]]})

    def _resource(self, found: dict) -> Resource:
        resource = _RESOURCES[found["kind"]]
        if resource not in self._cluster.resources:
            what = f'no matches for kind "{found["kind"]}" in version "{found["apiVersion"]}"'
            raise ApiError(404, "resource mapping not found", what)
        return resource

    def _one(self, namespace: str, kind: str, name: str) -> list[dict]:
        """Return an object in a list, an empty one where it is not there."""
        try:
            return [self._ask("GET", _path(_RESOURCES[kind], namespace, name))]
        except ApiError as error:
            if error.reason != "NotFound":
                raise
            return []

    def _apply(self, namespace: str, _: list[str], flags: dict, given: list[dict]) -> str:
        query = {
            "fieldManager": flags["field-manager"],
            "force": "true" if "force-conflicts" in flags else "false",
        }
        query |= {"dryRun": "All"} if flags.get("dry-run") else {}
        found = []
        for each in given:
            path = _path(self._resource(each), namespace, each["metadata"]["name"])
            found.append(self._ask("PATCH", path, query, each, "application/apply-patch+yaml"))
        return json.dumps({"items": found})

    def _create(self, namespace: str, _: list[str], flags: dict, given: list[dict]) -> str:
        return json.dumps(self._ask("POST", _path(_RESOURCES[given[0]["kind"]], namespace), {}, given[0]))

    def _replace(self, namespace: str, _: list[str], flags: dict, given: list[dict]) -> str:
        path = _path(_RESOURCES[given[0]["kind"]], namespace, given[0]["metadata"]["name"])
        return json.dumps(self._ask("PUT", path, {}, given[0]))

    def _delete(self, namespace: str, _: list[str], flags: dict, given: list[dict]) -> str:
        for each in given:
            if self._one(namespace, each["kind"], each["metadata"]["name"]):
                self._ask("DELETE", _path(_RESOURCES[each["kind"]], namespace, each["metadata"]["name"]))
        return ""

    def _logs(self, namespace: str, names: list[str], flags: dict, given: list[dict]) -> str:
        pods = _path(_RESOURCES["Pod"], namespace)
        chosen = names or [
            each["metadata"]["name"]
            for each in self._ask("GET", pods, {"labelSelector": flags["selector"]})["items"]
        ]
        return "".join(self._ask("GET", f"{pods}/{name}/log") for name in chosen)

    def _ask(
        self, method: str, path: str, query: dict | None = None, body: dict | None = None, kind: str = ""
    ) -> Any:
        request = Request(method, path, query or {}, kind, json.dumps(body).encode() if body else b"")
        status, document = self._cluster.answer(request)
        if status >= 400:
            assert isinstance(document, dict)
            raise ApiError(status, document["reason"], document["message"])
        return json.loads(json.dumps(document)) if isinstance(document, dict) else document


def _path(resource: Resource, namespace: str, *name: str) -> str:
    place = f"/namespaces/{namespace}" if resource.namespaced else ""
    return "/".join((f"{resource.root}{place}/{resource.plural}", *name))


@contextmanager
def served(cluster: Cluster) -> Iterator[int]:
    """Answer as the service would: that it is ready, and its version; yield the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            version = cluster.live_version()
            self.send_response(200 if version else 503)
            self.end_headers()
            self.wfile.write(json.dumps({"version": version}).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join(10)
