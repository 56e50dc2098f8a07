"""Names of environments, versions and objects: what the API's limits say."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macaron_runner.deploy.beanstalk.names import live_prefix, release_prefix, version_label


@pytest.mark.parametrize(
    ("application", "cname", "prefix"),
    [
        ("Acme Shop", None, "acme-shop"),
        ("Acme Shop", "shop", "shop"),
        ("api", None, "api-app"),
        ("ÅÄÖ", None, "app"),
    ],
)
def test_the_live_address(application: str, cname: str | None, prefix: str) -> None:
    assert live_prefix(application, cname) == prefix


@given(st.text("abc012-", min_size=2, max_size=60).map("s{}p".format), st.integers(1, 10**6))
def test_names_of_environments_are_valid_and_differ_by_number(live: str, number: int) -> None:
    name = release_prefix(live, number)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{2,38}[a-z0-9]", name)
    assert name != release_prefix(live, number + 1)
    assert name.endswith(f"-{number}")


@given(st.text(min_size=1, max_size=200), st.text("0123456789abcdef", min_size=64, max_size=64))
def test_labels_of_versions_are_valid(version: str, digest: str) -> None:
    label = version_label(version, f"sha256:{digest}")
    assert re.fullmatch(r"[A-Za-z0-9_.+-]{1,100}", label)
    assert label.endswith(digest[:12])
