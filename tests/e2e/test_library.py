"""The library in real JupyterLab, used with a mouse and with keys, among five thousand jobs."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Locator, expect

from tests.made_jobs import write_many

from .conftest import Notebook, drag
from .test_studio import says

LOAD = "import veo_widgets as veo\nveo.configure(provider='emulator', folder='kept')"
CLIPS = "sorted(path.name for path in __import__('pathlib').Path('kept').glob('*.mp4'))"


def library_in(notebook: Notebook, name: str, prompt: str) -> Locator:
    """A notebook with a library of one clip that is there, and five thousand newer jobs; returns its element."""
    home = notebook.lab.root.with_name("home")
    make = f"veo.submit({prompt!r}, seconds=4, seed=7).wait().id"
    notebook.write(name, LOAD, make, "lib = veo.library()\nlib")
    notebook.open(name)
    notebook.run(0)
    notebook.run(1)
    write_many(home / "ledger.sqlite3", 5000, notebook.lab.root / "gone", now=time.time())
    notebook.run(2)
    return notebook.page.locator(".veo-lib")


def test_a_clip_is_found_by_a_word_of_its_prompt_and_played(notebook: Notebook) -> None:
    page, library = notebook.page, library_in(notebook, "library.ipynb", "A heron on a frozen pond")
    cards = library.locator(".veo-lib-cell")
    expect(library).to_contain_text(re.compile(r"5,\d\d\d jobs"))
    expect(cards.first).to_contain_text("take 4999")
    # Only what is seen is in the page, at the top and after a long way down.
    assert cards.count() < 60
    library.locator(".veo-lib-shelf").evaluate("box => { box.scrollTop = box.scrollHeight / 2; }")
    expect(library).to_contain_text(re.compile("take 2[3-6]"))
    assert cards.count() < 60
    notebook.picture("library-light", library)
    library.get_by_role("searchbox", name="Search prompts").click()
    page.keyboard.type("heron")
    expect(cards).to_have_count(1)
    expect(library).to_contain_text("1 job · 1 clip")
    notebook.picture("library-found", library)
    library.get_by_role("button", name="Play A heron on a frozen pond").click()
    page.wait_for_function("() => document.querySelector('.veo-lib video')?.currentTime > 0.4")
    assert "/files/kept/" in library.locator("video").evaluate("video => video.currentSrc")
    page.keyboard.press("Escape")
    expect(cards).to_have_count(1)
    expect(cards.first).to_be_focused()


def test_a_clip_is_starred_deleted_taken_back_and_given_away(notebook: Notebook) -> None:
    page, library = notebook.page, library_in(notebook, "kept.ipynb", "An otter in the rain")
    cards = library.locator(".veo-lib-cell")
    search = library.get_by_role("searchbox", name="Search prompts")
    search.fill("otter")
    star = library.get_by_role("button", name="Star An otter in the rain")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    search.fill("")
    library.get_by_role("button", name="Only starred").click()
    expect(cards).to_have_count(1)
    expect(cards.first).to_contain_text("otter")
    before = says(notebook, f"print({CLIPS})")
    assert "an-otter" in before
    cards.first.hover()
    library.get_by_role("button", name="More for An otter in the rain").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(library).to_contain_text("Nothing fits this search.")
    expect(library).to_contain_text("The files are in the trash.")
    assert "an-otter" not in says(notebook, f"print({CLIPS})")
    library.get_by_role("button", name="Undo").click()
    expect(cards).to_have_count(1)
    assert says(notebook, f"print({CLIPS})") == before
    cards.first.hover()
    library.get_by_role("checkbox", name="Select An otter in the rain").check()
    expect(library).to_contain_text("1 selected")
    assert says(notebook, "print([job.request.prompt for job in lib.selection])") == "['An otter in the rain']"
    library.get_by_role("button", name="Export").click()
    expect(library).to_contain_text(re.compile(r"Exported to veo-library-[-\d]+/index\.html, which plays offline\."))
    (folder,) = notebook.lab.root.glob("veo-library-*")
    assert len(list(folder.glob("clips/*.mp4"))) == 1


def test_a_card_is_dragged_onto_a_form(notebook: Notebook) -> None:
    page = notebook.page
    notebook.write(
        "dragged.ipynb", LOAD, "veo.submit('A wren', seconds=4).wait().id", "veo.library('wren')", "veo.Form()"
    )
    notebook.open("dragged.ipynb")
    for cell in range(4):
        notebook.run(cell)
    prompt = page.locator(".veo-form").get_by_role("textbox", name="Prompt")
    expect(prompt).to_have_value("")
    drag(page.locator(".veo-lib-title").first, prompt)
    expect(prompt).to_have_value("A wren")


def test_a_card_is_dragged_onto_a_grid(notebook: Notebook) -> None:
    page = notebook.page
    make = "made = [veo.submit(prompt, seconds=4).wait() for prompt in ('A robin', 'A siskin')]"
    notebook.write("into_grid.ipynb", LOAD, make, "veo.library('siskin')", "grid = veo.grid(made[0])\ngrid")
    notebook.open("into_grid.ipynb")
    for cell in range(4):
        notebook.run(cell)
    grid, library = page.locator(".veo-grid"), page.locator(".veo-lib")
    expect(grid.locator(".veo-cell")).to_have_count(1)
    drag(library.locator(".veo-lib-title").first, grid.locator(".veo-cell"))
    expect(grid.locator(".veo-cell")).to_have_count(2)
    expect(grid.locator(".veo-cell video, .veo-cell img").nth(1)).to_be_visible()
    assert says(notebook, "print(grid.jobs[1].request.prompt)") == "A siskin"
    # And by keys, which says that it is there already.
    more = library.get_by_role("button", name="More for A siskin")
    more.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Play")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(grid.get_by_role("alert")).to_contain_text("is in this grid already.")
    expect(library).to_contain_text("The job is in the grid.")
    notebook.picture("grid-dropped", grid)


def test_a_clip_that_is_made_appears_by_itself_and_the_keyboard_stays_at_its_card(notebook: Notebook) -> None:
    page = notebook.page
    notebook.write("live.ipynb", LOAD, "veo.submit('A wagtail', seconds=4).wait().id", "lib = veo.library()\nlib")
    notebook.open("live.ipynb")
    for cell in range(3):
        notebook.run(cell)
    cards = page.locator(".veo-lib-cell")
    expect(cards.first).to_contain_text("A wagtail")
    cards.first.focus()
    says(notebook, "print(veo.submit('A nuthatch', seconds=4).wait().state)")
    expect(page.locator("[data-index='0']")).to_contain_text("A nuthatch")
    expect(page.locator("[data-index='0'] img")).to_be_visible()
    expect(page.locator("[data-index='1']")).to_contain_text("A wagtail")


def test_everything_can_be_done_by_keys(notebook: Notebook) -> None:
    page, home = notebook.page, notebook.lab.root.with_name("home")
    write_many(home / "ledger.sqlite3", 5000, notebook.lab.root / "gone", now=time.time())
    notebook.write("keys.ipynb", LOAD, "veo.submit('A kingfisher', seconds=4).wait().id", "lib = veo.library()\nlib")
    notebook.open("keys.ipynb")
    for cell in range(3):
        notebook.run(cell)
    library = page.locator(".veo-lib")
    cards = library.locator(".veo-lib-cell")
    expect(cards.first).to_contain_text("kingfisher")
    cards.first.focus()
    page.keyboard.press("s")
    expect(cards.first).to_have_attribute("aria-label", re.compile("starred"))
    page.keyboard.press("Space")
    expect(library).to_contain_text("1 selected")
    page.keyboard.press("End")
    last = library.locator(".veo-lib-cell:focus")
    expect(last).to_have_attribute("aria-posinset", re.compile(r"\d{4}"))
    assert last.get_attribute("aria-posinset") == last.get_attribute("aria-setsize")
    page.keyboard.press("Home")
    expect(library.locator(".veo-lib-cell:focus")).to_contain_text("kingfisher")
    page.keyboard.press("ArrowRight")
    expect(library.locator(".veo-lib-cell:focus")).to_have_attribute("aria-posinset", "2")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('.veo-lib video')?.currentTime > 0.2")
    page.keyboard.press("Escape")
    expect(library.locator(".veo-lib-cell:focus")).to_contain_text("kingfisher")
    page.keyboard.press("Delete")
    expect(library).to_contain_text("Deleted 1 job")
    expect(cards.first).not_to_contain_text("kingfisher")
    page.keyboard.press("z")
    expect(cards.first).to_contain_text("kingfisher")
    page.keyboard.press("/")
    expect(library.get_by_role("searchbox")).to_be_focused()
    # The notebook's own commands were not given: its cells are all there.
    expect(page.locator(".jp-Cell")).to_have_count(3)
