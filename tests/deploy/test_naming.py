"""Names fit where they go, and names that differ stay different."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macaron_runner.deploy.naming import dns_label, image_tag, label_value


def test_what_fits_stays_as_it_is() -> None:
    assert dns_label("shop", "worker", "mail") == "shop-worker-mail"
    assert label_value("20261128-421-3f2c9a1-dirty") == "20261128-421-3f2c9a1-dirty"
    assert image_tag("1.2.3") == "1.2.3"


def test_what_does_not_fit_keeps_its_beginning() -> None:
    assert re.fullmatch(r"shop-worker-big-mail-[0-9a-f]{8}", dns_label("shop", "worker", "Big_Mail"))
    assert re.fullmatch(r"1\.0-local-[0-9a-f]{8}", image_tag("1.0+local"))
    assert len(dns_label("a" * 80)) == 63


@pytest.mark.parametrize(
    ("make", "pattern"),
    [
        (dns_label, r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?"),
        (label_value, r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"),
        (image_tag, r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"),
    ],
)
@given(text=st.text(), other=st.text())
def test_whatever_the_text_its_name_fits_and_is_its_own(make, pattern: str, text: str, other: str) -> None:  # type: ignore[no-untyped-def]
    assert re.fullmatch(pattern, make(text))
    assert (make(text) == make(other)) == (text == other)
