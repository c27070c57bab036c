"""A page that was shared, as whoever gets it opens it: a file, no network, no kernel."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from veo_widgets.config.accounts import Settings
from veo_widgets.session.client import Client
from veo_widgets.session.sharing import share

from .conftest import AXE, plays

PROMPTS = ["A cat playing with a ball of yarn in a sunny garden", "A dog " + "that runs and runs and runs " * 12]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page, and a folder with one; the clips that they were made of are gone."""
    folder = tmp_path_factory.mktemp("shared")
    with Client(Settings(provider="emulator", folder=folder / "clips"), home=folder / "home") as client:
        jobs = [client.submit(prompt, seconds=4, seed=7).wait(600) for prompt in PROMPTS]
        share(jobs, folder / "clips.html", client, None, None)
        share(jobs, folder / "folder", client, None, None)
    shutil.rmtree(folder / "clips")
    return folder


@pytest.mark.parametrize("name", ["clips.html", "folder/index.html"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_plays_offline_and_says_how_it_was_made(tab: Page, shared: Path, name: str, scheme: str) -> None:
    tab.context.set_offline(True)
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.emulate_media(color_scheme=scheme)
    tab.goto((shared / name).as_uri())
    assert plays(tab.locator("video").first)
    assert not [url for url in asked if not url.startswith(("file:", "data:"))]

    cell = tab.locator("pre").first
    expect(cell).to_be_hidden()
    tab.get_by_text("How it was made").first.click()
    expect(cell).to_contain_text("%%veo")
    tab.add_script_tag(path=AXE)
    found = tab.evaluate("() => axe.run()")
    assert not [one["id"] for one in found["violations"] if one["impact"] in {"serious", "critical"}]
    for width in (1280, 320):
        tab.set_viewport_size({"width": width, "height": 800})
        assert tab.evaluate("() => document.documentElement.scrollWidth") <= width
