"""The value types of `build`, `deploy` and `audit`: names in clusters and clouds, hosts, regions. Pure.

Not for values that other keys have as well (values).
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from macaron_runner.configuration.values import Form, Whole

_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

Namespace: TypeAlias = Annotated[
    str,
    Form(
        "[a-z0-9]([a-z0-9-]*[a-z0-9])?",
        "a namespace (lower-case letters, digits and -, first and last no -, at most 63)",
        63,
    ),
]
"""RFC 1123 label in lower case."""
ObjectName: TypeAlias = Annotated[
    str,
    Form(
        r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?",
        "the name of a Kubernetes object (lower-case letters, digits, - and ., first and last a letter or digit)",
        253,
    ),
]
"""RFC 1123 subdomain in lower case."""
GatewayName: TypeAlias = Annotated[
    str,
    Form(
        r"([a-z0-9]([a-z0-9-]*[a-z0-9])?/)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?",
        "the name of a Gateway, perhaps with its namespace: infra/public",
        317,
    ),
]
"""A Gateway: `name` in the service's namespace, `namespace/name` in another."""
AnnotationName: TypeAlias = Annotated[
    str,
    Form(
        r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?",
        "the name of an annotation, as cert-manager.io/cluster-issuer",
        317,
    ),
]
"""A prefix that is a DNS subdomain, and a name (kubernetes.io, "Annotations")."""
HostName: TypeAlias = Annotated[
    str, Form(rf"{_LABEL}(\.{_LABEL})*", "the name of a host, as shop.example.com", 253)
]
"""RFC 1123 section 2.1."""
Machine: TypeAlias = Annotated[
    str,
    Form(
        rf"({_LABEL}(\.{_LABEL})*|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+)",
        "a host's name or IP address, without user",
        253,
    ),
]
"""A host's name (RFC 1123 section 2.1), IPv4 or IPv6 address."""
Context: TypeAlias = Annotated[
    str, Form(r"[^\s\x00-\x1f]+", "the name of a context of kubectl, without spaces")
]
"""What `kubectl config get-contexts` lists."""
GoogleProject: TypeAlias = Annotated[
    str,
    Form(
        r"([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]",
        "the id of a Google Cloud project (6 to 30 lower-case letters, digits and -), not its number or title",
    ),
]
"""A project's id, perhaps within a domain: example.com:shop-live."""
GoogleRegion: TypeAlias = Annotated[
    str, Form("[a-z]+-[a-z]+[0-9]+", "a region of Google Cloud, as europe-west1 (not a zone)")
]
"""A region of Google Cloud."""
AmazonRegion: TypeAlias = Annotated[
    str, Form("[a-z]{2}(-[a-z]+)+-[0-9]", "a region of AWS, as eu-west-1 (not a zone)")
]
"""A region of AWS."""
Certificate: TypeAlias = Annotated[
    str,
    Form(
        r"arn:aws[a-z-]*:(acm|iam):[a-z0-9-]*:[0-9]{12}:(server-)?certificate/\S+",
        "the ARN of a certificate in ACM or IAM, as arn:aws:acm:eu-west-1:123456789012:certificate/…",
        2048,
    ),
]
"""A certificate of AWS."""
OptionNamespace: TypeAlias = Annotated[
    str, Form(r"aws:[A-Za-z0-9:_.-]+", "a namespace of option settings, as aws:ec2:vpc")
]
"""What Elastic Beanstalk's option settings are sorted by."""
Bucket: TypeAlias = Annotated[
    str,
    Form(
        r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "the name of an S3 bucket (3 to 63 lower-case letters, digits, - and .)",
        63,
    ),
]
"""An S3 bucket."""
ApplicationName: TypeAlias = Annotated[
    str, Form(r"[^/\x00-\x1f]+", "the name of an Elastic Beanstalk application, without /", 100)
]
"""An application of Elastic Beanstalk."""
AddressPrefix: TypeAlias = Annotated[
    str,
    Form(
        "[a-z](?=.{3})([a-z0-9-]*[a-z0-9])?",
        "the first label of an address (4 to 40 lower-case letters, digits and -, first a letter, last no -)",
        40,
    ),
]
"""A CNAME prefix of Elastic Beanstalk; what names of environments are made of as well."""
ServiceName: TypeAlias = Annotated[
    str,
    Form(
        "[a-z]([a-z0-9-]*[a-z0-9])?",
        "the name of a Cloud Run service (lower-case letters, digits and -, first a letter, last no -, at most 49)",
        49,
    ),
]
"""A service of Cloud Run."""
ServiceAccount: TypeAlias = Annotated[
    str, Form(r"[^\s@]+@[^\s@]+\.[^\s@]+", "the e-mail address of a service account")
]
"""A service account of Google Cloud."""
UserName: TypeAlias = Annotated[
    str, Form(r"[a-z_][a-z0-9_-]*\$?", "the name of a user (lower-case letters, digits, - and _)", 32)
]
"""A user of the machine, as useradd(8) takes it."""
Folder: TypeAlias = Annotated[
    str, Form(r"/[^\x00-\x1f]*[^/\x00-\x1f]", "the absolute path of a folder, as /srv/shop")
]
"""A folder on another machine."""
Platform: TypeAlias = Annotated[
    str, Form("linux/[a-z0-9]+(/[a-z0-9]+)?", "a platform, as linux/amd64 or linux/arm64/v8")
]
"""A platform that an image can be built for (OCI image specification, image index)."""
LabelName: TypeAlias = Annotated[
    str, Form("[a-z0-9]+([._-]+[a-z0-9]+)*", "the name of an image's label, as org.example.team")
]
"""A label's name: lower-case letters, digits, dots and hyphens."""
Reason: TypeAlias = Annotated[str, Form(r"[\s\S]*\S[\s\S]*\S[\s\S]*\S[\s\S]*", "a reason, in words", 2000)]
"""Why something is as it is."""
Percent: TypeAlias = Annotated[int, Whole(1, 100)]
"""A part of a hundred."""
