"""A real JupyterHub under a prefix: two users, servers with names, and a server that is stopped while a job runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote

import pytest
from playwright.sync_api import Browser, expect

from ..e2e.conftest import keep_picture, plays
from .hubs import Entrance, Hub, Stage, begun, entrance, jupyterhub

# A percent sign with two digits behind it would be a letter to whoever decodes it once too often.
FOLDER = "Filme #1 %41 猫"
NAME = f"{FOLDER}/Клип 100% #2.ipynb"
CELLS = ".jp-Notebook .jp-Cell"


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    stage = Stage()
    with stage.emulator:
        yield stage


@pytest.fixture(scope="module", params=["hub5", "hub6"])
def hub(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with jupyterhub(tmp_path_factory.mktemp("hub"), request.param) as running:
        yield running


@pytest.fixture
def enter(hub: Hub, browser: Browser) -> Iterator[Entrance]:
    with entrance(hub, browser) as made:
        yield made


def test_everything_works_under_the_prefix_in_a_folder_with_a_difficult_name(enter: Entrance, stage: Stage) -> None:
    notebook = enter("ada")
    page = begun(notebook, NAME, stage.load, "%%veo --seconds 4 --wait\nA cat", "studio = veo.Studio()\nstudio")
    video = page.locator(CELLS).nth(1).locator(".veo-root video")
    video.wait_for()
    source = plays(video)
    # The server's own file, below the prefix, not a blob of bytes that came through the kernel.
    assert source.startswith(f"{notebook.lab.url}files/{quote(FOLDER)}/veo_clips/"), source
    file = notebook.lab.root / unquote(source.removeprefix(f"{notebook.lab.url}files/").split("?")[0])
    assert video.evaluate("async video => (await (await fetch(video.currentSrc)).blob()).size") == file.stat().st_size

    form = page.locator(".veo-form")
    form.get_by_role("textbox", name="Prompt").fill("A dog")
    form.get_by_text("4 s", exact=True).click()
    form.get_by_role("button", name=re.compile("Generate")).click()
    second = page.locator(".veo-studio video")
    # It plays by itself, to its end where the machine is slow: only then does it stay where it is put.
    page.wait_for_function("() => document.querySelector('.veo-studio video')?.played.length")
    assert plays(second).startswith(f"{notebook.lab.url}files/{quote(FOLDER)}/veo_clips/")
    keep_picture(page, "hub-studio")

    notebook.command("docmanager:save")
    notebook.shut_down()
    notebook.open(NAME)
    card = page.locator("[class^=veo-saved-]").first
    expect(card).to_be_visible()
    expect(card).to_contain_text("A cat")
    saved = card.locator("video")
    # Lab puts the server's address in place of the one that was saved, which ends what plays.
    page.wait_for_function("video => video.currentSrc.includes('/files/')", arg=saved.element_handle())
    saved.evaluate("video => { video.muted = true; return video.play(); }")
    keep_picture(page, "hub-saved")


def test_a_servers_end_is_told_in_its_open_tab_and_the_clip_comes_home(enter: Entrance, hub: Hub, stage: Stage) -> None:
    notebook = enter("ada")
    made = stage.creates()
    slow = "%%veo --seconds 4\n---\nseconds: 600\n---\nA slow cat"
    page = begun(notebook, f"{FOLDER}/stopped.ipynb", stage.load, slow, "veo.Studio()", "%veo resume")
    card = page.locator(CELLS).nth(1).locator(".veo-root").first
    expect(card).to_contain_text("Generating")
    form = page.locator(".veo-form")
    form.get_by_role("textbox", name="Prompt").fill("Typed before the end")
    notebook.command("docmanager:save")

    # What the program does that stops servers nobody uses.
    hub.stop("ada")
    told = "is still running at the service; if the kernel does not come back, %veo resume fetches its clip."
    expect(card.locator(".veo-gone").first).to_contain_text(told)
    expect(card.get_by_role("button", name="Stop waiting")).to_be_disabled()
    expect(form.locator(".veo-generate")).to_be_disabled()
    expect(page.locator(".veo-studio .veo-gone").first).to_contain_text("No connection to the kernel")
    keep_picture(page, "hub-stopped")
    hub.start("ada")
    # JupyterLab tries again after ever longer pauses.
    expect(card.locator(".veo-gone").first).to_contain_text("The kernel is gone. Job")
    expect(card.locator(".veo-gone").first).to_contain_text(
        "is still running at the service; %veo resume fetches its clip."
    )
    expect(card.get_by_role("button", name="Stop waiting")).to_be_disabled()
    expect(form.locator(".veo-generate")).to_be_disabled()
    keep_picture(page, "hub-started-again")

    stage.ahead += 700
    notebook.open(f"{FOLDER}/stopped.ipynb")
    for cell in (0, 3, 2):
        notebook.run(cell)
    home = page.locator(CELLS).nth(3).locator("video").first
    home.wait_for(state="attached", timeout=600_000)
    # What was saved of the job while it ran says so no more.
    expect(page.locator(CELLS).nth(1).locator("[class^=veo-saved-] video")).to_have_count(1)
    expect(form.get_by_role("textbox", name="Prompt")).to_have_value("Typed before the end")
    assert stage.creates() - made == 1


def test_users_and_their_named_servers_have_their_own(enter: Entrance, hub: Hub, stage: Stage) -> None:
    hers = enter("ada")
    page = begun(hers, "hers.ipynb", stage.load, "%%veo --seconds 4 --into clip --wait\nHers", "clip.id")
    expect(page.locator(CELLS).nth(2)).to_contain_text("'")
    other = enter("brigitte", "grading")
    page = begun(other, "other.ipynb", stage.load, "len(veo.jobs())", "%%veo --seconds 4 --wait\nAnother's")
    video = page.locator(CELLS).nth(2).locator(".veo-root video")
    video.wait_for()
    assert plays(video).startswith(f"{hub.url}user/brigitte/grading/files/veo_clips/")
    expect(page.locator(CELLS).nth(1)).to_contain_text("0")
    ledgers = {path.relative_to(hub.homes).parts[0] for path in hub.homes.rglob("ledger.sqlite3")}
    assert ledgers == {"ada", "brigitte"}
    # The hub lets nobody see another's files: a player's address is of no use to others.
    clip = next((hub.homes / "ada" / "veo_clips").glob("*.mp4")).name
    address = f"{hub.url}user/ada/files/veo_clips/{clip}"
    assert page.request.get(address).status == 403
    assert hers.page.request.get(address).status == 200
