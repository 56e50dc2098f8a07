"""AWS for tests: moto's S3 as it is, its Elastic Beanstalk with what it lacks, and the environments as one asks them.

    versions, environments, events, health, last lines, swaps, terminations: EBResponse of moto, extended here
    faults: a call that is refused, answered with 500, or whose answer gets lost after it was done
    the world: a proxy for HTTP that answers for http://<address>.eu-west-1.elasticbeanstalk.com as the environment
               that has the address at the time would

Time stands still until somebody looks: an environment comes a step further with each `describe_environments`. A bundle
is taken only if Beanstalk would take it. `Cloud.fate` says what becomes of environments that are made from then on.
"""

from __future__ import annotations

import http.server
import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

import yaml
from moto.core.responses import ActionResult, EmptyResult
from moto.elasticbeanstalk import urls
from moto.elasticbeanstalk.exceptions import ElasticBeanstalkException
from moto.elasticbeanstalk.responses import EBResponse
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.s3.models import s3_backends
from werkzeug.serving import make_server

REGION = "eu-west-1"
BUCKET = "acme-bundles"
ACCOUNT = "123456789012"
STEPS = 2
"""How often one looks at an environment before it is there, or gone."""


def invalid(message: str) -> ElasticBeanstalkException:
    return ElasticBeanstalkException("InvalidParameterValue", message)


@dataclass
class FakeEnvironment:
    """One environment; `fate` is what becomes of it: good, red, never, error, other-version, gone."""

    name: str
    prefix: str
    label: str
    options: dict[tuple[str, str], str]
    tags: dict[str, str]
    fate: str
    status: str = "Launching"
    health: str = "Grey"
    looks: int = 0
    version: str = ""

    @property
    def cname(self) -> str:
        return f"{self.prefix}.{REGION}.elasticbeanstalk.com"

    @property
    def is_there(self) -> bool:
        return self.status != "Terminated"

    @property
    def answers(self) -> bool:
        return self.status in ("Ready", "Updating") and self.health == "Green"

    def described(self) -> dict[str, Any]:
        return {
            "EnvironmentName": self.name,
            "EnvironmentId": f"e-{self.name}",
            "ApplicationName": "shop",
            "VersionLabel": self.label,
            "CNAME": self.cname,
            "Status": self.status,
            "Health": self.health,
        }


@dataclass
class Fault:
    """What happens to a call: `operation` as its action, or "put releases/000001" for S3; `times` it happens.

    `how` is "500", "lost" (it is done, the answer is a 500), "crash" (ours: the deployer dies) or an error's code.
    """

    operation: str
    how: str
    times: int = 1
    after: bool = False


@dataclass
class Cloud:
    """The account: everything that a test looks at, or sets."""

    environments: dict[str, FakeEnvironment] = field(default_factory=dict)
    versions: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    tails: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    taken_prefixes: set[str] = field(default_factory=set)
    fate: str = "good"
    bad_versions: set[str] = field(default_factory=set)
    quota: int = 100
    time: datetime = datetime(2026, 11, 28, 22, 0, tzinfo=UTC)
    lock: Any = field(default_factory=threading.RLock)

    def tell(self, name: str, severity: str, message: str) -> None:
        self.time += timedelta(seconds=1)
        self.events.append(
            {"EventDate": self.time, "Severity": severity, "Message": message, "EnvironmentName": name}
        )

    def holder(self, prefix: str) -> FakeEnvironment | None:
        there = (each for each in self.environments.values() if each.is_there and each.prefix == prefix)
        return next(there, None)

    def live_version(self, prefix: str) -> str:
        """Return the version that answers at an address, "" where nothing does."""
        holder = self.holder(prefix)
        return holder.version if holder is not None and holder.answers else ""

    def standing(self) -> list[str]:
        return sorted(
            each.name
            for each in self.environments.values()
            if each.status not in ("Terminating", "Terminated")
        )

    def look(self, environment: FakeEnvironment) -> None:
        """Bring an environment a step further."""
        environment.looks += 1
        if environment.looks < STEPS:
            return
        if environment.status == "Terminating":
            environment.status = "Terminated"
        elif environment.status == "Updating":
            environment.status = "Ready"
        elif environment.status == "Launching":
            self._launch(environment)

    def _launch(self, environment: FakeEnvironment) -> None:
        name, fate = environment.name, environment.fate
        if fate == "never":
            return
        if fate == "gone":
            environment.status = "Terminating"
            return
        environment.status = "Ready"
        environment.health = "Green" if fate in ("good", "other-version") else "Red"
        if fate == "other-version":
            environment.label = "sample"
        if fate == "error":
            self.tell(
                name,
                "ERROR",
                "[Instance: i-0aa] Command failed on instance. docker compose up: exit status 1.",
            )
        elif fate == "red":
            self.tell(
                name,
                "WARN",
                "Environment health has transitioned from Pending to Severe. ELB health is failing.",
            )
        else:
            self.tell(name, "INFO", f"Successfully launched environment: {name}")


CLOUD = Cloud()


def forget_all() -> Cloud:
    """Return the account as it is before anything was deployed; its bucket is empty."""
    CLOUD.__init__()  # type: ignore[misc]
    backend = s3_backends[ACCOUNT]["aws"]
    backend.reset()
    backend.create_bucket(BUCKET, REGION)
    World.tail = tail_of("web-1  | listening on 0.0.0.0:8080")
    return CLOUD


class FakeBeanstalk(EBResponse):
    """What moto's Beanstalk lacks."""

    def create_application_version(self) -> ActionResult:
        label, bundle = self._get_param("VersionLabel"), self._get_param("SourceBundle")
        if label in CLOUD.versions:
            raise invalid(f"Application Version {label} already exists.")
        content = s3_object(bundle["S3Bucket"], bundle["S3Key"])
        version = {
            "VersionLabel": label,
            "Status": "Processing",
            "Bundle": content,
            "SourceBundle": bundle,
            "Ends": "Processed" if CLOUD.fate != "unprocessed" and is_sound(content) else "Failed",
        }
        CLOUD.versions[label] = version
        return ActionResult({"ApplicationVersion": version})

    def describe_application_versions(self) -> ActionResult:
        found = [CLOUD.versions[each] for each in self._get_param("VersionLabels") if each in CLOUD.versions]
        told = [dict(version) for version in found]
        for version in found:
            version["Status"] = version["Ends"]
        return ActionResult({"ApplicationVersions": told})

    def delete_application_version(self) -> ActionResult:
        label = self._get_param("VersionLabel")
        if any(each.is_there and each.label == label for each in CLOUD.environments.values()):
            raise ElasticBeanstalkException("OperationInProgressFailure", f"{label} is deployed")
        CLOUD.versions.pop(label, None)
        return EmptyResult()

    def create_environment(self) -> ActionResult:
        name, prefix = self._get_param("EnvironmentName"), self._get_param("CNAMEPrefix")
        label = self._get_param("VersionLabel")
        if not 4 <= len(name) <= 40 or not 4 <= len(prefix) <= 63:
            raise invalid("names have 4 to 40 characters")
        there = [each for each in CLOUD.environments.values() if each.is_there]
        if any(each.name == name for each in there):
            raise invalid(f"Environment {name} already exists.")
        if CLOUD.holder(prefix) or prefix in CLOUD.taken_prefixes:
            raise invalid(f"DNS name ({prefix}) is not available.")
        if CLOUD.versions.get(label, {}).get("Status") != "Processed":
            raise invalid(f"No Application Version named '{label}' found.")
        if len(there) >= CLOUD.quota:
            raise ElasticBeanstalkException(
                "TooManyEnvironmentsException", "You have reached the maximum number of environments."
            )
        assert self._get_param("SolutionStackName") == "64bit Amazon Linux 2023 v4.6.0 running Docker"
        files = unzipped(CLOUD.versions[label]["Bundle"])
        environment = FakeEnvironment(
            name,
            prefix,
            label,
            {**options_of(files), **settings_of(self._get_param("OptionSettings") or [])},
            {each["Key"]: each["Value"] for each in self._get_param("Tags") or []},
            "error" if version_of(files) in CLOUD.bad_versions else CLOUD.fate,
            version=version_of(files),
        )
        CLOUD.environments[name] = environment
        CLOUD.tell(name, "INFO", "createEnvironment is starting.")
        return ActionResult(environment.described())

    def describe_environments(self) -> ActionResult:
        names = self._get_param("EnvironmentNames")
        found = [each for each in CLOUD.environments.values() if not names or each.name in names]
        for each in found:
            CLOUD.look(each)
        return ActionResult({"Environments": [each.described() for each in found if each.is_there]})

    def swap_environment_cnam_es(self) -> ActionResult:
        pair = [self._ready(f"{which}EnvironmentName") for which in ("Source", "Destination")]
        one, other = pair
        one.prefix, other.prefix = other.prefix, one.prefix
        for each in pair:
            each.status, each.looks = "Updating", 0
            CLOUD.tell(each.name, "INFO", "swapEnvironmentCNAMEs is starting.")
        return EmptyResult()

    def terminate_environment(self) -> ActionResult:
        environment = self._named("EnvironmentName")
        if environment.status not in ("Ready", "Launching"):
            raise invalid(
                f"Environment named {environment.name} is in an invalid state for this operation. Must be Ready."
            )
        environment.status, environment.looks = "Terminating", 0
        CLOUD.tell(environment.name, "INFO", "terminateEnvironment is starting.")
        return ActionResult(environment.described())

    def describe_events(self) -> ActionResult:
        name = self._get_param("EnvironmentName")
        events = [each for each in CLOUD.events if each["EnvironmentName"] == name]
        return ActionResult({"Events": events[::-1]})

    def describe_instances_health(self) -> ActionResult:
        environment = self._named("EnvironmentName")
        well = environment.health == "Green"
        machine = {
            "InstanceId": "i-0aa",
            "Color": environment.health,
            "HealthStatus": "Ok" if well else "Severe",
            "Causes": [] if well else ["ELB health is failing or not available."],
        }
        return ActionResult({"InstanceHealthList": [machine] if environment.status != "Launching" else []})

    def describe_configuration_settings(self) -> ActionResult:
        options = self._named("EnvironmentName").options
        settings = [
            {"Namespace": space, "OptionName": name, "Value": value}
            for (space, name), value in options.items()
        ]
        return ActionResult({"ConfigurationSettings": [{"OptionSettings": settings}]})

    def check_dns_availability(self) -> ActionResult:
        prefix = self._get_param("CNAMEPrefix")
        free = CLOUD.holder(prefix) is None and prefix not in CLOUD.taken_prefixes
        return ActionResult(
            {"Available": free, "FullyQualifiedCNAME": f"{prefix}.{REGION}.elasticbeanstalk.com"}
        )

    def request_environment_info(self) -> ActionResult:
        environment = self._named("EnvironmentName")
        sent = CLOUD.tails.setdefault(environment.name, [])
        CLOUD.time += timedelta(seconds=1)
        if environment.status != "Launching":
            url = f"http://logs.{environment.name}.test/tail?X-Amz-Signature=very-secret"
            sent.append(
                {"InfoType": "tail", "Ec2InstanceId": "i-0aa", "SampleTimestamp": CLOUD.time, "Message": url}
            )
        return EmptyResult()

    def retrieve_environment_info(self) -> ActionResult:
        environment = self._named("EnvironmentName")
        return ActionResult({"EnvironmentInfo": CLOUD.tails.get(environment.name, [])})

    def _named(self, parameter: str) -> FakeEnvironment:
        environment = CLOUD.environments.get(self._get_param(parameter))
        if environment is None or not environment.is_there:
            raise invalid(f"No Environment found for EnvironmentName = '{self._get_param(parameter)}'.")
        return environment

    def _ready(self, parameter: str) -> FakeEnvironment:
        environment = self._named(parameter)
        if environment.status != "Ready":
            raise invalid(
                f"Environment named {environment.name} is in an invalid state for this operation. Must be Ready."
            )
        return environment


def s3_object(bucket: str, key: str) -> bytes:
    found = s3_backends[ACCOUNT]["aws"].get_object(bucket, key)
    if found is None:
        raise invalid(f"Unable to download from S3 location (Bucket: {bucket} Key: {key}).")
    content: bytes = found.value
    return content


def s3_content(but: str) -> dict[str, bytes]:
    """Return what is in the bucket, but for keys that end so."""
    keys = s3_backends[ACCOUNT]["aws"].get_bucket(BUCKET).keys
    return {name: keys[name].value for name in keys if not name.endswith(but)}


def steal_lock(now: str) -> None:
    """Give the lock that somebody holds to somebody else, for ten minutes."""
    backend = s3_backends[ACCOUNT]["aws"]
    for name in [key for key in backend.get_bucket(BUCKET).keys if key.endswith("/lock")]:
        until = (datetime.fromisoformat(now) + timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
        told = {"by": "eve@other", "since": now, "until": until, "token": "eve"}
        backend.put_object(BUCKET, name, json.dumps(told).encode())


def unzipped(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def is_sound(content: bytes) -> bool:
    """Tell whether Beanstalk takes a bundle."""
    try:
        files = unzipped(content)
        options_of(files)
        return bool(yaml.safe_load(files["docker-compose.yml"])["services"]["web"])
    except (zipfile.BadZipFile, KeyError, yaml.YAMLError):
        return False


def options_of(files: dict[str, str]) -> dict[tuple[str, str], str]:
    """Return the options in the .ebextensions of a bundle."""
    told = [
        yaml.safe_load(text)["option_settings"]
        for path, text in files.items()
        if path.startswith(".ebextensions/")
    ]
    return {
        (space, name): value
        for each in told
        for space, values in each.items()
        for name, value in values.items()
    }


def settings_of(settings: list[dict[str, str]]) -> dict[tuple[str, str], str]:
    return {(each["Namespace"], each["OptionName"]): each["Value"] for each in settings}


def version_of(files: dict[str, str]) -> str:
    """Return the version that a bundle's web says it is."""
    web = yaml.safe_load(files["docker-compose.yml"])["services"]["web"]
    version: str = web["environment"]["MACARON_VERSION"]
    return version


class Faulty:
    """Before moto: counts the calls, and lets faults happen to them."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        with CLOUD.lock:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            call = called(environ, body)
            CLOUD.calls.append(call)
            fault = next((each for each in CLOUD.faults if each.times and each.operation in call), None)
            if fault is None:
                return list(self._application(environ, start_response))
            fault.times -= 1
            if fault.after:
                list(self._application(environ, lambda *_: lambda _: None))
            status, code = (
                ("500 Internal Server Error", "InternalFailure")
                if fault.how == "500"
                else ("400 Bad", fault.how)
            )
            start_response(status, [("Content-Type", "text/xml")])
            return [
                f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>".encode()
            ]


def called(environ: dict[str, Any], body: bytes) -> str:
    """Return what a call is in a word: its action, or for S3 "PUT <the last two parts of the key>"."""
    for pair in body.split(b"&"):
        if pair.startswith(b"Action="):
            return pair.partition(b"=")[2].decode()
    return f"{environ['REQUEST_METHOD']} {'/'.join(environ['PATH_INFO'].split('/')[-2:])}"


def tail_of(*lines: str, engine: str = "") -> str:
    """Return what a machine sends as its last lines: those of its containers, and of Beanstalk's engine there."""
    head = "-" * 38
    containers = "/var/log/eb-docker/containers/eb-current-app/stdouterr.log"
    parts = [("/var/log/eb-engine.log", engine), (containers, "\n".join(lines))]
    return "".join(f"{head}\n{path}\n{head}\n{text}\n" for path, text in parts)


class World(http.server.BaseHTTPRequestHandler):
    """A proxy that answers for the addresses of environments, and of what machines have sent."""

    tail: ClassVar[str] = ""

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        host = place.hostname or ""
        with CLOUD.lock:
            if host.startswith("logs."):
                self._answer(200, World.tail.encode())
                return
            holder = CLOUD.holder(host.partition(".")[0])
            if holder is None or not holder.answers:
                self._answer(503, b"{}")
                return
            told = {"name": "shop", "version": holder.version, "apis": [], "pym_env": ""}
            self._answer(200, json.dumps(told if place.path == "/version" else {"status": "ok"}).encode())

    def _answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named so in the library
        """Say nothing."""


class Silent(MotoRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


class Server(ThreadedMotoServer):
    """moto's server, with the extended Beanstalk and faults."""

    def _server_entry(self) -> None:
        urls.url_paths["{0}/$"] = FakeBeanstalk.dispatch
        application = Faulty(DomainDispatcherApplication(create_backend_app))
        self._server = make_server(self._ip_address, self._port, application, True, request_handler=Silent)
        self._server_ready_event.set()
        self._server.serve_forever()


@contextmanager
def running() -> Iterator[tuple[str, str]]:
    """Run AWS and the world; give the URL of each."""
    server = Server("127.0.0.1", 0, verbose=False)
    server.start()
    world = http.server.ThreadingHTTPServer(("127.0.0.1", 0), World)
    thread = threading.Thread(
        target=world.serve_forever, args=(0.05,), daemon=True
    )  # or it is waited for at the end
    thread.start()
    try:
        yield (
            "http://{}:{}".format(*server.get_host_and_port()),
            f"http://127.0.0.1:{world.server_address[1]}",
        )
    finally:
        world.shutdown()
        thread.join()
        world.server_close()
        server.stop()
