"""Whole notebooks in real kernels, without a browser."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter

from veo_widgets.domain.printable import html_output
from veo_widgets.emulator import Emulator

from ..kernels import execute, notebook, started_kernel

# JupyterLab's own 40 kB for a clip: two copies of the poster and the words.
MAX_BYTES_PER_CLIP = 40_000


@pytest.fixture
def environment(tmp_path: Path, emulator: Emulator) -> dict[str, str]:
    return {
        **os.environ,
        "VEO_WIDGETS_HOME": str(tmp_path / "home"),
        "VEO_PROVIDER": "emulator",
        "VEO_EMULATOR_URL": emulator.base_url,
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }


def test_a_notebook_keeps_a_readable_card_and_stays_small(tmp_path: Path, environment: dict[str, str]) -> None:
    prompt = "A cat playing <with> a ball & yarn"
    cell = f"%%veo --seconds 4 --seed 7 --wait\n{prompt}"
    made = execute(notebook("%load_ext veo_widgets", cell), tmp_path, environment)
    path = tmp_path / "made.ipynb"
    nbformat.write(made, path)
    assert path.stat().st_size < MAX_BYTES_PER_CLIP
    clip = next((tmp_path / "veo_clips").glob("*.mp4"))
    page, _ = HTMLExporter().from_notebook_node(made)
    card = re.search(r'<div class="veo-saved-.*?</video>.*?</div></div>', page, re.DOTALL)
    assert card is not None
    assert "A cat playing &lt;with&gt; a ball &amp; yarn" in card[0]
    assert f'src="veo_clips/{clip.name}"' in card[0]
    assert "url(data:image/jpeg;base64," in card[0]
    assert "Seed 7" in card[0]


PROGRAMS = {
    "papermill": ("papermill", "in.ipynb", "out.ipynb", "--no-progress-bar", "-p", "animal", "otter"),
    "nbconvert": ("nbconvert", "--to", "notebook", "--execute", "in.ipynb", "--output", "out.ipynb"),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_that_run_notebooks_make_clips(tmp_path: Path, environment: dict[str, str], program: str) -> None:
    made = notebook("animal = 'cat'", "%load_ext veo_widgets", "%%veo --seconds 4 --wait --into job\nA {animal}")
    made.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(made, tmp_path / "in.ipynb")
    command = [sys.executable, "-m", *PROGRAMS[program]]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    (clip,) = (tmp_path / "veo_clips").glob("*.mp4")
    assert ("otter" if program == "papermill" else "cat") in clip.name
    assert f"veo_clips/{clip.name}" in (tmp_path / "out.ipynb").read_text("utf-8")


def test_an_unwaited_cell_gets_its_card_when_the_clip_is_there(tmp_path: Path, environment: dict[str, str]) -> None:
    cells = ("%load_ext veo_widgets", "%%veo --seconds 4 --into job\nA cat", "job = await job\nprint(job.state)")
    made = execute(notebook(*cells), tmp_path, environment)
    assert made.cells[2].outputs[-1].text == "succeeded\n"
    assert "<video" in made.cells[1].outputs[-1].data["text/html"]
    assert "<video" not in "".join(output.get("text", "") for output in made.cells[2].outputs)


def once_there(path: Path, act: Callable[[], None]) -> None:
    """Have something done once a notebook has made a file."""

    def watch() -> None:
        while not path.exists():
            time.sleep(0.01)
        act()

    threading.Thread(target=watch, daemon=True).start()


def test_a_wait_that_timed_out_does_not_use_up_the_card(
    tmp_path: Path, environment: dict[str, str], slow_service: tuple[Emulator, Callable[[], None]]
) -> None:
    service, let_end = slow_service
    cells = (
        "%load_ext veo_widgets\nimport veo_widgets as veo\nfrom pathlib import Path",
        "%%veo --seconds 4 --into job\n---\nseconds: 600\n---\nA cat",
        "try:\n    job.wait(timeout=0.2)\nexcept veo.VeoError as error:\n    print(type(error).__name__)",
        "Path('over').touch(); job.wait(600); print(job.state)",
    )
    once_there(tmp_path / "over", let_end)
    made = execute(notebook(*cells), tmp_path, {**environment, "VEO_EMULATOR_URL": service.base_url})
    assert made.cells[2].outputs[-1].text == "WaitTimeoutError\n"
    assert "<video" in made.cells[1].outputs[-1].data["text/html"]


def test_links_are_relative_to_the_notebook_wherever_the_kernel_has_gone(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "films").mkdir()
    environment = {**environment, "JPY_SESSION_NAME": str(tmp_path / "films" / "made.ipynb")}
    cells = ("%load_ext veo_widgets\nimport os\nos.chdir('/')", "%%veo --seconds 4 --wait\nA cat")
    made = execute(notebook(*cells), tmp_path / "films", environment)
    assert 'src="veo_clips/2' in made.cells[1].outputs[-1].data["text/html"]
    assert str(tmp_path) not in made.cells[1].outputs[-1].data["text/html"]
    assert len(list((tmp_path / "films" / "veo_clips").glob("*.mp4"))) == 1


def test_everything_works_while_another_cells_job_runs(
    tmp_path: Path, environment: dict[str, str], slow_service: tuple[Emulator, Callable[[], None]]
) -> None:
    service, let_end = slow_service
    cells = (
        "import asyncio, veo_widgets as veo\nfrom pathlib import Path",
        "slow = veo.submit('---\\nseconds: 600\\n---\\nA slow cat', seconds=4)",
        "quick = veo.generate('A quick cat', seconds=4, timeout=600)\nprint(slow.state.is_final, len(quick))",
        "jobs = [veo.submit(f'Cat {n}', seconds=4) for n in range(3)]",
        "print([str(job.state) for job in await asyncio.gather(*jobs)])",
        "Path('over').touch(); print(slow.wait(600).state)",
        "print(len(veo.jobs()))",
    )
    once_there(tmp_path / "over", let_end)
    made = execute(notebook(*cells), tmp_path, {**environment, "VEO_EMULATOR_URL": service.base_url})
    said = ["".join(output.get("text", "") for output in cell.outputs).strip() for cell in made.cells]
    assert said[2:3] + said[4:] == ["False 1", "['succeeded', 'succeeded', 'succeeded']", "succeeded", "5"]


def test_an_error_of_ours_is_a_sentence_with_its_traceback_folded(tmp_path: Path, environment: dict[str, str]) -> None:
    cells = (
        "%load_ext veo_widgets\nimport veo_widgets as veo",
        "def mine():\n    veo.jobs(state='filterd')\nmine()",
        "1 / 0",
        "%unload_ext veo_widgets\nveo.jobs(state='filterd')",
    )
    made = notebook(*cells)
    for cell in made.cells[1:]:
        cell.metadata["tags"] = ["raises-exception"]
    execute(made, tmp_path, environment)
    folded, told = made.cells[1].outputs
    assert told.traceback == [f"InvalidRequestError: {told.evalue}"]
    assert "Did you mean 'filtered'?" in told.evalue
    assert folded.data["text/html"].startswith(html_output("<details><summary>Traceback</summary>")[: -len("</div>")])
    assert "in mine" in folded.data["text/html"]
    # Neither another error nor a shell without the extension is shown so.
    for cell in made.cells[2:]:
        assert "Traceback" in "".join(cell.outputs[-1].traceback)
        assert not any("<details" in output.get("data", {}).get("text/html", "") for output in cell.outputs)


@pytest.fixture
def kernel(tmp_path: Path, environment: dict[str, str]) -> Iterator[tuple]:
    manager, client = started_kernel(env=environment, cwd=str(tmp_path))
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def ask(client: object, code: str) -> str:
    """The text that a cell prints."""
    said: list[str] = []

    def hook(message: dict) -> None:
        if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
            said.append(message["content"]["text"])

    reply = client.execute_interactive(code, timeout=600, output_hook=hook)
    assert reply["content"]["status"] == "ok", reply["content"]
    return "".join(said).strip()


def test_a_kernel_killed_after_submit_loses_nothing(kernel: tuple, emulator: Emulator) -> None:
    manager, client = kernel
    submit = "import veo_widgets as veo\njob = veo.submit('---\\npolls: 2\\n---\\nA cat', seconds=4)\nprint(job.id)"
    job_id = ask(client, submit)
    manager.signal_kernel(signal.SIGKILL)
    manager.restart_kernel(now=True)
    client.wait_for_ready(timeout=600)
    ask(client, f"import veo_widgets as veo\njob = veo.job({job_id!r})\njob.wait(600)")
    assert ask(client, "print(job.state, job.videos[0].path.exists(), len(veo.jobs()))") == "succeeded True 1"
    assert len([entry for entry in emulator.journal() if entry.kind == "create"]) == 1


@pytest.mark.parametrize("wait", ["job.wait()", "await job", "%veo wait"])
def test_the_interrupt_button_stops_the_waiting_only(
    kernel: tuple, wait: str, slow_service: tuple[Emulator, Callable[[], None]]
) -> None:
    (manager, client), (service, let_end) = kernel, slow_service
    ask(client, f"import os\nos.environ['VEO_EMULATOR_URL'] = {service.base_url!r}")
    ask(client, "%load_ext veo_widgets\nimport veo_widgets as veo")
    ask(client, "job = veo.submit('---\\nseconds: 600\\n---\\nA cat', seconds=4)")
    message = client.execute(f"print('waiting', flush=True)\n{wait}", stop_on_error=False)
    while True:
        got = client.get_iopub_msg(timeout=600)
        if got["msg_type"] == "stream" and "waiting" in got["content"]["text"]:
            break
    manager.interrupt_kernel()
    reply = client.get_shell_msg(timeout=600)
    assert reply["parent_header"]["msg_id"] == message
    assert reply["content"]["status"] == "error"
    assert ask(client, "print(job.state.is_final)") == "False"
    let_end()
    assert ask(client, "job.wait(600)\nprint(job.state)") == "succeeded"
