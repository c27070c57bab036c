"""Kernels that listen at files of their own; as a plugin of pytest (``-p tests.kernels``), nbval's kernels do too.

jupyter_client chooses a TCP port before the kernel starts. Where much runs at once, another program may have it by the
time the kernel asks for it, and then the kernel dies at its start.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

KERNELSPEC = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
# What a first cell says for a client whose pauses are cut short, though none ends before there is a certain variable.
HASTE = """
import anyio
from veo_widgets.api import functions
from veo_widgets.client.clock import Clock
from veo_widgets.session.client import Client

awaited = "functions"

async def pause(seconds):
    while awaited not in globals():
        await anyio.sleep(0.02)
    await anyio.sleep(min(seconds, 0.05))

functions._default = Client(clock=Clock(sleep=pause))
"""


class KernelManagerAtFiles(KernelManager):
    """Listens at UNIX sockets in a folder that no other kernel has."""

    def __init__(self, **traits: Any) -> None:
        # /tmp, not the test run's folder: the path of a UNIX socket has 107 bytes at most.
        folder = Path(tempfile.mkdtemp(prefix="kernel-", dir="/tmp"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        super().__init__(transport="ipc", connection_file=str(folder / "kernel.json"), **traits)


def started_kernel(python: Path | None = None, **options: Any) -> tuple[KernelManager, BlockingKernelClient]:
    """A new kernel, ready, and a client of it.

    Args:
        python: the interpreter whose ipykernel it is; default is the one of this environment.
        options: as ``KernelManager.start_kernel`` takes them.
    """
    manager = KernelManagerAtFiles()
    if python is not None:
        argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        manager._kernel_spec = KernelSpec(argv=argv, display_name=str(python), language="python")
    manager.start_kernel(**options)
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=600)
    except RuntimeError:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        raise
    return manager, client


def notebook(*cells: str) -> nbformat.NotebookNode:
    """A notebook of code cells."""
    made = nbformat.v4.new_notebook(metadata=KERNELSPEC)
    made.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    return made


def execute(made: nbformat.NotebookNode, folder: Path, environment: dict[str, str]) -> nbformat.NotebookNode:
    """Run a notebook in a folder, with what its cells show kept in it."""
    runner = NotebookClient(
        made,
        kernel_manager_class=KernelManagerAtFiles,
        timeout=600,
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
    )
    with runner.setup_kernel(env=environment):
        for number, cell in enumerate(made.cells):
            runner.execute_cell(cell, number)
    return made


def pytest_configure(config: pytest.Config) -> None:
    """Called where this is a plugin alone."""
    import nbval.kernel

    nbval.kernel.KernelManager = KernelManagerAtFiles
