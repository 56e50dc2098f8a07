"""Stand-ins: a crash reporter that remembers, and a model as the envelope knows one."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from macaron_runner.context import Context, Service


@dataclass
class Parcel:
    """A model of the API `parcels`."""

    weight: int
    label: Any = None

    __macaron_api__ = "parcels"
    __macaron_name__ = "Parcel"

    def to_json(self):
        return {"weight": self.weight, "label": self.label}

    @classmethod
    def from_json(cls, data):
        return cls(**data)


APIS = {"parcels": SimpleNamespace(model=SimpleNamespace(Parcel=Parcel))}


@dataclass
class RecordingReporter:
    """A context.CrashReporter."""

    reports: list[tuple[BaseException, str, Context | None]] = field(default_factory=list)

    def __call__(self, error, *, error_id, context):
        self.reports.append((error, error_id, context))


def service_with(**parts: Any) -> Service:
    return Service(name="parcels", version="1", **{"apis": APIS, **parts})
