"""One notebook in two browsers at once, by jupyter-collaboration: what both see, and who pays for what."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from veo_widgets.emulator import Emulator, Pace

from ..conformance.environments import layer_of
from ..e2e.conftest import PATIENCE, Notebook, keep_picture, plays
from ..e2e.servers import Lab, jupyter

CELLS = ".jp-Notebook .jp-Cell"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("shared") / "root"
    root.mkdir()
    layer = layer_of("collaboration", Path(__file__).parent / "requirements")
    places = {"JUPYTER_PATH": layer / "share" / "jupyter", "JUPYTER_CONFIG_PATH": layer / "etc" / "jupyter"}
    with jupyter(root, PYTHONPATH=str(layer), **{name: str(place) for name, place in places.items()}) as running:
        yield running


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(pace=Pace.polls(1)) as emulator:
        yield emulator


@pytest.fixture
def come(browser: Browser, lab: Lab) -> Iterator[Callable[[], Notebook]]:
    """Another person with a browser of their own; no script of a page fails until the end."""
    errors: list[str] = []

    def one_more() -> Notebook:
        page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: errors.append(error.stack or str(error)))
        return Notebook(page, lab)

    yield one_more
    for context in browser.contexts:
        context.close()
    assert errors == []


def load(emulator: Emulator, home: Path) -> str:
    """The first cell: the emulator of this test, and a ledger of its own."""
    account = f"provider='emulator', base_url={emulator.base_url!r}"
    begin = f"import os\nos.environ['VEO_WIDGETS_HOME'] = {str(home)!r}"
    return f"{begin}\n%load_ext veo_widgets\nimport veo_widgets as veo\nveo.configure({account})"


def creates(emulator: Emulator) -> int:
    return sum(entry.kind == "create" for entry in emulator.journal())


def has_saved(notebook: Notebook, path: Path, cards: int) -> None:
    """Wait until the notebook's file has this many saved cards; the server writes it a while after it was told to."""
    expect(notebook.page.locator("[class^=veo-saved-]")).to_have_count(cards)
    notebook.command("docmanager:save")
    for _ in range(PATIENCE // 100):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        found = [output for cell in cells for output in cell.get("outputs", []) if "veo-saved-" in json.dumps(output)]
        if len(found) == cards:
            return
        notebook.page.wait_for_timeout(100)
    raise AssertionError(found)


def ready(page: Page) -> None:
    """The clip of the first ``%%veo`` cell can be played."""
    page.wait_for_function("() => document.querySelector('.jp-Notebook .veo-root video')?.readyState >= 2")


def test_both_see_the_same_and_each_pays_by_their_own_clicks(
    come: Callable[[], Notebook], emulator: Emulator, tmp_path: Path
) -> None:
    hers, his = come(), come()
    slider = "import ipywidgets\nipywidgets.IntSlider()"
    path = hers.write("both.ipynb", load(emulator, tmp_path), slider, "%%veo --seconds 4\nA cat", "veo.Studio()")
    for one in (hers, his):
        one.open("both.ipynb")
    a, b = hers.page, his.page
    hers.command("notebook:run-all-cells")
    ready(a)
    # A page that was open before has no widget, of nobody's; what was saved of the clip it shows.
    expect(b.locator(CELLS).nth(1)).to_contain_text("IntSlider(value=0)")
    expect(b.locator(CELLS).nth(2).locator("[class^=veo-saved-] video")).to_be_visible()
    assert b.locator(".widget-slider, .veo-root").count() == 0
    his.open("both.ipynb")
    for page in (a, b):
        ready(page)
        expect(page.locator(".widget-slider")).to_have_count(1)
        # The clip's and the studio's, once each.
        expect(page.locator("[class^=veo-saved-]")).to_have_count(2)
        expect(page.locator("[class^=veo-saved-]:visible")).to_have_count(0)
        assert "/files/veo_clips/" in plays(page.locator(CELLS).nth(2).locator(".veo-root video"))
    assert creates(emulator) == 1

    card_a, card_b = (page.locator(CELLS).nth(2) for page in (a, b))
    ask, confirm = re.compile("Generate again · "), "Confirm"
    card_a.get_by_role("button", name=ask).click()
    expect(card_a.get_by_role("button", name=confirm)).to_be_enabled()
    # Her question is hers: his button asks him before anything is sent.
    expect(card_b.get_by_role("button", name=confirm)).to_have_count(0)
    card_b.get_by_role("button", name=ask).click()
    expect(card_b.get_by_role("button", name=confirm)).to_be_enabled()
    keep_picture(b, "shared-asks")
    assert creates(emulator) == 1
    card_b.get_by_role("button", name=confirm).click()
    for card in (card_a, card_b):
        expect(card.get_by_role("button", name="Take 2")).to_be_visible()
        # Nor does her answer to the question of before pay for a third.
        expect(card.get_by_role("button", name=confirm)).to_have_count(0)
        expect(card.get_by_role("button", name=ask)).to_be_visible()
    assert creates(emulator) == 2

    form_a, form_b = a.locator(".veo-form"), b.locator(".veo-form")
    form_a.get_by_role("textbox", name="Prompt").fill("A dog that two people see")
    expect(form_b.get_by_role("textbox", name="Prompt")).to_have_value("A dog that two people see")
    assert creates(emulator) == 2
    # For half a second after somebody else's change it takes no click, and says so.
    generate = form_b.get_by_role("button", name=re.compile("Generate"))
    expect(generate).to_be_enabled()
    generate.click()
    for page in (a, b):
        # The clip before has a video there too.
        expect(page.locator(".veo-studio")).to_contain_text("A dog that two people see")
        # Whoever does not look at the studio loads nothing.
        page.locator(".veo-studio video").wait_for(state="attached")
        expect(page.locator("[class^=veo-saved-]")).to_have_count(2)
    keep_picture(a, "shared-studio")
    assert creates(emulator) == 3
    has_saved(hers, path, 2)
    hers.shut_down()


def test_what_was_saved_of_a_running_job_is_renewed_once(
    come: Callable[[], Notebook], lab: Lab, tmp_path: Path
) -> None:
    """Both pages see the job end and could renew the card that an earlier kernel left; there stays one."""
    ahead = [0.0]
    with Emulator(pace=Pace.polls(1), clock=lambda: time.time() + ahead[0]) as emulator:
        hers, his = come(), come()
        slow = "%%veo --seconds 4\n---\nseconds: 600\n---\nA slow cat"
        path = hers.write("renewed.ipynb", load(emulator, tmp_path), slow, "%veo resume")
        hers.open("renewed.ipynb")
        hers.run(0)
        hers.run(1)
        hers.page.locator(CELLS).nth(1).get_by_role("button", name="Stop waiting").wait_for()
        hers.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
        expect(hers.page.locator(CELLS).nth(1).locator("[class^=veo-saved-]")).to_be_visible()
        hers.open("renewed.ipynb")
        hers.run(0)
        hers.run(2)
        hers.page.locator(CELLS).nth(2).get_by_role("button", name="Stop waiting").wait_for()
        his.open("renewed.ipynb")
        his.page.locator(CELLS).nth(2).get_by_role("button", name="Stop waiting").wait_for()
        ahead[0] = 700.0
        for page in (hers.page, his.page):
            page.locator(CELLS).nth(2).locator("video").first.wait_for(state="attached", timeout=600_000)
            expect(page.locator(CELLS).nth(1).locator("[class^=veo-saved-] video")).to_have_count(1)
        # The one of the cell that has sent it, and the one of %veo resume.
        has_saved(hers, path, 2)
        assert creates(emulator) == 1
        hers.shut_down()
