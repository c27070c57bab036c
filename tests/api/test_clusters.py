"""``--on``: the command line has its work done by a cluster of Dask's."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import LocalCluster

from tests.e2e.servers import free_port
from veo_widgets.emulator import Emulator

from .test_sending import BOARD


@pytest.fixture
def said(tmp_path: Path, emulator: Emulator) -> dict[str, str]:
    return {
        **os.environ,
        "VEO_WIDGETS_HOME": str(tmp_path / "home"),
        "VEO_FOLDER": str(tmp_path / "clips"),
        "VEO_EMULATOR_URL": emulator.base_url,
    }


@pytest.fixture
def cluster(said: dict[str, str], tmp_path: Path) -> Iterator[LocalCluster]:
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=True,
        dashboard_address=":0",
        local_directory=str(tmp_path / "dask"),
        env=said,
    ) as made:
        yield made


def veo(said: dict[str, str], folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    process = start(said, folder, *words)
    out, err = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def start(said: dict[str, str], folder: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "veo_widgets.api.cli", *words]
    return subprocess.Popen(command, env=said, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_rows_and_a_film_are_made_by_its_workers(
    said: dict[str, str], cluster: LocalCluster, tmp_path: Path, emulator: Emulator
) -> None:
    (tmp_path / "cats.csv").write_text("animal\ncat\ndog\n")
    on = ("--on", cluster.scheduler_address)
    told = veo(said, tmp_path, "batch", "cats.csv", "--prompt", "A {animal}", "--seconds", "4", *on)
    assert told.returncode == 0, told
    assert len(list((tmp_path / "clips").glob("*.mp4"))) == 2
    (tmp_path / "train.toml").write_text(BOARD)
    told = veo(said, tmp_path, "film", "train.toml", "--render", "cut/train.mp4", *on)
    assert (told.returncode, told.stdout) == (0, f"{tmp_path / 'cut' / 'train.mp4'}\n"), told
    assert {path.name for path in (tmp_path / "cut").iterdir()} == {"train.mp4", "train.json", "train.vtt"}


def test_where_no_scheduler_answers_nothing_is_sent(
    said: dict[str, str], cluster: LocalCluster, tmp_path: Path, emulator: Emulator
) -> None:
    (tmp_path / "cats.csv").write_text("prompt\nA cat\n")
    (tmp_path / "train.toml").write_text(BOARD)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        addresses = (
            f"tcp://127.0.0.1:{free_port()}",
            f"127.0.0.1:{silent.getsockname()[1]}",
            emulator.base_url.replace("http", "tcp"),
            "no://x",
            cluster.workers[0].worker_address,
        )
        # At once, since each is waited for.
        asked = [start(said, tmp_path, "batch", "cats.csv", "--seconds", "4", "--on", one) for one in addresses]
        asked.append(start(said, tmp_path, "film", "train.toml", "--render", "train.mp4", "--on", addresses[0]))
        for address, process in zip((*addresses, addresses[0]), asked, strict=True):
            told = process.communicate()[1]
            assert process.returncode == 1, told
            last = told.splitlines()[-1]
            assert last.startswith(f"veo: on: no scheduler of Dask's answers at {address!r} (")
            assert last.endswith("; it is written tcp://host:8786.")
            assert "Traceback" not in told
    assert not any(entry.kind == "create" for entry in emulator.journal())


def test_a_cluster_for_nothing_is_refused(said: dict[str, str], tmp_path: Path, emulator: Emulator) -> None:
    (tmp_path / "train.toml").write_text(BOARD)
    told = veo(said, tmp_path, "film", "train.toml", "--on", "tcp://host:8786")
    assert told.returncode == 1
    assert told.stderr == "veo: on: 'tcp://host:8786' is for the film of --render, which is missing.\n"
    assert not any(entry.kind == "create" for entry in emulator.journal())


def test_a_cluster_without_workers_is_refused(said: dict[str, str], tmp_path: Path, emulator: Emulator) -> None:
    (tmp_path / "cats.csv").write_text("prompt\nA cat\n")
    with LocalCluster(n_workers=0, dashboard_address=":0", local_directory=str(tmp_path / "dask")) as empty:
        told = veo(said, tmp_path, "batch", "cats.csv", "--seconds", "4", "--on", empty.scheduler_address)
    assert told.returncode == 1
    assert told.stderr.splitlines()[-1].endswith("has no workers, so nothing was sent.")
    assert not any(entry.kind == "create" for entry in emulator.journal())


def test_without_dask_the_extra_is_named(said: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "cats.csv").write_text("prompt\nA cat\n")
    program = """
import sys
sys.modules["distributed"] = None
from veo_widgets.api.cli import main
sys.exit(main(["batch", "cats.csv", "--seconds", "4", "--on", "tcp://host:8786"]))
"""
    told = subprocess.run(
        [sys.executable, "-c", program], env=said, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    assert told.stderr.splitlines()[-1] == (
        "veo: on: 'tcp://host:8786' needs an optional package: pip install 'veo-widgets[dask]'"
    )
