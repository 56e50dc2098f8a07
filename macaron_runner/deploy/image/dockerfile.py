"""The Dockerfile of a service, made of a Recipe. Pure: the same recipe gives the same text.

Three stages: `base`, with what Dockerfile.extra adds; `build`, which installs the requirements and then takes the code;
and the image, which gets from both what they made, and nothing they made it with. What changes rarely comes first: new
code installs nothing, a new version builds nothing. Not for the folder it is built from (context).
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from macaron_runner.deploy.image.layout import APP
from macaron_runner.deploy.workloads import CONTAINER_PYTHON, CONTAINER_STATE, CONTAINER_USER, Places

VENV: Final = "/opt/venv"
_COMPILER: Final = (
    "RUN lacks=",
    'command -v cc >/dev/null || lacks="gcc libc-dev"',
    """test -e "$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h" """
    """|| lacks="$lacks python3-dev\"""",
    'test -z "$lacks" || if command -v apt-get; '
    "then apt-get update && apt-get install -y --no-install-recommends $lacks",
    "elif command -v apk; then apk add --no-cache $lacks",
    "fi",
)
"""Some packages are C to be compiled, macaron's HTTP parser among them, and small bases cannot do that."""
_PIP: Final = ("python3", "-m", "pip", "--python", CONTAINER_PYTHON, "install")
_MOUNTS: Final = (
    "--mount=type=cache,target=/root/.cache/pip,sharing=locked",
    "--mount=type=secret,id=pip",
    "--mount=type=secret,id=ca",
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an image is made of.

    `base` is what it stands on, by digest where that is known; `called`, how people call it. `requirements` are the
    files of requirements that are installed, as they stand below requirements/. `mounts`: the engine can lend files to
    one step (BuildKit and Buildah can).
    """

    service: str
    version: str
    base: str
    called: str
    requirements: tuple[str, ...]
    places: Places
    labels: Mapping[str, str] = field(default_factory=dict)
    extra: str = ""
    port: int | None = None
    mounts: bool = True


def dockerfile(recipe: Recipe) -> str:
    """Return the text of the Dockerfile."""
    stages = (_base(recipe), _build(recipe), _image(recipe))
    return "\n\n".join("\n".join(stage) for stage in stages) + "\n"


def _base(recipe: Recipe) -> Iterator[str]:
    yield f"# Written by macaron for {recipe.service}, anew for each build; Dockerfile.extra adds to it."
    yield f"# The base is {recipe.called}."
    yield f"FROM {recipe.base} AS base"
    yield "USER 0"
    if recipe.extra.strip():
        yield recipe.extra.strip("\n")


def _build(recipe: Recipe) -> Iterator[str]:
    yield "FROM base AS build"
    yield "USER 0"
    yield "WORKDIR /build"
    yield "ENV PIP_CONFIG_FILE=/run/secrets/pip PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore"
    yield "; \\\n    ".join(_COMPILER)
    yield f"RUN python3 -m venv --without-pip {VENV}"
    yield "COPY requirements/ ./"
    files = [word for name in recipe.requirements for word in ("--requirement", name)]
    yield " \\\n    ".join(["RUN", *(_MOUNTS if recipe.mounts else ()), shlex.join([*_PIP, *files])])
    yield f"COPY app/ {APP}/"
    yield f"RUN {CONTAINER_PYTHON} -m compileall -q --invalidation-mode unchecked-hash {APP} || true"


def _image(recipe: Recipe) -> Iterator[str]:
    yield "FROM base"
    yield "USER 0"
    yield f"RUN mkdir -p {CONTAINER_STATE} && chmod 1777 {CONTAINER_STATE}"
    yield f"COPY --from=build {VENV} {VENV}"
    yield f"COPY --from=build {APP} {APP}"
    yield f"WORKDIR {APP}"
    for name, value in _environment(recipe):
        yield f"ENV {name}={value if name == 'PATH' else _quoted(value)}"
    yield f"USER {CONTAINER_USER}:{CONTAINER_USER}"
    if recipe.port is not None:
        yield f"EXPOSE {recipe.port}"
    yield "STOPSIGNAL SIGTERM"
    yield "HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=3 \\"
    yield f"    CMD {json.dumps(['macaron', 'health', 'web', recipe.places.file])}"
    yield f"ENTRYPOINT {json.dumps(['macaron', 'run', recipe.places.file])}"
    yield from (f"LABEL {name}={_quoted(value)}" for name, value in sorted(recipe.labels.items()))
    yield f"ENV MACARON_VERSION={_quoted(recipe.version)}"


def _environment(recipe: Recipe) -> Iterator[tuple[str, str]]:
    yield "PATH", f"{VENV}/bin:$PATH"
    yield "HOME", "/tmp"  # noqa: S108 - whoever the user is, it can be written
    yield "PYTHONDONTWRITEBYTECODE", "1"
    yield "PYTHONUNBUFFERED", "1"
    yield "MACARON_CONFIG", recipe.places.file
    yield "MACARON_STATE_DIR", CONTAINER_STATE


def _quoted(value: str) -> str:
    """Return a value as LABEL and ENV take it: between quotes, where `$` names a variable."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return '"' + " ".join(escaped.split("\n")) + '"'
