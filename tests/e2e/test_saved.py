"""What stays in the notebook beside the live views: hidden while they live, there when the kernel is gone."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path

import nbformat
from PIL import Image as Pillow
from playwright.sync_api import Page, WebSocketRoute, expect

from veo_widgets.domain.media import Video
from veo_widgets.emulator import Emulator, Pace
from veo_widgets.storage.clips.poster import data_address

from ..kernels import HASTE
from .conftest import READY, Notebook, shows_still

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
    "veo.Form('A dog', seconds=4)",
    "veo.Studio()",
)
# What people write in stays in its place when the kernel goes, so that its copy stays hidden.
WRITTEN_IN = 2
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
    expect(saved).to_have_count(len(VIEWS))
    assert heights(page) == [0.0] * len(VIEWS)
    for text in ("JobView(", "Player(", "Grid(", "Form(", "Studio(", "There is no clip yet."):
        expect(page.locator(".jp-OutputArea-output", has_text=text).filter(visible=True)).to_have_count(0)
    notebook.picture("views-light")
    running = cells.nth(6).locator(".veo-root")
    expect(running.get_by_role("button", name="Stop waiting")).to_be_enabled()

    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    for number in range(1, len(VIEWS) + 1):
        expect(cells.nth(number).locator(".veo-root > div > .veo-gone").first).to_contain_text("kernel")
    expect(running).to_contain_text("is still running at the service; %veo resume fetches its clip")
    copies, written_in = heights(page)[:-WRITTEN_IN], heights(page)[-WRITTEN_IN:]
    assert all(height > 0 for height in copies), copies
    assert written_in == [0.0] * WRITTEN_IN
    expect(cells.nth(len(VIEWS) - 1).locator(".veo-form")).to_be_visible()
    expect(page.locator(".veo-studio .veo-form")).to_be_visible()
    expect(saved.nth(5)).to_contain_text("in a terminal, fetches its clip")
    expect(running.locator(".veo-clock")).to_be_hidden()
    for button in cells.locator(".veo-generate, .veo-actions button, .veo-drafts button").all():
        expect(button).to_be_disabled()
    notebook.picture("views-gone-light")


def test_a_form_and_a_studio_opened_without_their_kernel_are_cards_and_nothing_else(notebook: Notebook) -> None:
    page, name = notebook.page, "forms.ipynb"
    sent = "jobs = [veo.submit(f'Cat {n} & <b>dog</b>', seconds=4) for n in range(6)]\nfor one in jobs: one.wait()"
    draft = "veo.Form('A <b>dog</b> for $5 or $6', name='draft', seconds=4, seed=7)"
    home = f"import os\nos.environ['VEO_WIDGETS_HOME'] = {str(notebook.lab.root.parent / 'home-forms')!r}"
    path = notebook.write(name, f"{home}\n{LOAD}", draft, "veo.Studio('An otter', seconds=4)", sent, "veo.Studio()")
    notebook.open(name)
    cells, copies = page.locator(".jp-Cell"), page.locator("[class^=veo-saved-]")
    for number in range(3):
        notebook.run(number)
    # What is typed is saved. Lab does not draw what is out of sight.
    cells.nth(2).locator(".veo-studio").scroll_into_view_if_needed()
    box = cells.nth(2).locator("textarea").first
    box.fill("An otter on a rope")
    box.blur()
    expect(copies.nth(1)).to_contain_text("An otter on a rope")
    for number in (3, 4):
        notebook.run(number)
    expect(page.locator(".veo-studio")).to_have_count(2)
    cells.last.locator("video").first.wait_for(state="attached")
    assert heights(page) == [0.0] * 3
    notebook.command("docmanager:save")
    cells_saved = nbformat.read(path, as_version=4).cells
    assert all(len(nbformat.writes(nbformat.v4.new_notebook(cells=[cell]))) < 40_000 for cell in cells_saved)
    notebook.shut_down()

    notebook.open(name)
    expect(page.locator(".jp-OutputArea-output.jupyter-widgets", has_text="not found")).to_have_count(3)
    expect(copies).to_have_count(3)
    for copy in copies.all():
        expect(copy).to_be_visible()
    expect(page.locator(".jp-OutputArea-output").filter(has_text="widget", visible=True)).to_have_count(0)
    expect(page.locator(".veo-root")).to_have_count(0)
    expect(copies.nth(0)).to_contain_text("A <b>dog</b> for $5 or $6")
    expect(copies.nth(0)).to_contain_text("$0.40")
    expect(copies.nth(2).locator("a")).to_have_count(5)
    expect(copies.nth(2)).to_contain_text("Cat 5 & <b>dog</b>")
    expect(copies.nth(2)).to_contain_text("and 1 more")
    page.evaluate("() => document.querySelector('.jp-WindowedPanel-outer').scrollTo(0, 0)")
    notebook.picture("forms-saved-light")
    notebook.theme("JupyterLab Dark")
    notebook.picture("forms-saved-dark")
    notebook.picture("studio-saved-dark", copies.nth(2))
    notebook.theme("JupyterLab Light")


def test_clips_opened_without_their_kernel_are_cards_and_nothing_else(notebook: Notebook) -> None:
    """Each of several cards of a cell hides the line of its own view, wherever that stands."""
    page, name = notebook.page, "clips.ipynb"
    several = "%%veo --seconds 4 --seed 1..3 --wait\nThree cats"
    views = (*(one for one in VIEWS[:5] if "compare" not in one), several)
    path = notebook.write(name, LOAD, *views, "from IPython.display import HTML\nHTML('Words of somebody else')")
    notebook.open(name)
    notebook.command("notebook:run-all-cells")
    cards, shown = len(views) + 2, page.locator(".jp-OutputArea-output")
    expect(page.locator("[class^=veo-saved-]")).to_have_count(cards)
    notebook.command("docmanager:save")
    notebook.shut_down()

    notebook.open(name)
    expect(page.locator(".jp-OutputArea-output.jupyter-widgets", has_text="not found")).to_have_count(cards)
    copies = page.locator("[class^=veo-saved-]")
    expect(copies).to_have_count(cards)
    for copy in copies.all():
        expect(copy).to_be_visible()
    expect(shown.filter(has_text="widget", visible=True)).to_have_count(0)
    expect(shown.filter(has_text="Words of somebody else", visible=True)).to_have_count(1)
    still = nbformat.read(path, 4).cells[1].outputs[-1].data["image/jpeg"]
    assert shows_still(copies.first.locator("video"), still)
    notebook.picture("clips-saved-light")


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


def test_an_untrusted_notebook_shows_the_player(notebook: Notebook) -> None:
    page = notebook.page
    path = notebook.write("untrusted.ipynb", "clip")
    whole = nbformat.read(path, 4)
    buffer = io.BytesIO()
    Pillow.new("RGB", (160, 90), "orange").save(buffer, "JPEG")
    still = data_address(buffer.getvalue())
    shown = Video(path=Path("veo_clips/cat.mp4"), width=1280, height=720).player_html("veo_clips/cat.mp4", still=still)
    whole.cells[0].outputs = [nbformat.v4.new_output("display_data", {"text/html": shown})]
    nbformat.write(whole, path)
    notebook.open("untrusted.ipynb")
    assert page.evaluate("() => window.jupyterapp.shell.currentWidget.content.model.cells.get(0).trusted") is False
    video = page.locator(".jp-OutputArea-output video")
    expect(video).to_be_visible()
    with Pillow.open(io.BytesIO(video.screenshot())) as seen:
        # JupyterLab drops the ratio of its sides, and the still has less than the whole width.
        red, green, blue = seen.convert("RGB").getpixel((seen.width // 2, 5))
    assert (red > 200, green > 100, blue < 100) == (True, True, True)


def test_an_open_jobs_saved_output_names_the_way_back_and_is_brought_up_to_date(notebook: Notebook) -> None:
    page, ahead = notebook.page, [0.0]
    # A service whose clock is put forward when its clip is to be done.
    with Emulator(pace=Pace.polls(1), clips="small", clock=lambda: time.time() + ahead[0]) as service:
        home = notebook.lab.root.parent / "home-resumed"
        begin = f"import os\nos.environ['VEO_WIDGETS_HOME'] = {str(home)!r}"
        load = f"{begin}\n{HASTE}\n{LOAD}\nveo.configure(base_url={service.base_url!r})"
        path = notebook.write("resumed.ipynb", load, f"%%veo --seconds 4\n{SLOW}", "%veo resume")
        notebook.open("resumed.ipynb")
        notebook.run(0)
        notebook.run(1)
        cells = page.locator(".jp-Cell")
        cells.nth(1).get_by_role("button", name="Stop waiting").wait_for()
        page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
        saved = cells.nth(1).locator("[class^=veo-saved-]")
        expect(saved).to_contain_text("had not ended when this was saved. %veo resume")
        page.wait_for_function(READY)
        notebook.run(0)
        notebook.run(2)
        cells.nth(2).get_by_role("button", name="Stop waiting").wait_for()
        ahead[0] = 700.0
        cells.nth(2).locator("video").first.wait_for(state="attached")
        expect(saved.locator("video")).to_have_count(1)
        notebook.command("docmanager:save")
        assert "had not ended" not in path.read_text()
        assert sum(entry.kind == "create" for entry in service.journal()) == 1


def test_a_broken_connection_is_told_until_it_is_mended(notebook_alone: Notebook) -> None:
    """The buttons are off meanwhile, and what the page has missed is there afterwards."""
    notebook = notebook_alone
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
