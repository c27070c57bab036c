"""What is shown while something is waited for: in a terminal, in a pipe, in a notebook."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import termios
import unicodedata
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.terminals import pieces_from
from veo_widgets.client.progress import Line, Meter, time_left
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client

from ..kernels import KernelManagerAtFiles, started_kernel

BATCH = """
import veo_widgets as veo
rows = [{"animal": "cat"}, {"animal": "dog"}, {"animal": "owl"}]
batch = veo.batch(rows, "---\\nseconds: 3\\n---\\nA {animal}", seconds=4)
batch.run().wait()
veo.submit("A cat", seconds=4).wait()
"""
FILM = """
import veo_widgets as veo
film = veo.film("pair", ["---\\nseconds: 3\\n---\\nA cat", "---\\noutcome: failed\\n---\\nA dog"], seconds=4)
try:
    film.run().wait()
except veo.VeoError as error:
    print("refused")
"""
RENDERED = """
import veo_widgets as veo
film = veo.film("train", [veo.shot("A train"), veo.title_card("The end", fade=0.5)], seconds=4)
film.run().wait()
film.render("film.mp4")
"""
# The second ends when the first has been printed.
ARRIVALS = """
import veo_widgets as veo
jobs = [veo.submit(f"---\\nseconds: {seconds}\\n---\\nA cat", seconds=4) for seconds in (2, 6)]
for job in veo.as_completed(jobs):
    print("came", file=__import__("sys").stderr)
"""


@pytest.fixture
def environment(tmp_path: Path, emulator: Emulator) -> dict[str, str]:
    return {
        **os.environ,
        "VEO_WIDGETS_HOME": str(tmp_path / "home"),
        "VEO_PROVIDER": "emulator",
        "VEO_EMULATOR_URL": emulator.base_url,
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }


def in_terminal(program: str, folder: Path, environment: dict[str, str], columns: int = 0) -> str:
    """What a program writes to a terminal on standard error; one without columns does not say how wide it is."""
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (24, columns))
    process = subprocess.Popen([sys.executable, "-c", program], cwd=folder, env=environment, stderr=its)
    os.close(its)
    seen = b"".join(pieces_from(ours))
    os.close(ours)
    assert process.wait(600) == 0
    return seen.decode()


def test_a_terminal_has_one_line_that_is_written_over(tmp_path: Path, environment: dict[str, str]) -> None:
    seen = in_terminal(BATCH, tmp_path, environment)
    first, second, rest = seen.split("\r\n")
    assert "\rbatch 'batch': 0 of 3" in first
    assert first.rstrip().endswith("\rbatch 'batch': 3 of 3 · $1.20, free at the emulator")
    assert second.rstrip().endswith("\rA cat: succeeded · $0.40, free at the emulator")
    assert rest == ""


def test_a_rendering_leaves_one_line(tmp_path: Path, environment: dict[str, str]) -> None:
    _, second, rest = in_terminal(RENDERED, tmp_path, environment).split("\r\n")
    assert re.match(r"\rfilm 'train': film\.mp4 · rendering · \d+%", second)
    assert second.rstrip().endswith("\rfilm 'train': film.mp4 · rendered")
    assert rest == ""


def test_rows_are_told_of_while_they_are_planned(tmp_path: Path, environment: dict[str, str]) -> None:
    rows = "import veo_widgets as veo\nprint(len(veo.batch(({'n': n} for n in range(%d)), 'Cat {n}').pieces))"
    seen = in_terminal(rows % 1000, tmp_path, environment)
    assert re.search(r"\rbatch 'batch': \d+ of 1000 rows planned", seen)
    # It leaves nothing behind.
    assert seen.rpartition("planned")[2].strip(" \r") == ""
    assert in_terminal(rows % 100, tmp_path, environment) == ""


def test_jobs_are_counted_as_they_come_and_what_is_printed_has_a_line_of_its_own(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    seen = in_terminal(ARRIVALS, tmp_path, environment)
    first, second, last, rest = seen.split("\r\n")
    assert "\rjobs: 0 of 2" in first
    assert re.search(r"\r +\rcame$", first)
    assert "\rjobs: 1 of 2 · $0.40, free at the emulator" in second
    assert second.endswith("\rcame")
    assert last.rstrip().endswith("jobs: 2 of 2 · $0.80, free at the emulator")
    assert rest == ""


def test_no_line_is_longer_than_the_terminal_is_wide(tmp_path: Path, environment: dict[str, str]) -> None:
    program = BATCH.replace("A cat", "一只猫在阳光下的花园里玩毛线球，风很轻，云很慢")
    seen = in_terminal(program, tmp_path, environment, columns=40)
    # Also where the window was made narrower meanwhile, from which moment on the terminal tells so.
    narrowed = f"import fcntl, struct, termios\n{program}".replace(
        "veo.submit(",
        "fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 30, 0, 0))\nveo.submit(",
    )
    later = in_terminal(narrowed, tmp_path, environment, columns=40).split("\r\n")
    for shown, most in ((seen, 39), (later[1], 29)):
        drawn = [line.rstrip("\r\n") for line in re.split("\r(?!\n)", shown)]
        assert any("一只猫" in line for line in drawn)
        wide = [sum(1 + (unicodedata.east_asian_width(one) in "WF") for one in line) for line in drawn]
        assert max(wide) <= most


def test_what_failed_is_counted(tmp_path: Path, environment: dict[str, str]) -> None:
    seen = in_terminal(FILM, tmp_path, environment)
    # Which of the two ends first is the machine's affair.
    assert re.search(r"\rfilm 'pair': . of 2 · 1 failed", seen)
    assert seen.rstrip().endswith("\rfilm 'pair': 1 of 2 · 1 failed · $0.40, free at the emulator")


@pytest.mark.parametrize("program", [BATCH, ARRIVALS.replace('print("came", file=__import__("sys").stderr)', "pass")])
def test_a_pipe_has_nothing(tmp_path: Path, environment: dict[str, str], program: str) -> None:
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("", "")


def test_a_notebook_that_a_program_runs_keeps_the_last_line_alone(tmp_path: Path, environment: dict[str, str]) -> None:
    cells = (
        "import veo_widgets as veo\n%load_ext veo_widgets\nrows = [{'animal': 'cat'}, {'animal': 'dog'}]",
        "job = veo.submit('A cat', seconds=4)\nnothing = job.wait()",
        "nothing = await veo.submit('A dog', seconds=4)",
        "nothing = veo.batch(rows, 'A {animal}', seconds=4).run().wait()",
        "for one in veo.as_completed([veo.submit('A cat', seconds=4), veo.submit('An owl', seconds=4)]):\n    pass",
        "async for one in veo.as_completed([veo.submit('A fox', seconds=4), veo.submit('Ants', seconds=4)]):\n    pass",
        "%%veo --seconds 4 --wait --quiet --into quiet\nA cat",
        "%%veo --seconds 4 --wait\nA quick cat",
        "%%veo --each rows --seconds 4 --wait\nThe {animal}",
    )
    made = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    made.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    runner = NotebookClient(
        made, kernel_manager_class=KernelManagerAtFiles, timeout=600, resources={"metadata": {"path": str(tmp_path)}}
    )
    with runner.setup_kernel(env=environment):
        for number, cell in enumerate(made.cells):
            runner.execute_cell(cell, number)
    said = [[output.data.get("text/plain") for output in cell.outputs if "data" in output] for cell in made.cells[1:]]
    assert said[:6] == [
        ["A cat: succeeded · $0.40, free at the emulator"],
        ["A dog: succeeded · $0.40, free at the emulator"],
        ["batch 'batch': 2 of 2 · $0.80, free at the emulator"],
        ["jobs: 2 of 2 · $0.80, free at the emulator"],
        ["jobs: 2 of 2 · $0.80, free at the emulator"],
        [],
    ]
    # The view, which has no text of its own, and the copy that stays.
    assert said[6][0] is None
    assert " · veo-3.1-fast-generate-001 · $0.40" in said[6][1]
    assert len(said[6]) == 2
    assert said[7][0] == "batch 'rows': 2 of 2 · $0.80, free at the emulator"
    assert made.cells[3].outputs[0].data["text/html"].startswith('<div class="mathjax_ignore tex2jax_ignore"')


def test_what_cannot_be_told_ends_no_waiting(make_client: Callable[..., Client], capsys: pytest.CaptureFixture) -> None:
    client = make_client()
    job = client.submit("A cat", seconds=4).wait(600)
    assert job._progress_line(True) == Line("A cat: succeeded · $0.40, free at the emulator")
    Meter(job._progress_line).end()
    assert capsys.readouterr() == ("", "")


def test_time_is_told_roughly() -> None:
    seen = [time_left(seconds) for seconds in (0, 3, 31, 54, 80, 3700)]
    assert seen == [
        "nearly done",
        "about 5 s left",
        "about 30 s left",
        "about 55 s left",
        "about 1 min left",
        "about 62 min left",
    ]


def test_a_notebook_that_people_watch_is_kept_up_to_date(tmp_path: Path, environment: dict[str, str]) -> None:
    manager, client = started_kernel(env=environment, cwd=str(tmp_path))
    seen: list[tuple[str, str]] = []

    def take() -> dict:
        """The next message of whichever cell."""
        message = client.get_iopub_msg(timeout=600)
        assert message["msg_type"] != "error", message["content"]
        if message["msg_type"] in {"display_data", "update_display_data"}:
            seen.append((message["msg_type"], message["content"]["data"]["text/html"]))
        return message

    def run(code: str) -> None:
        seen.clear()
        asked = client.execute(code, allow_stdin=True)
        ended = False
        while not ended:
            message = take()
            own = message["parent_header"].get("msg_id") == asked
            ended = own and message["content"].get("execution_state") == "idle"

    try:
        run("import veo_widgets as veo\nrows = [{'animal': 'cat'}, {'animal': 'dog'}]")
        run("batch = veo.batch(rows, '---\\nseconds: 3\\n---\\nA {animal}', seconds=4)\nbatch.run()")
        # The live table, and the copy that stays.
        (_, live), (kind, html) = seen[:2]
        assert (live, kind) == ("", "display_data")
        assert "batch &#x27;batch&#x27;: 0 of 2" in html
        assert "<progress" in html
        assert "<table>" in html
        run("nothing = batch.wait()")
        own = [html for _, html in seen if "<table>" not in html]
        assert len(own) > 1
        assert "<progress" in own[0]
        assert "2 of 2 · $0.80" in own[-1]
        assert "<progress" not in own[-1]
        # The table of the first cell comes to its end too.
        while not any("2 succeeded" in html for _, html in seen):
            take()
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
