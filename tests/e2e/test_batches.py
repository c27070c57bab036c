"""The table of a batch in real JupyterLab, used with a mouse and with keys, while code runs the same batch."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from playwright.sync_api import Locator, expect

from veo_widgets.emulator import Emulator

from .conftest import Notebook, plays
from .test_studio import says

LOAD = "import veo_widgets as veo\nveo.configure(provider='emulator', folder='made')"
# Twelve rows, of which one is withheld and one fails.
ROWS = """
outcomes = {3: 'filtered', 8: 'failed'}
rows = [
    {'prompt': (f'---\\noutcome: {outcomes[n]}\\n---\\n' if n in outcomes else '') + f'{animal} number {n}',
     'animal': animal, 'weight': n * 7 % 12}
    for n, animal in enumerate(['Otter', 'Heron', 'Lynx'] * 4)
]
"""
SENT = "print(json.dumps([(job.request.prompt[-11:], job.request.resolution or '') for job in veo.jobs(limit=99)]))"


def table_in(notebook: Notebook, name: str, batch: str, *more: str) -> Locator:
    """A notebook with a batch as the last line of its third cell; returns the table."""
    notebook.write(name, f"import json\n{LOAD}", ROWS, f"batch = {batch}\nbatch", *more)
    notebook.open(name)
    for cell in range(3):
        notebook.run(cell)
    return notebook.page.locator(".veo-batch")


def batch_of(name: str) -> str:
    return f"veo.batch(rows, name={name!r}, seconds=4)"


def press(table: Locator, name: str | re.Pattern[str]) -> None:
    """Press what costs money, and confirm it."""
    button = table.get_by_role("button", name=name)
    expect(button).to_have_attribute("aria-disabled", "false")
    button.click()
    confirm = table.get_by_role("button", name="Confirm")
    expect(confirm).to_have_attribute("aria-disabled", "false")
    confirm.click()


def sent(notebook: Notebook) -> list[list[str]]:
    return [list(one) for one in json.loads(says(notebook, SENT))]


def test_a_batch_is_made_sorted_and_filtered(notebook: Notebook) -> None:
    page = notebook.page
    table = table_in(notebook, "batch.ipynb", batch_of("mouse"))
    before = len(sent(notebook))
    press(table, "Make 12 rows · $4.80")
    expect(table).to_contain_text("10 of 12 · 2 failed")
    expect(table.locator(".veo-batch-made")).not_to_have_count(0)
    assert len(sent(notebook)) == before + 12
    notebook.picture("batch-made", table)
    # Sorted by a number, and the other way round.
    weight = table.get_by_role("columnheader", name="weight")
    weight.get_by_role("button").click()
    expect(weight).to_have_attribute("aria-sort", "ascending")
    expect(table.locator(".veo-batch-number").first).to_have_text("1")
    expect(table.locator(".veo-batch-number").nth(1)).to_have_text("8")
    weight.get_by_role("button").click()
    expect(weight).to_have_attribute("aria-sort", "descending")
    expect(table.locator(".veo-batch-number").first).to_have_text("6")
    table.get_by_role("columnheader", name="Row").get_by_role("button").click()
    # Filtered by state, then by words.
    table.get_by_role("button", name="Failed 2").click()
    expect(table.locator(".veo-batch-number")).to_have_text(["4", "9"])
    table.get_by_role("searchbox", name="Search rows").fill("withheld")
    expect(table.locator(".veo-batch-number")).to_have_text(["4"])
    table.get_by_role("button", name="Open row 4").click()
    expect(table.locator(".veo-batch-open")).to_contain_text("Withheld by the safety filter")
    page.keyboard.press("Escape")
    table.get_by_role("searchbox", name="Search rows").fill("")
    table.get_by_role("button", name="All 12").click()
    expect(table.locator(".veo-batch-number").first).to_have_text("1")


def test_what_failed_is_retried_and_what_is_starred_made_well(notebook: Notebook) -> None:
    page = notebook.page
    table = table_in(notebook, "stars.ipynb", f"{batch_of('stars')}.run().wait()")
    expect(table).to_contain_text("10 of 12 · 2 failed")
    before = len(sent(notebook))
    # The two that failed, and nothing else.
    press(table, "Retry the failed (2) · $0.80")
    expect(table.get_by_role("button", name="Retry the failed (2)")).to_be_visible()
    page.wait_for_function("() => !document.querySelector('.veo-batch').textContent.includes('Sending')")
    assert len(sent(notebook)) == before + 2
    # A row that is starred here has its star in the library.
    star = table.get_by_role("button", name="Star row 2", exact=True)
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    starred = "print([job.request.prompt for job in veo.library(starred=True).jobs])"
    assert says(notebook, starred) == "['Heron number 1']"
    press(table, re.compile(r"Render the starred one at 1080p, 8 s · \$0\.96"))
    expect(table.locator("[data-row='row 2']")).to_contain_text("1080p")
    expect(table.get_by_role("button", name="Render the starred")).to_have_count(0)
    assert sent(notebook).count(["on number 1", "1080p"]) == 1
    # Played below the table, the better one first.
    table.get_by_role("button", name="Play row 2", exact=True).click()
    expect(table.locator(".veo-batch-open .veo-thumb")).to_have_count(2)
    page.wait_for_function("() => document.querySelector('.veo-batch video')?.currentTime > 0.2")
    assert table.locator("video").evaluate("video => video.videoHeight") == 1080
    notebook.picture("batch-open", table)
    page.keyboard.press("Escape")
    expect(page.locator("[data-row='row 2']")).to_be_focused()
    table.get_by_role("button", name="Contact sheet").click()
    expect(table).to_contain_text(re.compile(r"The contact sheet is in veo-sheet-[-\d]+\.html"))
    (sheet,) = notebook.lab.root.glob("veo-sheet-*.html")
    assert sheet.read_text("utf-8").count("<figure") == 12
    notebook.theme("JupyterLab Dark")
    notebook.picture("batch-dark", table)
    notebook.theme("JupyterLab Light")


def test_code_and_table_are_the_same_thing_also_when_a_cell_is_interrupted(
    notebook: Notebook, slow_service: tuple[Emulator, Callable[[], None]]
) -> None:
    page, (service, let_end) = notebook.page, slow_service
    prompts = "[{'prompt': f'---\\nseconds: 600\\n---\\nCat {n}'} for n in range(3)]"
    batch = f"veo.batch({prompts}, name='slow', seconds=4, base_url={service.base_url!r})"
    table = table_in(notebook, "slow.ipynb", batch, "batch.run().wait()", "batch.wait().plan().states")
    page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 3; }")
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-cell'); }")
    expect(table.get_by_role("button", name="Stop")).to_be_visible()
    expect(table.locator(".veo-batch-running")).to_have_count(3)
    notebook.picture("batch-running", table)
    notebook.command("notebook:interrupt-kernel")
    expect(page.locator(".jp-OutputArea-output", has_text="Stopped waiting")).not_to_have_count(0)
    expect(table.locator(".veo-batch-running")).to_have_count(3)
    let_end()
    expect(table).to_contain_text("3 of 3")
    expect(table.locator(".veo-batch-made")).to_have_count(3)
    notebook.run(4)
    expect(page.locator(".jp-OutputArea-executeResult").last).to_contain_text("{'succeeded': 3}")


def test_everything_can_be_done_by_keys(notebook: Notebook) -> None:
    page = notebook.page
    table = table_in(notebook, "keys.ipynb", f"{batch_of('keys')}.run().wait()")
    expect(table).to_contain_text("10 of 12 · 2 failed")
    first = table.locator("[data-row='row 1']")
    first.focus()
    page.keyboard.press("ArrowDown")
    expect(table.locator("[data-row='row 2']")).to_be_focused()
    page.keyboard.press("s")
    expect(table.get_by_role("button", name="Star row 2", exact=True)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("End")
    expect(table.locator("[data-row='row 12']")).to_be_focused()
    page.keyboard.press("Enter")
    expect(table.locator(".veo-batch-open")).to_be_focused()
    assert plays(table.locator("video")).startswith("http")
    page.keyboard.press("Escape")
    expect(table.locator("[data-row='row 12']")).to_be_focused()
    page.keyboard.press("/")
    expect(table.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("lynx")
    expect(table).to_contain_text("4 rows")
    # The notebook's own commands were not given: its cells are all there.
    expect(page.locator(".jp-Cell")).to_have_count(3)


def test_the_copy_takes_the_place_of_the_table_when_the_kernel_is_gone(notebook: Notebook) -> None:
    page = notebook.page
    table = table_in(notebook, "gone.ipynb", f"{batch_of('gone')}.run().wait()")
    expect(table).to_contain_text("10 of 12")
    copy = page.locator(".jp-OutputArea-output table")
    expect(copy).to_be_hidden()
    notebook.shut_down()
    expect(copy).to_be_visible()
    expect(copy).to_contain_text("Heron number 1")
