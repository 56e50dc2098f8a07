"""What the machine and its control groups allow, and what is made of it."""

from pathlib import Path

import pytest

from macaron_runner.processes.capacity import (
    MIB,
    MOST_WORKERS,
    Limits,
    memory_share,
    pool_concurrency,
    read_limits,
    web_workers,
)

GIB = 1024 * MIB
MEMINFO = "MemFree: 1 kB\nMemTotal:       8388608 kB\nMemAvailable: 2 kB\n"

TREES = {
    "no groups at all": ({}, Limits(8.0, 8 * GIB)),
    "v2, in a container": (
        {
            "proc/self/cgroup": "0::/\n",
            "sys/fs/cgroup/cpu.max": "150000 100000\n",
            "sys/fs/cgroup/memory.max": f"{512 * MIB}\n",
        },
        Limits(1.5, 512 * MIB),
    ),
    "v2, without limits": (
        {
            "proc/self/cgroup": "0::/\n",
            "sys/fs/cgroup/cpu.max": "max 100000\n",
            "sys/fs/cgroup/memory.max": "max\n",
        },
        Limits(8.0, 8 * GIB),
    ),
    "v2, the least of nested groups counts": (
        {
            "proc/self/cgroup": "0::/user.slice/shop.service\n",
            "sys/fs/cgroup/user.slice/cpu.max": "50000 100000\n",
            "sys/fs/cgroup/user.slice/memory.max": "max\n",
            "sys/fs/cgroup/user.slice/shop.service/cpu.max": "200000 100000\n",
            "sys/fs/cgroup/user.slice/shop.service/memory.max": f"{GIB}\n",
        },
        Limits(0.5, GIB),
    ),
    "v2, a path outside our namespace": (
        {"proc/self/cgroup": "0::/../../other\n", "sys/fs/cgroup/cpu.max": "100000 100000\n"},
        Limits(1.0, 8 * GIB),
    ),
    "v1, mounted as the container sees it": (
        {
            "proc/self/cgroup": "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "300000\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{2 * GIB}\n",
        },
        Limits(3.0, 2 * GIB),
    ),
    "v1, nested, and no limit is a very large one": (
        {
            "proc/self/cgroup": "4:memory:/a/b\n1:cpu:/a/b\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "25000\n",
            "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            "sys/fs/cgroup/memory/a/b/memory.limit_in_bytes": f"{GIB}\n",
        },
        Limits(0.25, GIB),
    ),
    "nonsense does not limit": (
        {
            "proc/self/cgroup": "0::/\n",
            "sys/fs/cgroup/cpu.max": "much\n",
            "sys/fs/cgroup/memory.max": "\n",
        },
        Limits(8.0, 8 * GIB),
    ),
}


@pytest.mark.parametrize("name", TREES)
def test_limits(name: str, tmp_path: Path) -> None:
    files, expected = TREES[name]
    for path, text in {"proc/meminfo": MEMINFO, **files}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert read_limits(tmp_path, usable_cpus=lambda: 8) == expected


def test_this_machine_has_some() -> None:
    limits = read_limits()
    assert limits.cpus > 0
    assert limits.memory > 64 * MIB


@pytest.mark.parametrize(
    ("limits", "count", "reason"),
    [
        (Limits(2, 512 * MIB), 4, "2 cpus x 2 + 1 = 5, memory 512 MiB / 128 MiB = 4 -> 4"),
        (Limits(1, 8 * GIB), 3, "1 cpu x 2 + 1 = 3, memory 8192 MiB / 128 MiB = 64 -> 3"),
        (Limits(0.25, GIB), 2, "0.25 cpus x 2 + 1 = 1, at least 2, memory 1024 MiB / 128 MiB = 8 -> 2"),
        (Limits(2, 100 * MIB), 1, "2 cpus x 2 + 1 = 5, memory 100 MiB / 128 MiB = 0, at least 1 -> 1"),
        (
            Limits(64, 64 * GIB),
            MOST_WORKERS,
            "64 cpus x 2 + 1 = 129, memory 65536 MiB / 128 MiB = 512, at most 12 -> 12",
        ),
    ],
)
def test_web_workers_explain_themselves(limits: Limits, count: int, reason: str) -> None:
    counted = web_workers(limits)
    assert int(counted) == count
    assert str(counted) == reason


@pytest.mark.parametrize(
    ("limits", "count"),
    [(Limits(2, GIB), 2), (Limits(1.5, GIB), 2), (Limits(0.1, GIB), 1), (Limits(64, 64 * GIB), 16)],
)
def test_a_pool_gets_a_process_a_core(limits: Limits, count: int) -> None:
    assert int(pool_concurrency(limits)) == count


def test_the_web_and_the_pools_share_the_memory() -> None:
    limits = Limits(4, GIB)
    assert int(web_workers(limits, share=memory_share(0))) == 8
    half = web_workers(limits, share=memory_share(1))
    assert (int(half), half.reason) == (4, "4 cpus x 2 + 1 = 9, memory 1024 MiB / 2 / 128 MiB = 4 -> 4")
    assert int(pool_concurrency(limits, share=memory_share(3))) == 2
