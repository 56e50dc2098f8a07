"""What is inside an image as a bill of materials: CycloneDX 1.6 (ECMA-424) in JSON. Pure: one image gives one text.

Not for finding it (contents).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from macaron_runner.deploy.files import json_text
from macaron_runner.deploy.workloads import Image

_NAMESPACE: Final = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")  # of URLs: RFC 9562 section 6.6


def bill_of_materials(
    contents: Mapping[str, Any], image: Image, identity: str, *, made_at: str, macaron: str
) -> str:
    """Return the bill of an image whose `contents` were found by contents.find.

    `identity` is the digest, or the engine's id of it; `made_at` when (RFC 3339); `macaron` the version that tells it.
    """
    name = image.name.rpartition("/")[2]
    return json_text(
        {
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, identity)}",
            "version": 1,
            "metadata": {
                "timestamp": made_at,
                "tools": {
                    "components": [{"type": "application", "name": "macaron-runner", "version": macaron}]
                },
                "component": {
                    "type": "container",
                    "bom-ref": "image",
                    "name": image.name,
                    "version": image.tag,
                    "purl": f"pkg:oci/{quote(name)}@{quote(identity, safe='')}?tag={quote(image.tag)}",
                },
            },
            "components": list(_components(contents)),
        }
    )


def _components(contents: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    system = contents.get("system", {})
    distribution = f"{system.get('id', '')}-{system.get('version_id', '')}".strip("-")
    if interpreter := contents.get("interpreter"):
        yield _component("application", "python", interpreter, f"pkg:generic/python@{interpreter}")
    for each in contents.get("python", ()):
        name = re.sub(
            r"[-_.]+", "-", each["name"]
        ).lower()  # the packaging user guide: Names and normalization
        url = f"pkg:pypi/{name}@{quote(each['version'])}"
        yield _component("library", each["name"], each["version"], url, _licenses(each))
    for kind, default in (("debian", "deb"), ("alpine", "apk")):
        for each in contents.get(kind, ()):
            where = f"arch={quote(each['architecture'])}" + (
                f"&distro={quote(distribution)}" if distribution else ""
            )
            owner = system.get("id", kind)
            url = f"pkg:{default}/{quote(owner)}/{quote(each['name'])}@{quote(each['version'])}?{where}"
            yield _component("library", each["name"], each["version"], url, _licenses(each))


def _component(
    kind: str, name: str, version: str, url: str, licenses: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    found: dict[str, Any] = {"type": kind, "bom-ref": url, "name": name, "version": version, "purl": url}
    return {**found, "licenses": list(licenses)} if licenses else found


def _licenses(each: Mapping[str, Any]) -> list[dict[str, Any]]:
    said = each.get("license")
    if not said:
        return []
    return [{"expression": said}] if each.get("expression") else [{"license": {"name": said}}]
