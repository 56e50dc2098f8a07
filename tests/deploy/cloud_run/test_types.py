"""What is rendered is what Google's own types take, to the last field and enumeration."""

from __future__ import annotations

import pytest

from macaron_runner.deploy.cloud_run.render import render, resources_in
from macaron_runner.deploy.cloud_run.resources import Resources
from tests.deploy.cloud_run.setting import FILE
from tests.deploy.planned import plan_of

pytestmark = pytest.mark.slow  # importing them takes seconds


@pytest.fixture(params=["live", "small"])
def resources(request: pytest.FixtureRequest) -> Resources:
    return resources_in(render(plan_of(FILE, request.param)))


def test_every_resource_is_one_of_googles_types(resources: Resources) -> None:
    run_v2 = pytest.importorskip("google.cloud.run_v2", reason="google-cloud-run is not installed")
    from google.protobuf import json_format

    service = json_format.ParseDict(resources.service, run_v2.Service.pb()())
    assert service.template.containers[0].startup_probe.http_get.path == "/health/startup"
    for pool in resources.pools:
        parsed = json_format.ParseDict(pool, run_v2.WorkerPool.pb()())
        assert parsed.instance_splits[0].percent == 100
    if resources.before is not None:
        job = json_format.ParseDict(resources.before, run_v2.Job.pb()())
        assert list(job.template.template.containers[0].command) == ["python", "-m", "shop.migrate"]


def test_a_field_that_google_does_not_know_is_noticed(resources: Resources) -> None:
    run_v2 = pytest.importorskip("google.cloud.run_v2", reason="google-cloud-run is not installed")
    from google.protobuf import json_format

    with pytest.raises(json_format.ParseError):
        json_format.ParseDict({**resources.service, "traffick": []}, run_v2.Service.pb()())
