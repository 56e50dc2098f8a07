"""Random ids: what they look like, and that no two are alike, in a forked worker either."""

from __future__ import annotations

import os
import re
import uuid

from macaron_runner.ids import new_id, new_uuid


def test_ids_are_thirty_two_hexadecimal_digits() -> None:
    ids = [new_id() for _ in range(300)]
    assert len(set(ids)) == 300
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in ids)


def test_uuids_are_random_ones() -> None:
    found = [uuid.UUID(text) for text in (new_uuid() for _ in range(300))]
    assert len(set(found)) == 300
    assert {(each.version, each.variant) for each in found} == {(4, uuid.RFC_4122)}
    assert {str(each)[19] for each in found} == {"8", "9", "a", "b"}


def test_a_forked_process_has_ids_of_its_own() -> None:
    new_id()
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(theirs, " ".join(new_id() for _ in range(20)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    inherited = set(os.read(ours, 10_000).decode().split())
    os.close(ours)
    os.close(theirs)
    assert len(inherited) == 20
    assert inherited.isdisjoint(new_id() for _ in range(100))
