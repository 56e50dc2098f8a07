"""`macaron deploy` as a process of its own, told to end while it waits: what was begun is undone before it does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, SHOP_YAML
from tests.deploy.fakes.kubernetes import Cluster, Fate
from tests.deploy.fakes.kubernetes.kubectl import served
from tests.deploy.kubernetes.test_real_kubectl import RealBed
from tests.support.programs import require

PATIENCE = 120.0


def start(bed: RealBed, version: str) -> subprocess.Popen[str]:
    image = f"registry.example.com/acme/shop:{version}@sha256:{version.encode().hex():0>64}"
    return subprocess.Popen(
        [sys.executable, "-m", "macaron_runner.cli", "deploy", "--image", image],
        cwd=bed.folder,
        env={**bed.environ(), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_sigterm_undoes_what_was_begun(tmp_path: Path) -> None:
    require("kubectl")
    cluster = Cluster()
    folder = tmp_path / "service"
    folder.mkdir()
    with cluster.serving(tmp_path) as config, served(cluster) as port:
        bed = RealBed(folder, config, port)
        (folder / "shop.yaml").write_text(SHOP_YAML)
        bed.cluster = cluster
        cluster.add_secret("shop", "shop", "key")
        first = start(bed, "v1")
        out, err = first.communicate(timeout=PATIENCE)
        assert (first.returncode, out) == (0, "1 v1\n"), err
        cluster.fates["v2"] = Fate.UNSCHEDULABLE
        second = start(bed, "v2")
        assert second.stderr is not None
        told = []
        for line in second.stderr:
            told.append(line)
            if "waiting:" in line and "v2" in "".join(told):
                os.kill(second.pid, signal.SIGTERM)
                break
        out, err = second.communicate(timeout=PATIENCE)
        assert second.returncode == 128 + signal.SIGTERM, err
        assert "release 2 (v2) was not deployed; release 1 (v1) is live as before" in err
        assert (out, bed.serving()) == ("", "v1")
        assert set(cluster.versions().values()) == {"v1"}
