"""A sample of public documents taken all the way: they are read, their models built, all that they promise compiled.

All of them: python -m tests.support.judge_public_documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.support.judged_document import Judged, judge
from tests.support.public_documents import github_document, unpack

pytestmark = pytest.mark.slow

FINE: Final[frozenset[str]] = frozenset()
SAMPLE: Mapping[str, Mapping[str, frozenset[str]]] = {
    "swagger-2.0": {
        "azure.com/network-publicIpAddress/2018-10-01.json": frozenset({"MAC304"}),
        "bbc.co.uk/1.0.0.json": FINE,
        "kubernetes.io/v1.10.0.json": FINE,
        "netlify.com/2.16.0.json": FINE,
        "avaza.com/v1.json": frozenset({"MAC314"}),
        "wikimedia.org/1.0.0.json": FINE,
    },
    "openapi-3.0": {
        "asana.com/1.0.json": FINE,
        "bitbucket.org/2.0.json": FINE,
        "wordnik.com/4.0.json": FINE,
        "slack.com/1.7.0.json": FINE,
        "opensuse.org/obs/2.10.50.json": frozenset({"MAC370"}),
        "getpostman.com/1.20.0.json": FINE,
        "docker.com/engine/1.33.json": FINE,
        "box.com/2.0.0.json": FINE,
        "circleci.com/v1.json": FINE,
        "clicksend.com/1.0.0.json": frozenset({"MAC317"}),
        "digitalocean.com/2.0.json": frozenset({"MAC324"}),
        "docker.com/hub/beta.json": FINE,
        "googleapis.com/calendar/v3.json": FINE,
        "googleapis.com/logging/v2.json": frozenset({"MAC319"}),
        "github.com/v0.1.json": FINE,
        "icons8.com/1.0.0.json": frozenset({"MAC317"}),
        "linode.com/4.151.1.json": FINE,
        "plaid.com/2020-09-14_1.345.1.json": FINE,
        "reverb.com/3.0.json": frozenset({"MAC319"}),
        "spotify.com/1.0.0.json": FINE,
        "stripe.com/2022-11-15.json": FINE,
        "telnyx.com/2.0.0.json": frozenset({"MAC376"}),
        "trello.com/1.0.json": frozenset({"MAC319"}),
        "twitter.com/current/2.62.json": FINE,
        "xkcd.com/1.0.0.json": FINE,
        "nexmo.com/messages-olympus/1.4.0.json": FINE,
        "amazonaws.com/s3/2006-03-01.json": FINE,
    },
    "openapi-3.1": {
        "adyen.com/BalancePlatformService/2.json": FINE,
        "discourse.local/latest.json": FINE,
        "exoapi.dev/1.0.0.json": FINE,
        "listennotes.com/2.0.json": FINE,
        "placekit.co/1.0.0.json": FINE,
        "vercel.com/0.0.1.json": FINE,
    },
}
"""Documents, each with the codes of the errors that are rightly found in it."""


@pytest.mark.parametrize("archive", SAMPLE)
def test_public_documents_can_be_served(archive: str, tmp_path: Path) -> None:
    sample = SAMPLE[archive]
    judged = [
        judge(*each) for each in unpack(tmp_path, sample.__contains__, [f"corpus/data/{archive}.tar.gz"])
    ]
    assert {each.name: {found.code for found in each.errors} for each in judged} == sample
    for each in judged:
        assert_can_be_served(each)


def test_the_document_of_github_can_be_served() -> None:
    judged = judge("github", github_document())
    assert judged.errors == []
    assert judged.operations > 1000
    assert_can_be_served(judged)


def assert_can_be_served(judged: Judged) -> None:
    """Show what failed; where nothing is wrong with a document, nothing of it is left out."""
    assert judged.failures == [], judged.name
    assert judged.left_out == 0 or judged.errors, judged.name
