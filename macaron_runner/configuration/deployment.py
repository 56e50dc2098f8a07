"""The keys `build`, `deploy` and `audit` of macaron.yaml: the image, where the service runs, what may stay unsafe.

Pure, as model. Not for what is wrong with several of them together (deployment_checks, targets), nor for deploying.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field

from macaron_runner.configuration.deployment_values import (
    AddressPrefix,
    AmazonRegion,
    AnnotationName,
    ApplicationName,
    Bucket,
    Certificate,
    Context,
    Folder,
    GatewayName,
    GoogleProject,
    GoogleRegion,
    HostName,
    LabelName,
    Machine,
    Namespace,
    ObjectName,
    OptionNamespace,
    Percent,
    Platform,
    Reason,
    ServiceAccount,
    ServiceName,
    UserName,
)
from macaron_runner.configuration.frozen import FrozenMap
from macaron_runner.configuration.section import Named, Section
from macaron_runner.configuration.values import (
    Duration,
    Flag,
    Form,
    Name,
    PathText,
    PositiveDuration,
    Share,
    Size,
    VariableName,
    Whole,
)


class Build(Section):
    """The container image of the service."""

    image: str | None = None
    """The image's name, with its registry and without tag: eu.gcr.io/acme/shop. The tag is the version."""
    base: str = "python:3.12-slim"
    """The image it is built upon; pinned by its digest where `base` ends in @sha256:…."""
    requirements: PathText | None = None
    """The file with its Python requirements, relative to this file; of a pyproject.toml its dependencies.
    Default: requirements.txt where there is one, else pyproject.toml."""
    platforms: tuple[Platform, ...] = ()
    """The platforms it is built for. Default: that of the machine which builds."""
    labels: Annotated[dict[LabelName, str], AfterValidator(FrozenMap)] = FrozenMap()
    """Labels beside org.opencontainers.image.*, which are set from service and build."""
    options: tuple[str, ...] = ()
    """Further words for the program that builds (docker, podman or buildah), as --network=host."""


class Scale(Section):
    """A number of instances that follows the load."""

    min: Annotated[int, Whole(0, 1000)] = 1
    """How many there are at least."""
    max: Annotated[int, Whole(1, 1000)]
    """How many there are at most."""
    cpu: Percent = 70
    """How busy their CPU is, in percent, before there are more of them."""


Instances: TypeAlias = Annotated[int, Whole(0, 1000)] | Scale
"""How many: a number, or from min to max."""


class PoolScale(Section):
    """How many of one worker pool's containers run at a target."""

    replicas: Instances = 1
    """How many: a number, or {min: …, max: …} by load."""
    cpu: Share | None = None
    """Cores each may use. Default: those of the target."""
    memory: Size | None = None
    """Memory each may use. Default: that of the target."""


class Target(Section):
    """Where the service is deployed to."""

    env: Name | None = None
    """The environment whose overlay it uses. Default: the file without overlay."""
    after: Name | None = None
    """The target that must have been deployed, and be healthy, before this one: staging before live."""
    timeout: Duration = 600.0
    """How long a deployment may take to become healthy before it is rolled back."""
    variables: Annotated[dict[VariableName, str], AfterValidator(FrozenMap)] = FrozenMap()
    """The environment there, in clear: what `${…}` of this file reads at the target, and nothing else."""
    secrets: Named[str] = FrozenMap()
    """Where the target's own store has a secret, by its name under `secrets`. Default: as its type says."""
    acceptance: tuple[str, ...] = ()
    """A command that must end with 0 before a release gets traffic. Default: `deploy.acceptance`."""
    keep: Annotated[int, Whole(1, 100)] = 5
    """How many releases stay there, the live one among them: what can be rolled back to."""


class Kubernetes(Target):
    """Deployments, a Service and an Ingress or Gateway in a Kubernetes cluster."""

    type: Literal["kubernetes"]
    """The kind of target: kubernetes, cloud_run, beanstalk, compose or systemd."""
    context: Context
    """The context of kubectl; always explicit, so that no deployment goes where kubectl happens to point."""
    namespace: Namespace
    """The namespace in which everything is made."""
    replicas: Instances = 2
    """Pods of the web server: a number, or {min: …, max: …} by load."""
    pools: Named[PoolScale] = FrozenMap()
    """Pods of worker pools, by the pool's name. Default: one each."""
    cpu: Share = 1.0
    """Cores a pod may use, as 0.5 or 500m."""
    memory: Size = 536870912
    """Memory a pod may use."""
    host: HostName | None = None
    """The public name. Default: none, the service is reached inside the cluster only."""
    ingress: Literal["ingress", "gateway"] = "ingress"
    """What leads requests from the host to the service."""
    gateway: GatewayName | None = None
    """The Gateway, as name or namespace/name, where `ingress` is gateway. Default: one of the service's own."""
    ingress_class: ObjectName | None = None
    """The class of the Ingress or Gateway, as gce or nginx. Default: the cluster's own."""
    certificate: ObjectName = "managed"
    """The TLS certificate of the host: managed (by Google's own load balancer), none, or the name of a TLS secret."""
    annotations: Annotated[dict[AnnotationName, str], AfterValidator(FrozenMap)] = FrozenMap()
    """Annotations of the Ingress, Gateway and HTTPRoute, as their controllers understand them."""
    service_account: ObjectName | None = None
    """The service account that pods run as. Default: one of their own, without rights."""
    pull_secret: ObjectName | None = None
    """The Secret with which the cluster pulls the image. Default: the rights of its nodes."""
    secret: ObjectName | None = None
    """The Secret whose keys are the service's secrets, where `secrets` says nothing else. Default: service.name."""
    keda: Flag = False
    """Scale worker pools by the length of their queues; KEDA must be there."""

    @property
    def is_google(self) -> bool:
        """Whether Google's own load balancer leads requests to it: by the class that is asked for, else the context."""
        if self.ingress_class is not None:
            return self.ingress_class.startswith("gce" if self.ingress == "ingress" else "gke-")
        return self.context.startswith("gke_")


class Network(Section):
    """A network of Google Cloud that the service may talk to."""

    network: str
    """The VPC network."""
    subnet: str | None = None
    """Its subnetwork. Default: that of the network's name."""
    egress: Literal["private", "all"] = "private"
    """What goes through it: only calls of private addresses, or all; then the network leads to the internet as well."""


class CloudRun(Target):
    """A service, with worker pools, on Google Cloud Run."""

    type: Literal["cloud_run"]
    """The kind of target: kubernetes, cloud_run, beanstalk, compose or systemd."""
    project: GoogleProject
    """The project's id."""
    region: GoogleRegion
    """The region, as europe-west1."""
    service: ServiceName | None = None
    """The name of the Cloud Run service. Default: service.name."""
    replicas: Scale = Scale.model_construct(min=0, max=10)
    """Instances of the web server, by load."""
    pools: Named[PoolScale] = FrozenMap()
    """Instances of worker pools, by the pool's name. Default: one each."""
    concurrency: Annotated[int, Whole(1, 1000)] = 80
    """Requests that one instance answers at a time."""
    cpu: Share = 1.0
    """Cores an instance may use, as 0.5 or 500m."""
    memory: Size = 536870912
    """Memory an instance may use."""
    billing: Literal["requests", "instances"] = "requests"
    """When the web has its CPU: while it answers, or always; what goes on between requests needs the latter."""
    request_timeout: PositiveDuration = 300.0
    """How long a request may take; an hour at most."""
    steps: tuple[Percent, ...] = ()
    """How much of the traffic a release gets at first, in percent, step by step: [10, 50]. Default: all at once."""
    step: PositiveDuration = 120.0
    """How long each of the steps lasts; a release that answers with 5xx then is undone."""
    before: tuple[str, ...] = ()
    """A command that is run once in the image of a release, before that starts: a migration. Not at a rollback."""
    ingress: Literal["all", "internal", "load_balancer"] = "all"
    """Where requests may come from: everywhere, the project's networks, or those and a load balancer."""
    public: Flag = False
    """Let everyone call it; otherwise Google asks callers for an identity first."""
    vpc: Network | None = None
    """The network through which it talks to others."""
    service_account: ServiceAccount | None = None
    """The service account it runs as. Default: that of the project's compute engine."""


class Beanstalk(Target):
    """An environment of AWS Elastic Beanstalk on its Docker platform; a new one for each release."""

    type: Literal["beanstalk"]
    """The kind of target: kubernetes, cloud_run, beanstalk, compose or systemd."""
    application: ApplicationName
    """The application."""
    region: AmazonRegion
    """The region, as eu-west-1."""
    bucket: Bucket
    """The S3 bucket for the bundles of its versions."""
    cname: AddressPrefix | None = None
    """The first label of its address under elasticbeanstalk.com, swapped at a release. Default: the application's."""
    profile: Name | None = None
    """The AWS profile that deploys. Default: what the AWS libraries find by themselves."""
    instance_type: Annotated[str, Form(r"[a-z0-9-]+\.[a-z0-9-]+", "a type of instance, as t3.small")] = (
        "t3.small"
    )
    """The machines."""
    instance_profile: str = "aws-elasticbeanstalk-ec2-role"
    """What the machines may do: an IAM instance profile."""
    service_role: str = "aws-elasticbeanstalk-service-role"
    """What Beanstalk may do: an IAM role."""
    replicas: Scale = Scale.model_construct(min=1, max=4)
    """Machines, by load; each runs the web, every worker pool and the scheduler."""
    certificate: Certificate | None = None
    """The TLS certificate of its load balancer, by ARN. Default: none, requests come in clear only."""
    keep_running: Annotated[int, Whole(0, 20)] = 1
    """Environments of former releases that go on running, to roll back in a minute; each costs what it always did."""
    settings: Annotated[
        dict[OptionNamespace, Annotated[dict[str, str], AfterValidator(FrozenMap)]], AfterValidator(FrozenMap)
    ] = FrozenMap()
    """Raw option settings, by namespace and name, as aws:ec2:vpc: {VPCId: vpc-1a2b}; they win over all others."""


class Compose(Target):
    """Containers on one host, by Docker Compose."""

    type: Literal["compose"]
    """The kind of target: kubernetes, cloud_run, beanstalk, compose or systemd."""
    host: Machine
    """The host, reached by ssh; localhost is this machine."""
    directory: Folder
    """The folder on the host that the files go to."""
    user: UserName | None = None
    """Who logs in there. Default: as ssh is set up."""
    beside: tuple[Literal["redis", "rabbitmq"], ...] = ()
    """What runs beside the service: redis, rabbitmq; hosts of these names, for tasks.broker."""
    port: Annotated[int, Whole(1, 65535)] | None = None
    """The port of the host that leads to the service. Default: the port of server.bind."""
    memory: Size | None = None
    """Memory each container may use. Default: all there is."""


class Systemd(Target):
    """Units of systemd on one host, without a container."""

    type: Literal["systemd"]
    """The kind of target: kubernetes, cloud_run, beanstalk, compose or systemd."""
    host: Machine
    """The host, reached by ssh; localhost is this machine."""
    directory: Folder
    """The folder on the host that the service and its Python packages go to."""
    user: UserName | None = None
    """Who logs in there. Default: as ssh is set up."""
    run_as: UserName | None = None
    """The user that the service runs as. Default: one that systemd makes up for it."""
    python: str = "python3"
    """The Python there that its environment is made with."""
    memory: Size | None = None
    """Memory the service may use. Default: all there is."""
    next_port: Annotated[int, Whole(1, 65535)] | None = None
    """The port, on loopback, at which a release is tried before it is live. Default: the one after server.bind's."""


AnyTarget: TypeAlias = Annotated[
    Kubernetes | CloudRun | Beanstalk | Compose | Systemd, Field(discriminator="type")
]
"""A target of one of the kinds, told by `type`."""


class Deploy(Section):
    """Where the service is deployed to."""

    tests: tuple[str, ...] = ()
    """A command that must end with 0 before anything is built, as [pytest, -q]; it runs beside this file."""
    acceptance: tuple[str, ...] = ()
    """A command that asks a release, at MACARON_URL, whether it is good; it runs here, and must end with 0."""
    targets: Named[AnyTarget] = FrozenMap()
    """Targets by name."""


class Ignore(Section):
    """One finding of `macaron audit` that is known, and may stay."""

    reason: Reason
    """Why it may stay; for those who come after."""
    paths: tuple[str, ...] = ()
    """Where: keys (auth.users, with all below it), operations (shop.create_order) or files; * stands for any text."""


class Audit(Section):
    """What `macaron audit` need not tell."""

    ignore: Annotated[dict[str, Ignore], AfterValidator(FrozenMap)] = FrozenMap()
    """Findings that may stay, by code."""
