"""Another kernel than ipykernel, and other front ends: xeus-python, the consoles, ``jupyter execute``."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from veo_widgets.emulator import Emulator, Pace

from ..conformance.environments import python_of

HERE = Path(__file__).parent
LOAD = "%load_ext veo_widgets"
CELL = "%%veo --wait --seconds 4 --into clip\nA dog with a hat"
PATIENCE = 600
# Qt's own widget, as people have it before them, without a screen.
QT = """
import sys
from qtpy import QtCore, QtWidgets
from qtconsole.rich_jupyter_widget import RichJupyterWidget
from qtconsole.manager import QtKernelManager

application = QtWidgets.QApplication([])
manager = QtKernelManager(kernel_name="python3")
manager.start_kernel()
client = manager.client()
client.start_channels()
shown = RichJupyterWidget()
shown.kernel_manager, shown.kernel_client = manager, client
cells = sys.argv[1:]


def go_on():
    if cells:
        shown.execute(cells.pop(0))
    else:
        print(shown._control.toPlainText())
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        application.quit()


def begin():
    # The first prompt is written once the kernel has told what it is.
    if "In [" in shown._control.toPlainText():
        prompt.stop()
        go_on()


shown.executed.connect(lambda _: QtCore.QTimer.singleShot(0, go_on))
prompt = QtCore.QTimer(interval=100)
prompt.timeout.connect(begin)
prompt.start()
application.exec()
"""


@pytest.fixture(scope="module")
def python() -> Path:
    return python_of("kernels", HERE / "requirements")


@pytest.fixture(scope="module")
def emulator_url() -> Iterator[str]:
    with Emulator(pace=Pace.polls(1), clips="small") as emulator:
        yield emulator.base_url


@pytest.fixture
def environment(tmp_path: Path, python: Path, emulator_url: str) -> dict[str, str]:
    """The package as it stands here, in the environment of the programs that are tried."""
    return {
        **os.environ,
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(HERE.parents[1]),
        "VEO_PROVIDER": "emulator",
        "VEO_EMULATOR_URL": emulator_url,
        "VEO_WIDGETS_HOME": str(tmp_path / "home"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "QT_QPA_PLATFORM": "offscreen",
    }


def program(*words: str | Path, environment: dict[str, str], folder: Path, said: str = "") -> str:
    """What a program prints."""
    done = subprocess.run(
        [str(word) for word in words],
        input=said,
        env=environment,
        cwd=folder,
        timeout=600,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return str(done.stdout)


def clips(folder: Path) -> list[str]:
    return [path.name for path in (folder / "veo_clips").glob("*.mp4")]


def test_xeus_python(tmp_path: Path, python: Path, environment: dict[str, str]) -> None:
    specs = KernelSpecManager(kernel_dirs=[str(python.parents[1] / "share" / "jupyter" / "kernels")])
    manager = KernelManager(kernel_name="xpython", kernel_spec_manager=specs)
    manager.kernel_spec.argv[0] = str(python)
    manager.start_kernel(cwd=str(tmp_path), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = manager.blocking_client()
    client.start_channels()
    heard: list[dict[str, object]] = []
    try:
        client.wait_for_ready(timeout=PATIENCE)
        for cell in (LOAD, CELL, "clip.videos[0].path.name", "%%veo --nonsense\nA cat"):
            reply = client.execute_interactive(cell, timeout=PATIENCE, output_hook=heard.append, allow_stdin=False)
            assert reply["content"]["status"] == ("error" if "nonsense" in cell else "ok"), reply["content"]
        client.complete("%%veo --sec", 11)
        while (reply := client.get_shell_msg(timeout=PATIENCE))["msg_type"] != "complete_reply":
            pass
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    told = json.dumps(heard, default=str)
    assert len(clips(tmp_path)) == 1
    assert clips(tmp_path)[0] in told
    assert "application/vnd.jupyter.widget-view+json" in told
    assert "--nonsense is not a flag." in told
    assert "--seconds" in reply["content"]["matches"]


def test_jupyter_console(tmp_path: Path, python: Path, environment: dict[str, str]) -> None:
    lines = (LOAD, "import veo_widgets as veo", "veo.submit('A fox', seconds=4).wait()", "veo.Studio()", "exit")
    words = (python, "-m", "jupyter_console", "--simple-prompt", "--kernel", "python3")
    said = program(*words, environment=environment, folder=tmp_path, said="\n".join(lines) + "\n")
    assert clips(tmp_path)[0] in said
    assert "Studio('')" in said


def test_qtconsole(tmp_path: Path, python: Path, environment: dict[str, str]) -> None:
    said = program(python, "-c", QT, LOAD, CELL, "clip", environment=environment, folder=tmp_path)
    assert clips(tmp_path)[0] in said
    assert "Error" not in said


def test_jupyter_execute(tmp_path: Path, python: Path, environment: dict[str, str]) -> None:
    made = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    made.cells = [nbformat.v4.new_code_cell(cell) for cell in (LOAD, CELL)]
    nbformat.write(made, tmp_path / "one.ipynb")
    program(python.with_name("jupyter"), "execute", "--inplace", "one.ipynb", environment=environment, folder=tmp_path)
    (outputs,) = (cell.outputs for cell in nbformat.read(tmp_path / "one.ipynb", 4).cells[1:])
    assert clips(tmp_path)[0] in json.dumps(outputs)
