"""What Beanstalk is given: a bundle that it and Docker Compose take, options of its API's form, no secret's value."""

import io
import json
import re
import stat
import subprocess
import tempfile
import zipfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from macaron_runner.configuration.deployment import Beanstalk
from macaron_runner.configuration.secrets import placeholder
from macaron_runner.deploy.beanstalk.bundle import pack, unpack
from macaron_runner.deploy.beanstalk.drift import live_files
from macaron_runner.deploy.beanstalk.options import environment_options
from macaron_runner.deploy.beanstalk.render import bundle_files, extension_options, options_of, render
from macaron_runner.deploy.files import Files
from tests.deploy.planned import plan_of, write_service
from tests.support.programs import require_compose

GOLDEN = Path(__file__).parent.parent / "golden/beanstalk/macaron.yaml"


def files_of(target: str) -> Files:
    return render(plan_of(GOLDEN, target))


def text_of(files: Files, path: str) -> str:
    return next(file.text for file in files if file.path == path)


def section(**keys: object) -> Beanstalk:
    given = {"type": "beanstalk", "application": "shop", "region": "eu-west-1", "bucket": "bundles", **keys}
    return Beanstalk.model_validate(given)


def test_the_same_plan_gives_the_same_bundle_byte_by_byte() -> None:
    one, other = (pack(bundle_files(files_of("live"))) for _ in range(2))
    assert one == other
    with zipfile.ZipFile(io.BytesIO(one)) as archive:
        assert archive.namelist() == sorted(archive.namelist())
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        hook = archive.getinfo(".platform/hooks/predeploy/10_macaron_secrets.sh")
        assert stat.S_IMODE(hook.external_attr >> 16) == 0o755


def test_a_bundle_is_unpacked_to_what_was_packed() -> None:
    files = bundle_files(files_of("live"))
    assert unpack(pack(files)) == files


def test_a_secret_wanted_as_a_file_is_fetched_before_the_containers_start() -> None:
    files = files_of("live")
    compose = yaml.safe_load(text_of(files, "bundle/docker-compose.yml"))
    assert all(
        "/opt/macaron/secrets/redis_password:/run/secrets/redis_password:ro" in service["volumes"]
        for service in compose["services"].values()
    )
    script = text_of(files, "bundle/.platform/hooks/predeploy/10_macaron_secrets.sh")
    variable = re.findall(r'"\$(\w+)"', script)[0]
    assert any(option.name == variable for option in extension_options_of(files))
    assert script == text_of(files, "bundle/.platform/confighooks/predeploy/10_macaron_secrets.sh")


def extension_options_of(files: Files) -> tuple[object, ...]:
    return extension_options(text_of(files, "bundle/.ebextensions/macaron.config").encode())


def test_settings_of_the_target_win() -> None:
    options = environment_options(
        section(settings={"aws:autoscaling:asg": {"MaxSize": "9"}, "aws:ec2:vpc": {"VPCId": "v"}})
    )
    values = {option[:2]: option.value for option in options}
    assert values["aws:autoscaling:asg", "MaxSize"] == "9"
    assert values["aws:autoscaling:asg", "MinSize"] == "1"
    assert values["aws:ec2:vpc", "VPCId"] == "v"


@pytest.mark.parametrize(
    ("machine", "architecture"),
    [
        ("t3.small", "x86_64"),
        ("t4g.small", "arm64"),
        ("m7gd.large", "arm64"),
        ("a1.medium", "arm64"),
        ("g5.xlarge", "x86_64"),
        ("g5g.xlarge", "arm64"),
    ],
)
def test_machines_of_arm_are_known_by_their_type(machine: str, architecture: str) -> None:
    values = {option[:2]: option.value for option in environment_options(section(instance_type=machine))}
    assert values["aws:ec2:instances", "SupportedArchitectures"] == architecture


def test_what_is_live_is_what_was_rendered_as_long_as_nobody_changes_it() -> None:
    files = files_of("live")
    options = options_of(files)
    in_force = [*options, *extension_options_of(files)]
    assert live_files(bundle_files(files), options, in_force) == files
    changed = [
        option._replace(value="x") if option.name == "HealthCheckPath" else option for option in in_force
    ]
    assert live_files(bundle_files(files), options, changed) != files


def test_options_are_as_the_api_takes_them() -> None:
    told = json.loads(text_of(files_of("live"), "options.json"))
    assert all(set(each) == {"Namespace", "OptionName", "Value"} for each in told)
    assert all(isinstance(each["Value"], str) for each in told)
    assert len({(each["Namespace"], each["OptionName"]) for each in told}) == len(told)


SECRETS = ["jwt_secret", "redis_password", "partner-keys"]
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/{}-a1B2c3"


@settings(max_examples=10)
@given(
    greeting=st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=30),
    as_files=st.sets(st.sampled_from(SECRETS)),
    data=st.data(),
)
def test_no_value_of_a_secret_is_in_any_file_and_variables_arrive_as_they_are(
    greeting: str, as_files: set[str], data: st.DataObject
) -> None:
    values = {
        name: data.draw(st.text("abc012", min_size=8).map("value-of-a-secret-{}".format), label=name)
        for name in SECRETS
    }
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        declared = {}
        for name, value in values.items():
            if name in as_files:
                (Path(folder) / name).write_text(value)
                declared[name] = {"file": name}
            else:
                patch.setenv(name.upper().replace("-", "_"), value)
                declared[name] = {"env": name.upper().replace("-", "_")}
        service = {
            "secrets": declared,
            "auth": {
                "users": {
                    "type": "jwt",
                    "issuer": "a",
                    "audience": "b",
                    "keys": {"main": {"secret": "${secret:jwt_secret}"}},
                }
            },
            "tasks": {
                "broker": "redis://:${secret:redis_password}@redis:6379/0",
                "when_broker_is_away": "refuse",
            },
            "config": {"keys": "${secret:partner-keys}"},
        }
        target = {
            "type": "beanstalk",
            "application": "shop",
            "region": "eu-west-1",
            "bucket": "acme-bundles",
            "variables": {"GREETING": greeting},
            "secrets": {name: ARN.format(name) for name in SECRETS},
        }
        file = write_service(Path(folder), json.dumps(target, ensure_ascii=False), yaml.safe_dump(service))
        files = render(plan_of(file, "live"))
    everything = b"\0".join(file.content for file in files)
    for name, value in values.items():
        assert value.encode() not in everything
        assert placeholder(name).encode() not in everything
        assert ARN.format(name).encode() in everything
    web = yaml.safe_load(text_of(files, "bundle/docker-compose.yml"))["services"]["web"]
    assert web["environment"]["GREETING"].replace("$$", "$") == greeting


@pytest.mark.slow
@pytest.mark.parametrize("target", ["staging", "live"])
def test_docker_compose_takes_the_file(target: str, tmp_path: Path) -> None:
    require_compose()
    for file in bundle_files(files_of(target)):
        place = tmp_path / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.content)
    (tmp_path / ".env").write_text("SHOP_JWT_SECRET=x\n")
    done = subprocess.run(
        ("docker", "compose", "config", "--format", "json"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    services = json.loads(done.stdout)["services"]
    assert services["web"]["ports"][0]["published"] == "80"
    assert services["web"]["environment"]["SHOP_JWT_SECRET"] == "x"
    if target == "staging":
        assert services["web"]["environment"]["GREETING"] == "that is 5 $$ please"  # $ is one in YAML
