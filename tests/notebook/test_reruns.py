"""Cells that are run again, in a real shell and in real kernels: what is sent, shown, taken up and asked."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from veo_widgets.api import functions
from veo_widgets.client.clock import Clock
from veo_widgets.config.settings import Settings, switched_on
from veo_widgets.domain import errors
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client

from ..kernels import HASTE, started_kernel

PAID = "--model veo-3.1-fast-generate-preview --seconds 4 --allow-retired"
CELL = f"%%veo {PAID} --into job\nA cat"
LOAD = "%load_ext veo_widgets\nimport veo_widgets as veo"


@pytest.fixture
def shell(make_client: Callable[..., Client]) -> Iterator[InteractiveShell]:
    names: dict[str, Any] = {}
    exec(HASTE.rpartition("\n\n")[0], names)
    before, functions._default = functions._default, make_client(clock=Clock(sleep=names["pause"]))
    shell = InteractiveShell.instance(user_ns=names)
    shell.run_line_magic("load_ext", "veo_widgets")
    yield shell
    shell.run_line_magic("unload_ext", "veo_widgets")
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()
    functions._default = before


@pytest.fixture
def paid(shell: InteractiveShell, settings: Settings) -> InteractiveShell:
    functions.configure(provider="gemini", api_key="a-key", base_url=settings.base_url)
    return shell


def run(shell: InteractiveShell, cell: str) -> Any:
    with capture_output() as seen:
        result = shell.run_cell(cell)
    cards = [output.data.get("text/html", "") for output in seen.outputs]
    error = result.error_before_exec or result.error_in_exec
    return SimpleNamespace(error=error, text=seen.stdout, card="".join(cards))


def sent(emulator: Emulator) -> int:
    return len([entry for entry in emulator.journal() if entry.kind == "create"])


def test_where_nobody_can_answer_a_repeat_is_sent_and_says_so(paid: InteractiveShell, emulator: Emulator) -> None:
    first = run(paid, f"{CELL}\n# a note")
    assert "Take" not in first.card
    job = paid.user_ns["job"].wait(600)
    again = run(paid, CELL)
    assert f"Take 2: the request of job {job.id} was sent again and is paid for again ($0.40)." in again.card
    assert f'{job.videos[0].path.name}">Take 1</a>' in again.card
    assert sent(emulator) == 2
    other = run(paid, f"%%veo {PAID} --seed 7\nA cat")
    assert "Take" not in other.card


def test_a_repeat_that_is_free_is_told_without_words_of_money(shell: InteractiveShell, emulator: Emulator) -> None:
    run(shell, "%%veo --seconds 4\nA cat")
    again = run(shell, "%%veo --seconds 4\nA cat").card
    assert "Take 2: the request of job " in again
    assert "paid" not in again
    assert sent(emulator) == 2


def test_what_brought_no_clip_is_sent_again(paid: InteractiveShell, emulator: Emulator) -> None:
    cell = f"%%veo {PAID} --wait\n---\noutcome: filtered\n---\nA cat"
    for _ in range(2):
        told = run(paid, cell)
        assert isinstance(told.error, errors.GenerationFilteredError)
    assert "brought no clip, so the request was sent again." in told.card
    assert "--once" not in told.card


@pytest.mark.parametrize("how", ["--once", "c.VeoMagics.once", "VEO_ONCE"])
def test_once_shows_the_clip_that_is_there(
    paid: InteractiveShell, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    run(paid, CELL)
    first = paid.user_ns["job"].wait(600)
    if how == "VEO_ONCE":
        monkeypatch.setenv("VEO_ONCE", "1")
    elif how == "c.VeoMagics.once":
        run(paid, "%config VeoMagics.once = True")
    flag = "--once" if how == "--once" else ""
    # Another session, to the ledger: nothing of this one is needed to find it.
    once = run(paid, CELL.replace("%%veo", f"%%veo {flag}"))
    assert f"This request was sent before, as job {first.id}. Nothing was sent, because of --once." in once.card
    assert first.videos[0].path.name in once.card
    assert paid.user_ns["job"].id == first.id
    assert sent(emulator) == 1
    first.videos[0].path.unlink()
    gone = run(paid, CELL.replace("%%veo", f"%%veo {flag}"))
    assert f"the clip of job {first.id} is no longer there, so the request was sent again and is paid" in gone.card
    assert sent(emulator) == 2


def test_once_waits_for_what_runs_and_sends_what_brought_no_clip(shell: InteractiveShell, emulator: Emulator) -> None:
    slow = "%%veo --once --seconds 4 --into {}\nA cat"
    run(shell, "awaited = 'again'")
    run(shell, slow.format("job"))
    first = shell.user_ns["job"]
    assert ", which still runs. Nothing was sent" in run(shell, slow.format("again --wait")).card
    assert shell.user_ns["again"].id == first.id
    assert first.state == "succeeded"
    failing = "%%veo --once --seconds 4 --wait\n---\noutcome: failed\n---\nA cat"
    for _ in range(2):
        run(shell, failing)
    assert sent(emulator) == 3


def test_once_sends_nothing_where_an_answer_was_lost(paid: InteractiveShell, emulator: Emulator) -> None:
    emulator.script(on="create", fault="reset")
    assert isinstance(run(paid, CELL).error, errors.UnknownOutcomeError)
    told = run(paid, CELL.replace("%%veo", "%%veo --once"))
    assert "whose answer was lost; it may run and be charged. Nothing was sent" in told.card
    assert sent(emulator) == 1


def test_every_seed_is_looked_at_on_its_own(shell: InteractiveShell, emulator: Emulator) -> None:
    run(shell, "%%veo --seconds 4 --seed 1,2 --into jobs --wait\nA cat")
    before = [job.id for job in shell.user_ns["jobs"]]
    more = run(shell, "%%veo --seconds 4 --seed 1..4 --once --grid --into jobs --wait\nA cat")
    assert more.error is None
    assert "2 jobs, $0.80 in all." in more.text
    assert f"as jobs {before[0]}, {before[1]}. Nothing was sent, because of --once." in more.text
    assert [job.id for job in shell.user_ns["jobs"]][:2] == before
    assert sent(emulator) == 4


def takes_of(card: str) -> list[tuple[int, str]]:
    """The takes in the plain output of a grid, with their clips' seeds."""
    found = re.findall(r"<div>Take (\d) · Seed (\d)</div>", card)
    return sorted((int(take), seed) for take, seed in found)


def test_a_grid_keeps_its_earlier_takes(shell: InteractiveShell, emulator: Emulator) -> None:
    cell = "%%veo --seconds 4 --seed {} --grid --into jobs --wait\nA cat"
    assert "Take" not in run(shell, cell.format("1,2")).card
    assert takes_of(run(shell, cell.format("1,2")).card) == [(1, "1"), (1, "2"), (2, "1"), (2, "2")]
    # A seed more is one of the newest take, too.
    assert takes_of(run(shell, cell.format("1..3")).card)[-3:] == [(3, "1"), (3, "2"), (3, "3")]
    assert sent(emulator) == 7


def test_a_picture_is_the_same_whatever_it_is_called(
    shell: InteractiveShell, emulator: Emulator, tmp_path: Path
) -> None:
    from PIL import Image

    for name, colour in (("a", "red"), ("b", "red"), ("c", "blue")):
        Image.new("RGB", (64, 36), colour).save(tmp_path / f"{name}.png")
    counted = []
    for name in "abc":
        run(shell, f"%%veo --once --seconds 4 --wait --first-frame '{tmp_path / name}.png'\nA cat")
        counted.append(sent(emulator))
    assert counted == [1, 1, 2]


def test_a_switch_says_yes_or_no() -> None:
    said = [switched_on("VEO_ONCE", {"VEO_ONCE": word}) for word in ("1", "True", "on", "0", "no", "")]
    assert said == [True, True, True, False, False, False]
    with pytest.raises(errors.ConfigError, match="VEO_ONCE: 'maybe' is neither 1 nor 0"):
        switched_on("VEO_ONCE", {"VEO_ONCE": "maybe"})


@dataclass
class Kernel:
    """A kernel that somebody sits at: cells have ids, and input can be asked for."""

    manager: Any
    client: Any
    outputs: list[dict[str, Any]] = field(default_factory=list)

    def run(self, code: str, cell: str = "", *, people: bool = True) -> str:
        """Run a cell; returns what it prints."""
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": people, "stop_on_error": False}
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell} if cell else {})
        self.client.shell_channel.send(message)
        self.outputs, text = [], ""
        while True:
            got = self.client.get_iopub_msg(timeout=600)
            if got["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            if got["msg_type"] == "status" and got["content"]["execution_state"] == "idle":
                break
            if got["msg_type"] == "display_data":
                self.outputs.append(got["content"]["data"])
            if got["msg_type"] == "stream" and got["content"]["name"] == "stdout":
                text += got["content"]["text"]
            assert got["msg_type"] != "error", got["content"]
        return text.strip()

    @property
    def card(self) -> str:
        """The plain cards of the last cell."""
        return "".join(output.get("text/html", "") for output in self.outputs)

    def click(self, content: dict[str, Any]) -> None:
        """Say something as the browser does, to the first view of the last cell."""
        views = (output.get("application/vnd.jupyter.widget-view+json") for output in self.outputs)
        comm_id = next(view["model_id"] for view in views if view)
        data = {"method": "custom", "content": content}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", {"comm_id": comm_id, "data": data}))

    def states(self) -> Iterator[dict[str, Any]]:
        """What a page knows of the first view of the last cell after each message about it."""
        state: dict[str, Any] = {}
        while True:
            content = self.client.get_iopub_msg(timeout=600)["content"]
            if content.get("data", {}).get("method") == "update" and {"job", "takes"} & {*content["data"]["state"]}:
                state |= content["data"]["state"]
                yield state

    def die(self) -> None:
        self.manager.signal_kernel(signal.SIGKILL)
        self.manager.restart_kernel(now=True)
        self.client.wait_for_ready(timeout=600)
        self.run(HASTE)


@pytest.fixture
def kernel(tmp_path: Path, emulator: Emulator) -> Iterator[Kernel]:
    environment = {
        **os.environ,
        "VEO_WIDGETS_HOME": str(tmp_path / "home"),
        "VEO_PROVIDER": "gemini",
        "GEMINI_API_KEY": "a-key",
        "GOOGLE_GEMINI_BASE_URL": emulator.base_url,
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "JPY_SESSION_NAME": str(tmp_path / "film.ipynb"),
    }
    manager, client = started_kernel(env=environment, cwd=str(tmp_path))
    made = Kernel(manager, client)
    made.run(HASTE)
    made.run(LOAD)
    yield made
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_a_paid_repeat_is_sent_only_when_its_button_is_clicked(kernel: Kernel, emulator: Emulator) -> None:
    kernel.run(CELL, "one")
    job_id = kernel.run("print(job.wait(600).id)")
    kernel.run(CELL, "one")
    assert f"This request was sent before, as job {job_id}. Nothing was sent this time." in kernel.card
    assert f"%veo retry {job_id} sends it again, for $0.40." in kernel.card
    assert sent(emulator) == 1
    assert kernel.run("print(job.id)") == job_id
    kernel.run(CELL, "one")
    for _ in range(2):
        kernel.click({"kind": "retry", "job": job_id})
    kernel.run(f"while job.id == {job_id!r}: pass")
    assert kernel.run("print(job.wait(600).state, len(veo.jobs()))") == "succeeded 2"
    assert sent(emulator) == 2
    # Another cell may want a clip of its own.
    kernel.run(CELL, "two")
    assert "sent before" not in kernel.card
    assert sent(emulator) == 3


def test_a_job_is_never_shown_as_two_takes(kernel: Kernel, emulator: Emulator) -> None:
    kernel.run(CELL, "one")
    job_id = kernel.run("print(job.wait(600).id)")
    kernel.run(CELL, "one")
    kernel.click({"kind": "retry", "job": job_id})
    for state in kernel.states():
        takes = [take["id"] for take in state.get("takes", ())]
        assert state.get("job", {"id": job_id})["id"] not in takes
        if takes:
            break
    assert takes == [job_id]


def test_a_grid_asks_too_and_keeps_its_take(kernel: Kernel, emulator: Emulator) -> None:
    cell = CELL.replace("--into job", "--grid --wait")
    kernel.run(cell, "one")
    assert kernel.run(cell, "one").count("Nothing was sent this time.") == 1
    kernel.click({"kind": "drafts", "request": "a-click"})
    kernel.run("import time\nwhile len(veo.jobs()) < 2:\n    time.sleep(0.1)\nnothing = veo.jobs()[0].wait(600)")
    assert sent(emulator) == 2
    kernel.run(cell.replace("--grid", "--grid --once"), "one")
    assert [f"Take {number} · Clip" in kernel.card for number in (1, 2, 3)] == [True, True, False]


def test_a_restarted_kernel_asks_too_but_not_a_program(kernel: Kernel, emulator: Emulator) -> None:
    kernel.run(CELL, "one")
    kernel.run("job.wait(600)")
    kernel.die()
    kernel.run(LOAD)
    kernel.run(CELL, "one")
    assert "Nothing was sent this time." in kernel.card
    kernel.run(CELL, "one", people=False)
    assert "sent before" not in kernel.card
    assert sent(emulator) == 2


def test_a_job_that_runs_is_asked_about_and_waited_for(kernel: Kernel, emulator: Emulator) -> None:
    slow = f"%%veo {PAID} --into {{}}\nA cat"
    kernel.run("awaited = 'again'")
    kernel.run(slow.format("job"), "one")
    job_id = kernel.run("print(job.id)")
    kernel.run(slow.format("again --wait"), "one")
    assert f"as job {job_id}, which still runs. Nothing was sent this time." in kernel.card
    assert kernel.run("print(job.id, job.state)") == f"{job_id} succeeded"
    assert sent(emulator) == 1


@pytest.mark.parametrize("people", [True, False])
def test_after_a_lost_kernel_the_cell_takes_its_job_up(kernel: Kernel, emulator: Emulator, people: bool) -> None:
    slow = f"%%veo {PAID} --into job\n---\npolls: 4\n---\nA cat"
    kernel.run("awaited = 'never'")
    kernel.run(slow, "one")
    job_id = kernel.run("print(job.id)")
    kernel.die()
    kernel.run("awaited = 'job'")
    kernel.run(LOAD)
    kernel.run(slow, "one", people=people)
    assert (
        f"An earlier kernel sent this request as job {job_id}, which is still running and is followed here."
        in kernel.card
    )
    assert kernel.run("print(job.wait(600).id, job.state, len(veo.jobs()))") == f"{job_id} succeeded 1"
    kernel.run(slow.replace("A cat", "A dog"), "one", people=people)
    assert "earlier kernel" not in kernel.card
    assert sent(emulator) == 2


@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_terminal_asks_at_its_prompt(tmp_path: Path, emulator: Emulator, answer: str) -> None:
    script = tmp_path / "asks.py"
    script.write_text(
        f"{HASTE}"
        "from IPython.terminal.interactiveshell import TerminalInteractiveShell\n"
        "shell = TerminalInteractiveShell.instance(simple_prompt=True)\n"
        "shell.run_line_magic('load_ext', 'veo_widgets')\n"
        f"shell.run_cell({CELL + chr(10)!r})\nshell.user_ns['job'].wait(600)\n"
        f"shell.run_cell({CELL + chr(10)!r})\n"
    )
    environment = {
        **os.environ,
        "VEO_WIDGETS_HOME": str(tmp_path / "home"),
        "VEO_PROVIDER": "gemini",
        "GEMINI_API_KEY": "a-key",
        "GOOGLE_GEMINI_BASE_URL": emulator.base_url,
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }
    ours, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, str(script)], cwd=tmp_path, env=environment, stdin=its, stdout=subprocess.PIPE
    )
    os.write(ours, f"{answer}\n".encode())
    said, _ = process.communicate(timeout=600)
    os.close(its)
    os.close(ours)
    assert "Send it again for $0.40? [y/N]" in said.decode()
    assert ("Nothing was sent this time." in said.decode()) is (answer == "n")
    assert sent(emulator) == (2 if answer == "y" else 1)
