"""What stays in the notebook beside the live views: hidden while they live, there when the kernel is gone."""

from __future__ import annotations

import re

from playwright.sync_api import Page, WebSocketRoute, expect

from veo_widgets.emulator import Emulator

from .conftest import READY, Notebook

LOAD = "%load_ext veo_widgets\nimport veo_widgets as veo\nveo.configure(provider='emulator')"
# The front matter holds the emulator back, so that the job still runs when its kernel dies.
SLOW = "---\nseconds: 600\n---\nA slow cat"
VIEWS = (
    "%%veo --seconds 4 --wait\nA cat",
    "veo.Player(veo.jobs()[0])",
    "veo.grid([veo.jobs()[0], veo.jobs()[0]])",
    "veo.compare('A cat', seeds=[1, 2], seconds=4)",
    "veo.show(veo.jobs()[0])",
    f"%%veo --seconds 4\n{SLOW}",
    "veo.Studio()",
)
HEIGHTS = "() => [...document.querySelectorAll('[class^=veo-saved-]')].map(one => one.getBoundingClientRect().height)"


def heights(page: Page) -> list[float]:
    found: list[float] = page.evaluate(HEIGHTS)
    return found


def test_every_view_is_shown_once_and_tells_of_its_kernels_end(notebook: Notebook) -> None:
    page = notebook.page
    notebook.write("views.ipynb", LOAD, *VIEWS)
    notebook.open("views.ipynb")
    notebook.command("notebook:run-all-cells")
    cells = page.locator(".jp-Cell")
    expect(cells.locator(".veo-root:not(.veo-root .veo-root)")).to_have_count(len(VIEWS))
    expect(page.locator(".veo-studio .veo-job-row")).to_have_count(2)
    saved = page.locator("[class^=veo-saved-]")
    expect(saved).to_have_count(len(VIEWS) - 1)
    assert heights(page) == [0.0] * (len(VIEWS) - 1)
    for text in ("JobView(", "Player(", "Grid(", "There is no clip yet."):
        expect(page.locator(".jp-OutputArea-output", has_text=text).filter(visible=True)).to_have_count(0)
    notebook.picture("views-light")
    running = cells.nth(6).locator(".veo-root")
    expect(running.get_by_role("button", name="Stop waiting")).to_be_enabled()

    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    for number in range(1, len(VIEWS) + 1):
        expect(cells.nth(number).locator(".veo-root > div > .veo-gone").first).to_contain_text("kernel")
    expect(running).to_contain_text("goes on at the service; %veo resume brings its clip home")
    assert all(height > 0 for height in heights(page)), heights(page)
    expect(saved.last).to_contain_text("goes on at the service")
    expect(running.locator(".veo-clock")).to_be_hidden()
    for button in cells.locator(".veo-generate, .veo-actions button, .veo-drafts button").all():
        expect(button).to_be_disabled()
    notebook.picture("views-gone-light")


def test_a_kernel_that_was_shut_down_is_told_too(notebook: Notebook) -> None:
    page = notebook.page
    notebook.write("shut.ipynb", LOAD, VIEWS[0])
    notebook.open("shut.ipynb")
    notebook.command("notebook:run-all-cells")
    root = page.locator(".jp-Cell .veo-root")
    root.locator("video").wait_for()
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    expect(root.locator(".veo-gone")).to_contain_text("The kernel is gone. %veo show")
    expect(page.locator("[class^=veo-saved-]")).to_be_visible()
    expect(root.locator("video")).to_be_hidden()


def test_an_open_jobs_saved_output_names_the_way_back_and_is_brought_up_to_date(
    notebook: Notebook, emulator: Emulator
) -> None:
    page = notebook.page
    home = notebook.lab.root.parent / "home-resumed"
    begin = f"import os\nos.environ['VEO_WIDGETS_HOME'] = {str(home)!r}"
    load = f"{begin}\n{LOAD}\nveo.configure(base_url={emulator.base_url!r})"
    path = notebook.write(
        "resumed.ipynb", load, "%%veo --seconds 4\n---\nseconds: 40\n---\nA patient cat", "%veo resume"
    )
    notebook.open("resumed.ipynb")
    notebook.run(0)
    notebook.run(1)
    cells = page.locator(".jp-Cell")
    cells.nth(1).get_by_role("button", name="Stop waiting").wait_for()
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    saved = cells.nth(1).locator("[class^=veo-saved-]")
    expect(saved).to_contain_text("goes on at the service. %veo resume")
    page.wait_for_function(READY)
    notebook.run(0)
    notebook.run(2)
    cells.nth(2).locator("video").first.wait_for(state="attached", timeout=180_000)
    expect(saved.locator("video")).to_have_count(1)
    notebook.command("docmanager:save")
    assert "had not ended" not in path.read_text()
    assert sum(entry.kind == "create" for entry in emulator.journal()) == 1


def test_a_broken_connection_is_told_until_it_is_mended(notebook: Notebook) -> None:
    """The buttons are off meanwhile, and what the page has missed is there afterwards."""
    page, broken, open_ones = notebook.page, False, []

    def pass_on(socket: WebSocketRoute) -> None:
        if broken:
            socket.close()
            return
        socket.connect_to_server()
        open_ones.append(socket)

    page.route_web_socket(re.compile("/channels"), pass_on)
    notebook.write("broken.ipynb", LOAD, f"%%veo --seconds 4 --into job\n{SLOW}", "veo.Studio()")
    notebook.open("broken.ipynb")
    notebook.command("notebook:run-all-cells")
    card = page.locator(".jp-Cell").nth(1).locator(".veo-root").first
    studio = page.locator(".veo-studio")
    expect(card.get_by_role("button", name="Stop waiting")).to_be_enabled()
    studio.get_by_role("textbox", name="Prompt").fill("Another cat")
    expect(studio.locator(".veo-generate")).to_be_enabled()

    broken = True
    for socket in open_ones:
        socket.close()
    told = "No connection to the kernel. Job"
    expect(card.locator(".veo-gone")).to_contain_text(told)
    expect(card.get_by_role("button", name="Stop waiting")).to_be_disabled()
    expect(studio.locator(".veo-generate")).to_be_disabled()
    studio.get_by_role("textbox", name="Prompt").press("Control+Enter")
    notebook.picture("views-away-light")

    broken = False
    expect(card.locator(".veo-gone")).to_have_count(0)
    expect(studio.locator(".veo-generate")).to_be_enabled()
    card.get_by_role("button", name="Stop waiting").click()
    expect(card.get_by_role("button", name="Resume waiting")).to_be_enabled()
    # What was pressed meanwhile has sent nothing.
    expect(page.locator(".veo-job-row", has_text="Another cat")).to_have_count(0)
