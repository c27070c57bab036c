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

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager


class KernelManagerAtFiles(KernelManager):
    """Listens at UNIX sockets in a folder that no other kernel has."""

    def __init__(self, **traits: Any) -> None:
        # /tmp, not the test run's folder: the path of a UNIX socket has 107 bytes at most.
        folder = Path(tempfile.mkdtemp(prefix="kernel-", dir="/tmp"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        super().__init__(transport="ipc", connection_file=str(folder / "kernel.json"), **traits)


def started_kernel(**options: Any) -> tuple[KernelManager, BlockingKernelClient]:
    """A new kernel, ready, and a client of it; `options` are those of ``KernelManager.start_kernel``."""
    manager = KernelManagerAtFiles()
    manager.start_kernel(**options)
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
    except RuntimeError:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        raise
    return manager, client


def pytest_configure(config: pytest.Config) -> None:
    """Called where this is a plugin alone."""
    import nbval.kernel

    nbval.kernel.KernelManager = KernelManagerAtFiles
