"""What a user sees where money is at stake: waiting for quota, a lost answer, what a kernel left behind, the tables."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from veo_widgets.emulator import Emulator

from ..kernels import HASTE
from .conftest import Notebook

CARD = ".jp-OutputArea-output .veo-root"
LOAD = "%load_ext veo_widgets\nimport veo_widgets as veo"


GATEWAY = "provider='openai', base_url='{url}/v1', api_key='sk-test-only', model='sora-2'"
GOOGLES = "provider='gemini', base_url='{url}', api_key='sk-test-only', model='veo-3.1-fast-generate-preview'"
FREE = "provider='emulator', base_url='{url}'"


def begin(emulator: Emulator, notebook: Notebook, name: str, settings: str, pauses: str = "") -> str:
    """The first cell: reach the emulator as if it were somebody's service, with a ledger of this test's own.

    Its `pauses` are a client's, such as `HASTE`.
    """
    home = notebook.lab.root.parent / f"home-{name}"
    settings = settings.format(url=emulator.base_url)
    return f"import os\nos.environ['VEO_WIDGETS_HOME'] = {str(home)!r}\n{pauses}\n{LOAD}\nveo.configure({settings})"


def test_a_job_that_waits_for_quota_counts_down_and_can_be_called_off(notebook: Notebook, emulator: Emulator) -> None:
    page = notebook.page
    emulator.script(on="create", fault="status-429-bare", times=9)
    notebook.write(
        "quota.ipynb",
        begin(emulator, notebook, "quota", GATEWAY),
        "%%veo --seconds 4 --allow-retired\nA cat on a windowsill",
    )
    notebook.open("quota.ipynb")
    notebook.start_all()
    card = page.locator(CARD).first
    expect(card).to_contain_text("Waiting for quota")
    expect(card).to_contain_text("A refused attempt is usually not charged")
    expect(card.get_by_role("timer")).to_have_text(re.compile(r"0:0\d"))
    notebook.picture("quota-light", card)
    notebook.theme("JupyterLab Dark")
    notebook.picture("quota-dark", card)
    notebook.theme("JupyterLab Light")
    card.get_by_role("button", name="Cancel").click()
    expect(card).to_contain_text("It is not sent again, as you wished.")
    notebook.picture("quota-cancelled", card)
    expect(card).to_contain_text("$0.00")
    emulator.reset()


def test_a_lost_answer_leaves_the_choice_and_is_found(notebook: Notebook, emulator: Emulator) -> None:
    page = notebook.page
    emulator.reset()
    emulator.script(on="create", fault="reset")
    notebook.write(
        "lost.ipynb",
        begin(emulator, notebook, "lost", GATEWAY, HASTE),
        "%%veo --seconds 4 --allow-retired\nA cat in the rain",
    )
    notebook.open("lost.ipynb")
    notebook.start_all()
    card = page.locator(CARD).first
    expect(card).to_contain_text("The service's answer was lost")
    expect(card).to_contain_text("nothing is chosen for you")
    notebook.picture("lost-light", card)
    card.get_by_role("button", name="Look for it").click()
    page.locator(f"{CARD} video").wait_for()
    notebook.picture("found-light", card)
    assert sum(entry.kind == "create" for entry in emulator.journal()) == 1


def test_what_an_earlier_kernel_left_is_told_and_brought_home(notebook: Notebook, emulator: Emulator) -> None:
    page = notebook.page
    emulator.reset()
    first = begin(emulator, notebook, "left", FREE)
    submit = "veo.submit('---\\npolls: 3\\n---\\nA cat', seconds=4, allow_retired=True).id"
    notebook.write("left.ipynb", first, submit)
    notebook.open("left.ipynb")
    notebook.start_all()
    expect(page.locator(".jp-OutputArea-executeResult")).to_contain_text("'")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    notebook.write("after.ipynb", first, "%veo resume", "veo.jobs()[0].wait().videos[0].bytes > 0")
    notebook.open("after.ipynb")
    notebook.start_all()
    expect(page.locator(".jp-OutputArea-output").last).to_contain_text("True")
    expect(page.locator(".jp-OutputArea-output").first).to_contain_text("1 job of an earlier kernel is open")
    notebook.picture("left-light")
    assert sum(entry.kind == "create" for entry in emulator.journal()) == 1


def test_doctor_budget_and_cost_are_readable_in_both_themes(notebook: Notebook, emulator: Emulator) -> None:
    page = notebook.page
    emulator.reset()
    notebook.write(
        "tables.ipynb",
        begin(emulator, notebook, "tables", GOOGLES, HASTE),
        "veo.budget(day=2)\njobs = [veo.submit('A cat', seconds=seconds) for seconds in (4, 8)]\n"
        "[job.wait() for job in jobs]",
        "%veo budget",
        "%veo cost",
        "%veo doctor",
        "%veo jobs",
        "%%veo --resolution 4k\nA cat that costs too much",
    )
    notebook.open("tables.ipynb")
    notebook.start_all()
    refused = page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").last
    expect(refused).to_contain_text("BudgetError: budget: this request takes", timeout=600_000)
    expect(refused).not_to_contain_text("Traceback")
    expect(page.locator(".jp-OutputArea-output", has_text="clips folder")).to_be_visible()
    notebook.picture("tables-light")
    notebook.theme("JupyterLab Dark")
    notebook.picture("tables-dark")
    notebook.theme("JupyterLab Light")
    notebook.command("docmanager:save")
    # The cell that sets it is the user's own.
    assert (notebook.lab.root / "tables.ipynb").read_text().count("sk-test-only") == 1
