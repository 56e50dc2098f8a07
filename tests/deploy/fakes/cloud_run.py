"""A Cloud Run of our own: the Admin API v2 as far as a deployment uses it, with its rules and its way to fail.

Services, worker pools, jobs, revisions, traffic with tags, IAM policies, log entries; and the services' own addresses,
at which the revision that has the traffic, or the tag, answers `/health/ready` and `/version`. No time passes by
itself: what is under way goes on whenever the service or worker pool is asked for, `SLOW` times until its revision is
ready or failed.

Not for how it is reached (cloud_run_http).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

SLOW = 2
RESERVED = (
    "run.googleapis.com/",
    "cloud.googleapis.com/",
    "serving.knative.dev/",
    "autoscaling.knative.dev/",
)
OUTPUT_ONLY = ("conditions", "terminalCondition", "etag", "uid", "uri", "trafficStatuses", "generation")


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass
class Owner:
    """A service, a worker pool or a job."""

    name: str
    kind: str
    said: Json
    generation: int = 0
    reconciling: bool = False
    going: bool = False
    left: int = 0
    """How often it is asked for until what is under way has come to its end."""
    failure: str = ""
    newest: str = ""
    revisions: dict[str, Json] = field(default_factory=dict)
    latest_ready: str = ""
    policy: Json = field(default_factory=lambda: {"etag": "p0", "bindings": []})

    def said_without(self, annotation: str) -> Json:
        """Return what was said of it, but for one annotation."""
        annotations = self.said.get("annotations", {})
        kept = {key: text for key, text in annotations.items() if key != annotation}
        return copy.deepcopy({**self.said, "annotations": kept})

    @property
    def split(self) -> str:
        return "traffic" if self.kind == "services" else "instanceSplits"


@dataclass
class FakeCloudRun:
    """The state of one region. `fails` says which container never gets ready, and why: message by version."""

    base: str = "http://127.0.0.1:1"
    owners: dict[str, Owner] = field(default_factory=dict)
    executions: dict[str, list[Any]] = field(default_factory=dict)
    entries: list[Json] = field(default_factory=list)
    fails: dict[str, str] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    """Versions that answer requests with 500, once they have traffic."""
    unready: set[str] = field(default_factory=set)
    """Versions whose containers start, and answer 503 to /health/ready."""
    refusals: list[tuple[str, int, str, str]] = field(default_factory=list)
    """Answers given instead, once each: ("PATCH .*/services/shop", 500, "INTERNAL", "oops")."""
    lost_answers: list[str] = field(default_factory=list)
    """Requests that are done, once each, and answered with 500 nevertheless."""
    asked: list[str] = field(default_factory=list)
    full: bool = False
    """Whether a quota is used up: nothing new can be made."""
    tokens: list[str] = field(default_factory=list)
    """What requests to services showed, "" where they showed nothing."""
    before_patch: Callable[[str], None] | None = None
    """Called before each PATCH with its name: somebody else who is faster."""

    # What is asked

    def answer(self, method: str, name: str, query: dict[str, str], body: Json) -> Json:
        self.asked.append(f"{method} {name}")
        for index, (pattern, status, code, message) in enumerate(self.refusals):
            if re.fullmatch(pattern, f"{method} {name}"):
                del self.refusals[index]
                raise Refused(status, code, message)
        found = self._answer(method, name, query, body)
        for index, pattern in enumerate(self.lost_answers):
            if re.fullmatch(pattern, f"{method} {name}"):
                del self.lost_answers[index]
                raise Refused(500, "INTERNAL", "An internal error has occurred.")
        return found

    def _answer(self, method: str, name: str, query: dict[str, str], body: Json) -> Json:
        if name == "entries:list":
            return self._logged(body)
        if name.endswith(":run"):
            return self._run(self._owner(name.removesuffix(":run")))
        if "/executions/" in name:
            return self._execution(name)
        if name.endswith((":getIamPolicy", ":setIamPolicy")):
            return self._policy(name, body)
        if "/revisions" in name:
            return self._revisions(method, name)
        if method == "POST":
            return self._create(name, query, body)
        if method == "GET" and name.endswith(("/services", "/workerPools")):
            kind = name.rpartition("/")[2]
            shown = [self.shown(owner) for owner in self.owners.values() if owner.name.startswith(name)]
            return {kind: shown} if shown else {}
        owner = self._owner(name)
        if method == "GET":
            self.pass_time(owner)
            return self.shown(owner)
        if method == "DELETE":
            owner.going, owner.left = True, SLOW
            return {"name": f"{name}/operations/1"}
        return self._patch(owner, query.get("updateMask", ""), body)

    def _owner(self, name: str) -> Owner:
        if name not in self.owners:
            raise Refused(404, "NOT_FOUND", f"Resource '{name.rpartition('/')[2]}' of kind was not found")
        return self.owners[name]

    def _create(self, parent: str, query: dict[str, str], body: Json) -> Json:
        kind = parent.rpartition("/")[2]
        identity = query[{"services": "serviceId", "workerPools": "workerPoolId", "jobs": "jobId"}[kind]]
        if not re.fullmatch("[a-z]([a-z0-9-]{0,47}[a-z0-9])?", identity):
            raise Refused(400, "INVALID_ARGUMENT", f"{kind} id must use only lowercase letters, digits and -")
        name = f"{parent}/{identity}"
        if name in self.owners:
            raise Refused(409, "ALREADY_EXISTS", f"Resource '{identity}' already exists.")
        owner = Owner(name, kind, {})
        operation = self._patch(owner, "", body)
        self.owners[name] = owner
        return operation

    def _patch(self, owner: Owner, mask: str, body: Json) -> Json:
        if self.before_patch is not None:
            self.before_patch(owner.name)
        if owner.going:
            raise Refused(409, "ABORTED", f"{owner.name} is being deleted")
        if self.full and owner.kind != "jobs" and (not owner.generation or "template" in mask):
            raise Refused(
                429, "RESOURCE_EXHAUSTED", "Quota exceeded for total allowable CPU per project per region."
            )
        if body.get("etag") not in (None, self._etag(owner)):
            raise Refused(409, "ABORTED", "Conflict for resource: version does not match the etag")
        fields = mask.split(",") if mask else [key for key in body if key not in (*OUTPUT_ONLY, "name")]
        said = {**owner.said, **{key: copy.deepcopy(body.get(key)) for key in fields}}
        said = {key: value for key, value in said.items() if value is not None}
        self._check(owner, said)
        if owner.kind == "jobs":
            owner.said, owner.generation = said, owner.generation + 1
            return {"name": f"{owner.name}/operations/1", "metadata": self.shown(owner)}
        owner.newest = self._named_revision(owner, said["template"])
        owner.said, owner.generation = said, owner.generation + 1
        owner.reconciling, owner.left, owner.failure = True, SLOW, ""
        return {"name": f"{owner.name}/operations/1", "metadata": self.shown(owner)}

    def _check(self, owner: Owner, said: Json) -> None:
        for key in (*said.get("annotations", {}), *said["template"].get("annotations", {})):
            if key.startswith(RESERVED):
                raise Refused(400, "INVALID_ARGUMENT", f"annotation {key} is not supported in v2")
        shares = said.get(owner.split, [])
        if shares and sum(share.get("percent", 0) for share in shares) != 100:
            raise Refused(400, "INVALID_ARGUMENT", f"{owner.split}: percents must add up to 100")
        known = {*owner.revisions, said["template"].get("revision")}
        identity = owner.name.rpartition("/")[2]
        for share in shares:
            if share.get("revision", said["template"].get("revision")) not in known:
                raise Refused(400, "INVALID_ARGUMENT", f"Revision '{share['revision']}' is not found")
            if share.get("tag") and not 3 <= len(share["tag"]) <= 46 - len(identity):
                raise Refused(400, "INVALID_ARGUMENT", "traffic tag and service name are too long together")

    def _named_revision(self, owner: Owner, template: Json) -> str:
        """Return the revision of a template, made where there is none of its name yet."""
        identity = owner.name.rpartition("/")[2]
        name = template.get("revision") or f"{identity}-{owner.generation + 1:05}-abc"
        if not re.fullmatch(re.escape(identity) + "-[a-z0-9-]*[a-z0-9]", name) or len(name) > 63:
            raise Refused(400, "INVALID_ARGUMENT", f"revision name '{name}' is not valid")
        content = {key: value for key, value in template.items() if key != "revision"}
        if name not in owner.revisions:
            owner.revisions[name] = {"content": content, "state": "CONDITION_RECONCILING", "message": ""}
        elif owner.revisions[name]["content"] != content:
            message = f"Revision named '{name}' with different configuration already exists."
            raise Refused(409, "ALREADY_EXISTS", message)
        return name

    def pass_time(self, owner: Owner) -> None:
        """Let go on what is under way: by and by the newest revision gets ready, or fails."""
        owner.left -= 1
        if owner.left == 0 and owner.going:
            del self.owners[owner.name]
        if owner.left > 0 or not owner.reconciling:
            return
        owner.reconciling = False
        revision = owner.revisions[owner.newest]
        if revision["state"] == "CONDITION_RECONCILING":
            self._start(owner, owner.newest)
        if revision["state"] == "CONDITION_SUCCEEDED":
            owner.latest_ready = owner.newest
        else:
            owner.failure = revision["message"]

    def _start(self, owner: Owner, name: str) -> None:
        revision = owner.revisions[name]
        version = self.version_of(revision)
        role = revision["content"]["containers"][0]["name"]
        message = self.fails.get(version) or self.fails.get(f"{role} {version}")
        if message is None:
            revision["state"] = "CONDITION_SUCCEEDED"
            self.log(owner, name, f"{role} {version} has started")
            return
        revision |= {"state": "CONDITION_FAILED", "message": message}
        self.log(owner, name, "ImportError: no module named shop")

    def version_of(self, revision: Json) -> str:
        variables = revision["content"]["containers"][0].get("env", [])
        return next((each["value"] for each in variables if each["name"] == "MACARON_VERSION"), "")

    def _revisions(self, method: str, name: str) -> Json:
        owner_name, _, revision = name.partition("/revisions")
        owner = self._owner(owner_name)
        if not revision:
            return {"revisions": [self.shown_revision(owner, each) for each in owner.revisions]}
        short = revision.removeprefix("/")
        if short not in owner.revisions:
            raise Refused(404, "NOT_FOUND", f"Revision {short} was not found")
        if method == "DELETE":
            if short in {share.get("revision") for share in owner.said.get(owner.split, [])}:
                raise Refused(400, "FAILED_PRECONDITION", "The revision receives traffic")
            if short == next(reversed(owner.revisions)):
                raise Refused(400, "FAILED_PRECONDITION", "The latest revision cannot be deleted")
            del owner.revisions[short]
            return {"name": f"{owner.name}/operations/1", "done": True}
        return self.shown_revision(owner, short)

    def _run(self, job: Owner) -> Json:
        name = f"{job.name}/executions/{job.name.rpartition('/')[2]}-{len(self.executions):05}"
        self.executions[name] = [SLOW, copy.deepcopy(job.said)]
        return {"name": f"{job.name}/operations/1", "metadata": {"name": name}}

    def _execution(self, name: str) -> Json:
        """Tell how an execution of a job fares; its container fails where its version does."""
        execution = self.executions[name]
        execution[0] -= 1
        if execution[0] > 0:
            return {"name": name, "runningCount": 1}
        container = execution[1]["template"]["template"]["containers"][0]
        message = self.fails.get(f"before {self.version_of({'content': {'containers': [container]}})}")
        if message:
            self.log(Owner(name.partition("/executions/")[0], "jobs", {}), "", "Traceback: no such table")
        state = "CONDITION_FAILED" if message else "CONDITION_SUCCEEDED"
        completed = {"type": "Completed", "state": state, "message": message or ""}
        return {"name": name, "completionTime": "2026-11-28T12:00:00Z", "conditions": [completed]}

    def _policy(self, name: str, body: Json) -> Json:
        owner = self._owner(name.rpartition(":")[0])
        if name.endswith(":getIamPolicy"):
            return copy.deepcopy(owner.policy)
        if body["policy"].get("etag") != owner.policy["etag"]:
            raise Refused(409, "ABORTED", "There were concurrent policy changes.")
        owner.policy = {**copy.deepcopy(body["policy"]), "etag": f"{owner.policy['etag']}+"}
        return owner.policy

    # What is shown

    def _etag(self, owner: Owner) -> str:
        return f'"{owner.generation}"'

    def shown(self, owner: Owner) -> Json:
        """Return a service or worker pool as the API tells it: nothing of what is 0, false or empty."""
        state = "CONDITION_FAILED" if owner.failure else "CONDITION_SUCCEEDED"
        if owner.reconciling:
            state = "CONDITION_RECONCILING"
        ready = {"type": "Ready", "state": state, "message": owner.failure}
        told = {
            **owner.said,
            "name": owner.name,
            "etag": self._etag(owner),
            "uid": "0b1c",
            "generation": str(owner.generation),
            "reconciling": owner.reconciling,
            "terminalCondition": ready,
            "conditions": [{"type": "ConfigurationsReady", "state": state, "message": owner.failure}],
            "latestReadyRevision": f"{owner.name}/revisions/{owner.latest_ready}"
            if owner.latest_ready
            else "",
            "launchStage": "GA",
            "creator": "somebody@example.com",
        }
        if owner.kind == "services" and owner.said:
            told |= self._addresses(owner)
        shown: Json = _without_nothing(told)
        return shown

    def _addresses(self, owner: Owner) -> Json:
        identity = owner.name.rpartition("/")[2]
        statuses = []
        for share in self.shares(owner):
            tag = share.get("tag")
            statuses.append({**share, **({"uri": f"{self.base}/at/{tag}---{identity}"} if tag else {})})
        return {"uri": f"{self.base}/at/{identity}", "trafficStatuses": statuses}

    def shares(self, owner: Owner) -> list[Json]:
        """Return what has how much: what was said, but nothing to a revision that never got ready."""
        latest = {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}
        shares = owner.said.get(owner.split) or [latest]
        found = [{**share, "revision": share.get("revision") or owner.latest_ready} for share in shares]
        ready = [each for each in found if self._is_ready(owner, each["revision"])]
        return copy.deepcopy(ready)

    def _is_ready(self, owner: Owner, revision: str) -> bool:
        return owner.revisions.get(revision, {}).get("state") == "CONDITION_SUCCEEDED"

    def shown_revision(self, owner: Owner, short: str) -> Json:
        revision = owner.revisions[short]
        condition = {"type": "Ready", "state": revision["state"], "message": revision["message"]}
        if revision["state"] == "CONDITION_FAILED":
            condition["revisionReason"] = "HEALTH_CHECK_CONTAINER_ERROR"
        filled: Json = copy.deepcopy(revision["content"])
        filled.setdefault("serviceAccount", "123456789-compute@developer.gserviceaccount.com")
        filled["containers"][0].setdefault("workingDir", "")
        shown: Json = _without_nothing(
            {
                **filled,
                "name": f"{owner.name}/revisions/{short}",
                "conditions": [condition],
                "logUri": "https://console.cloud.google.com/logs",
                "launchStage": "GA",
            }
        )
        return shown

    # What containers do

    def log(self, owner: Owner, revision: str, line: str) -> None:
        kind = {"services": "revision", "workerPools": "worker_pool", "jobs": "job"}[owner.kind]
        label = "service_name" if owner.kind == "services" else f"{kind}_name"
        number = len(self.entries)
        self.entries.append(
            {
                "insertId": f"i{number}",
                "timestamp": f"2026-11-28T12:{number // 60:02}:{number % 60:02}Z",
                "textPayload": line,
                "severity": "ERROR",
                "resource": {
                    "type": f"cloud_run_{kind}",
                    "labels": {label: owner.name.rpartition("/")[2], "revision_name": revision},
                },
            }
        )

    def _logged(self, body: Json) -> Json:
        """Answer entries:list as far as our filters go: labels of one of several resources, a revision, a time."""
        chosen, _, rest = body["filter"].partition("))")
        if "httpRequest.status>=500" in rest:
            return {"entries": self._server_errors(rest)}
        label = r'resource\.labels\.(\w+)="([^"]*)"'
        each = [dict(re.findall(label, part + rest)) for part in chosen.split(" OR ")]
        since = re.search(r'timestamp>="([^"]*)"', body["filter"])
        found = [
            entry
            for entry in self.entries
            if any(wanted.items() <= entry["resource"]["labels"].items() for wanted in each)
            and (since is None or entry["timestamp"] >= since[1])
        ]
        if body.get("orderBy") == "timestamp desc":
            found.reverse()
        return {"entries": found[: body.get("pageSize", 1000)]} if found else {}

    def _server_errors(self, rest: str) -> list[Json]:
        named = re.search(r'revision_name="([^"]*)"', rest)
        assert named is not None
        for owner in self.owners.values():
            shared = {share["revision"] for share in self.shares(owner) if share.get("percent")}
            if named[1] in shared and self.version_of(owner.revisions[named[1]]) in self.failing:
                request = {"requestMethod": "GET", "requestUrl": f"{self.base}/orders", "status": 500}
                return [{"insertId": str(number), "httpRequest": request} for number in range(3)]
        return []

    def serve(self, host: str, path: str, headers: dict[str, str]) -> tuple[int, Json]:
        """Answer a request to a service's address ("shop") or to a tag's ("next---shop")."""
        tag, _, identity = host.rpartition("---")
        self.tokens.append(headers.get("X-Serverless-Authorization", ""))
        owner = next(
            (each for each in self.owners.values() if each.name.endswith(f"/services/{identity}")), None
        )
        shares = self.shares(owner) if owner is not None else []
        answering = [each for each in shares if (each.get("tag") == tag if tag else each.get("percent"))]
        if owner is None or not answering:
            return 404, {"error": "there is no such page"}
        version = self.version_of(owner.revisions[answering[0]["revision"]])
        if path == "/version":
            return 200, {"apis": [], "name": identity, "pym_env": "", "version": version}
        return (503, {"status": "draining"}) if version in self.unready else (200, {"status": "ok"})

    # What a test asks

    def live(self, kind: str, identity: str) -> dict[str, int]:
        """Return how much each version has, in percent."""
        owner = next(
            (each for name, each in self.owners.items() if name.endswith(f"/{kind}/{identity}")), None
        )
        if owner is None or owner.going:
            return {}
        found = {}
        for share in self.shares(owner):
            if share.get("percent"):
                found[self.version_of(owner.revisions[share["revision"]])] = share["percent"]
        return found


def _without_nothing(value: Any) -> Any:
    """Return JSON as protocol buffers write it: without 0, false, "" and what is empty (proto3 JSON mapping)."""
    if isinstance(value, dict):
        shown = {key: _without_nothing(item) for key, item in value.items()}
        return {
            key: item for key, item in shown.items() if item or (isinstance(item, str) and key == "value")
        }
    if isinstance(value, list):
        return [_without_nothing(item) for item in value]
    return value
