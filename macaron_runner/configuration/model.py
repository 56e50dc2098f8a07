"""macaron.yaml as frozen data: every key, its type, its default and its documentation.

The JSON Schema in schemas/ and the reference in the README are generated from these classes. Pure: no file,
no environment, no clock. Not for finding the values (source, interpolate, merge, load).
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator

from macaron_runner.configuration.clients import Client
from macaron_runner.configuration.deployment import Audit, Build, Deploy
from macaron_runner.configuration.frozen import FrozenMap
from macaron_runner.configuration.section import Named, NamedSome, Section, Several
from macaron_runner.configuration.values import (
    BasePath,
    Degrees,
    DnsLabel,
    DottedName,
    Duration,
    Flag,
    FreeList,
    FreeMap,
    FunctionName,
    Key,
    Later,
    Name,
    NotYet,
    PathText,
    Sensitive,
    SensitiveUrl,
    Size,
    TaskPattern,
    VariableName,
    Whole,
)

FORMAT_VERSION = 1
"""The value of the key `macaron` that this version reads."""

Algorithm: TypeAlias = Annotated[
    Literal["HS256"],
    NotYet(
        *("HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
        *("ES256", "ES256K", "ES384", "ES512", "EdDSA"),
    ),
]
"""What signs a token (RFC 7518 section 3.1). `none` is not among them and never will be."""


class Service(Section):
    """Who the service is."""

    name: DnsLabel
    """The service's name: a DNS label (lower-case letters, digits, hyphens)."""
    version: str | None = None
    """What `/version` says. Default: MACARON_VERSION, else date, count and id of the git commit, else "local"."""
    python_path: tuple[PathText, ...] = (".",)
    """Folders put before sys.path, relative to this file."""


class Variable(Section):
    """One variable of the environment that the file may read as `${NAME}`, with its type."""

    type: Literal["string", "integer", "number", "boolean", "host", "port", "url", "path"] = "string"
    """What the text must look like."""
    default: str | bool | int | float | None = None
    """Used when the variable is not set or empty; without one, reading an unset variable is an error."""
    description: str = ""
    """For the people who set it."""


class Secret(Section):
    """One secret, read as `${secret:name}`; give exactly one source, or only `generate`."""

    env: VariableName | None = None
    """The environment variable that holds it; an empty one counts as absent."""
    file: PathText | None = None
    """The file that holds it; one newline at its end is dropped, and an empty file counts as absent."""
    generate: Flag = False
    """Make one for development when the source is absent, and keep it in the state directory."""


class JwtKey(Section):
    """One key that tokens may be signed with."""

    secret: Key | None = None
    """The shared secret of HS256."""
    public_key: Later = None
    """A public key in PEM form; asymmetric algorithms are not available in this version."""
    jwks: Later = None
    """A JSON Web Key Set; not available in this version."""


class JwtVerifier(Section):
    """Checks JSON Web Tokens (RFC 7519), and issues them."""

    type: Annotated[Literal["jwt"], NotYet("api_key")]
    """The kind of verifier."""
    issuer: str
    """What `iss` must be."""
    audience: str
    """What `aud` must be or contain."""
    algorithms: Several[Algorithm] = ("HS256",)
    """The algorithms accepted."""
    keys: NamedSome[JwtKey]
    """Keys by `kid`. A token without kid is tried against the first; new tokens are signed with the first."""
    leeway: Duration = 30.0
    """How far clocks may differ."""
    token_lifetime: Duration = 86400.0
    """How long a token issued here is valid."""


class Api(Section):
    """One API that the service serves."""

    spec: PathText
    """The Swagger 2.0 or OpenAPI document, relative to this file; or a built-in one: macaron:crash."""
    handlers: DottedName | tuple[DottedName, ...] = ()
    """The modules in which operationIds are looked up, in order."""
    base_path: BasePath | None = None
    """What stands before every path. Default: basePath, or the path of servers[0], of the document."""
    security: Annotated[dict[str, str], AfterValidator(FrozenMap)] = FrozenMap()
    """Which verifier of `auth` checks which security scheme of the document; optional where only one fits."""
    on_missing_handler: Literal["error", "mock"] = "error"
    """What an operation without handler means: the start fails, or its answers are examples or made up (mock)."""
    validate_responses: Literal["enforce", "log", "none"] = "enforce"
    """A response that breaks the document is answered as 500, only logged, or not looked at."""
    share_models: Flag = False
    """Demand that models of one name in several sharing APIs have equal schemas, and make them one class."""
    strict: Flag = True
    """Refuse a document that breaks its own specification; false serves the operations that no error is about."""


class Format(Section):
    """A format of texts, as the documents of the service may name it beside the standard ones."""

    pattern: str | None = None
    """A regular expression (ECMA 262) that the text must match; `^` and `$` make it match the whole."""
    check: FunctionName | None = None
    """A function that gets the text and tells whether it fits; ValueError means no."""


class Http(Section):
    """How requests and answers behave in every API."""

    errors: Literal["macaron", "problem"] = "macaron"
    """The form of errors: macaron's own, or RFC 9457 application/problem+json."""
    body_limit: Size = 1048576
    """The largest body accepted; larger ones are answered with 413."""
    error_handler: FunctionName | None = None
    """A function that gets the error (MacaronError) and returns a response: a service's own error format."""
    cors: Later = None
    """Cross-origin rules; not available in this version."""
    compression: Later = None
    """Compression of answers; not available in this version."""
    docs: Later = None
    """Documentation pages; not available in this version."""
    rate_limits: Later = None
    """Limits per client; not available in this version."""


class Server(Section):
    """gunicorn, and how much of the machine it gets."""

    bind: str | Several[str] = "127.0.0.1:8080"
    """Where to listen: host:port, [ipv6]:port or unix:/path; several as a list. The default honours PORT."""
    workers: Literal["auto"] | Annotated[int, Whole(1, 1024)] = "auto"
    """Worker processes; auto counts from the container's CPU and memory (WEB_CONCURRENCY overrides auto)."""
    threads: Annotated[int, Whole(1, 1024)] = 4
    """Threads a worker."""
    timeout: Duration = 30.0
    """A worker that is silent for longer is killed and replaced."""
    graceful_timeout: Duration = 30.0
    """How long requests under way may take when the server stops."""
    worker: str = "auto"
    """The worker class: auto (gthread with a draining stop), or any gunicorn worker class."""
    settings: FreeMap = FrozenMap()
    """Raw gunicorn settings; names and types are checked, and none may restate a key above."""


class Pool(Section):
    """One process tree of Celery workers."""

    queues: Several[Name] = ("default",)
    """The queues it consumes."""
    concurrency: Literal["auto"] | Annotated[int, Whole(1, 1024)] = "auto"
    """Worker processes; auto counts from the container's CPU."""
    prefetch: Annotated[int, Whole(1, 1000)] = 1
    """Calls that each process may hold, the one it runs included; more is quicker for short tasks, uneven for long."""
    max_tasks_per_child: Annotated[int, Whole(1)] | None = None
    """Replace a worker process after so many tasks."""
    max_memory_per_child: Size | None = None
    """Replace a worker process that has grown larger."""
    health_bind: str | None = None
    """Where its worker answers /health/live and /health/ready over HTTP: as server.bind. Default: nowhere."""
    grace: Duration = 60.0
    """How long tasks under way may take when the pool stops; then they are ended and given back."""


class Sun(Section):
    """What the sun does, as seen from a place."""

    event: Literal[
        "dawn_astronomical", "dawn_nautical", "dawn_civil", "sunrise", "noon",
        "sunset", "dusk_civil", "dusk_nautical", "dusk_astronomical",
    ]  # fmt: skip
    """What is waited for; dawn begins and dusk ends with the sun 6, 12 or 18 degrees below the horizon."""
    latitude: Annotated[float, Degrees(90)]
    """Degrees north of the equator; negative ones are south of it."""
    longitude: Annotated[float, Degrees(180)]
    """Degrees east of Greenwich; negative ones are west of it."""


class Schedule(Section):
    """When a task runs by itself; give exactly one of cron, every and sun."""

    task: FunctionName
    """The task's full name, as shop.jobs.report."""
    cron: str | None = None
    """Five fields: minute, hour, day of month, month, day of week."""
    every: Duration | None = None
    """An interval; runs come at its multiples since 1970, as 6h at 0, 6, 12 and 18 o'clock UTC."""
    sun: Sun | None = None
    """An event of the sun; needs the extra macaron-runner[sun]."""
    time_zone: str = "UTC"
    """The IANA time zone in which cron is read; it cannot stand beside every or sun."""
    missed: Literal["run_once", "skip"] = "run_once"
    """What becomes of runs that came while no scheduler was at work: one for all of them, or none."""
    args: FreeList = ()
    """Positional arguments."""
    kwargs: FreeMap = FrozenMap()
    """Keyword arguments."""
    queue: Name | None = None
    """The queue it is sent to; default: the task's own."""


class Tasks(Section):
    """Background tasks on Celery."""

    broker: SensitiveUrl = Sensitive(("embedded",))
    """embedded (a private Valkey, run beside the service), or redis://…, rediss://…, amqp://…, amqps://…, sqs://…,
    gcpubsub://projects/…."""
    store: SensitiveUrl | None = None
    """The Redis that keeps results, idempotency keys and the scheduler's lock. Default: the broker, where it is one."""
    when_broker_is_away: Literal["refuse", "keep"] = "refuse"
    """What becomes of a call while the broker is away: an error at once, or it is kept in the state directory until the
    broker is back."""
    modules: tuple[DottedName, ...] = ()
    """Modules that define tasks; those of the APIs' handlers are looked through as well."""
    pools: NamedSome[Pool] = FrozenMap({"default": Pool.model_construct()})
    """Worker pools by name."""
    routes: Annotated[dict[TaskPattern, Name], AfterValidator(FrozenMap)] = FrozenMap()
    """Queues by patterns of task names, as shop.mail.*; the first that fits replaces the queue of the decorator."""
    schedules: Named[Schedule] = FrozenMap()
    """Tasks that run by themselves, by name."""
    settings: FreeMap = FrozenMap()
    """Raw Celery settings in lower case; names and types are checked."""


class Logs(Section):
    """The service's log, on stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severity written; MACARON_LOG_LEVEL overrides it."""
    format: Literal["text", "json"] = "text"
    """Lines for people or JSON objects for a collector."""
    access: Flag = True
    """One line a request."""


class Observability(Section):
    """How one sees what the service does."""

    logs: Logs = Logs.model_construct()
    """The log."""
    error_reporter: FunctionName | None = None
    """A function called with every unexpected error: (title, body) as texts."""
    slow_call: Duration | None = None
    """Requests that take longer are logged as slow and reported."""
    metrics: Later = None
    """Metrics; not available in this version."""
    traces: Later = None
    """Traces; not available in this version."""


class MacaronConfig(Section):
    """One service, as its macaron.yaml says."""

    macaron: Annotated[int, Whole(FORMAT_VERSION, FORMAT_VERSION)]
    """The version of this format."""
    extends: PathText | tuple[PathText, ...] = ()
    """Files that this one stands on, lowest first; merged below it while reading, so it is empty ever after."""
    service: Service
    """Who the service is."""
    vars: Annotated[dict[VariableName, Variable], AfterValidator(FrozenMap)] = FrozenMap()
    """Variables of the environment that the file may read, typed. PORT is predeclared."""
    secrets: Named[Secret] = FrozenMap()
    """Secrets and where they come from."""
    auth: Named[JwtVerifier] = FrozenMap()
    """Verifiers of credentials; which operation needs one is said by its document."""
    apis: NamedSome[Api]
    """The APIs served, by name. The built-in API ping is always among them."""
    formats: Named[Format] = FrozenMap()
    """Formats of the service's own, by name; documents of all versions may use them."""
    clients: Named[Client] = FrozenMap()
    """APIs of other services, by name: apipool.<name>.client calls them."""
    http: Http = Http.model_construct()
    """Requests and answers."""
    server: Server = Server.model_construct()
    """The HTTP server."""
    tasks: Tasks | None = None
    """Background tasks: without this key there is no broker and no worker."""
    observability: Observability = Observability.model_construct()
    """Logs and reports."""
    config: FreeMap = FrozenMap()
    """Free values for handlers: macaron_runner.config."""
    build: Build | None = None
    """The container image."""
    deploy: Deploy | None = None
    """Where it is deployed to."""
    audit: Audit = Audit.model_construct()
    """What is known to be unsafe, and may stay."""
