"""What is lost with a container, by lists of mounts as they were seen in some."""

import pytest

from macaron_runner.processes.volatile import fate_by

DOCKER = """\
612 506 0:62 / / rw,relatime master:229 - overlay overlay rw,lowerdir=/l/A:/l/B,upperdir=/d/diff,workdir=/d/work
613 612 0:65 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
614 612 0:66 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755
628 612 254:1 /var/lib/docker/volumes/state/_data /var/lib/state rw,relatime master:1 - ext4 /dev/vda1 rw
630 612 0:71 / /tmp rw,nosuid,nodev,noexec,relatime - tmpfs tmpfs rw
631 612 254:1 /srv/with\\040space /data\\040here rw,relatime - ext4 /dev/vda1 rw
632 630 254:1 /srv/inner /tmp/kept rw,relatime - ext4 /dev/vda1 rw
"""
MACHINE = """\
24 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,discard
30 24 0:25 / /tmp rw,nosuid,nodev shared:5 - tmpfs tmpfs rw
31 24 254:2 / /srv rw - xfs /dev/vdb rw
32 31 0:26 / /srv rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/app/.macaron", "with this container: /app/.macaron is in its own layer, and no volume"),
        ("/tmp/.macaron", "with this container: /tmp/.macaron is in memory (tmpfs)"),
        ("/var/lib/state", ""),
        ("/var/lib/state/shop", ""),
        ("/var/lib/state2", "with this container: /var/lib/state2 is in its own layer, and no volume"),
        ("/data here/.macaron", ""),
        ("/tmp/kept/.macaron", ""),
    ],
)
def test_in_a_container(folder: str, expected: str) -> None:
    assert fate_by(DOCKER, folder, contained=True) == expected


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/root/.macaron", ""),
        ("/tmp/shop/.macaron", "when this machine restarts: /tmp/shop/.macaron is in memory (tmpfs)"),
        ("/srv/.macaron", "when this machine restarts: /srv/.macaron is in memory (tmpfs)"),
    ],
)
def test_on_a_machine(folder: str, expected: str) -> None:
    assert fate_by(MACHINE, folder, contained=False) == expected


def test_a_machine_whose_root_is_an_overlay_is_no_container() -> None:
    assert fate_by(DOCKER, "/app/.macaron", contained=False) == ""
