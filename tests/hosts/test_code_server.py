"""VS Code itself, which shows a saved notebook without a kernel; its extension for Jupyter is in no registry."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
from playwright.sync_api import Page, expect

from veo_widgets.emulator import Emulator

from ..e2e.conftest import keep_picture, shows_still
from ..kernels import execute, notebook
from .code_server import vscode

PROMPT = "A cat playing with its friend's <yarn>"
CELLS = (
    "%load_ext veo_widgets\nimport veo_widgets as veo",
    f"%%veo --seconds 4 --wait\n{PROMPT}",
    "veo.Player(veo.jobs()[0])",
    "veo.Form('A dog', seconds=4)",
    "veo.Studio()",
)
CARDS = 4
# Before that it knows no notebooks, and would open the file as text.
LOADED = "() => performance.getEntriesByName('code/didLoadExtensions').length"
# How far a player's edges are from those of the still behind it.
UNCOVERED = """videos => videos.map(video => {
    const [inner, outer] = [video, video.parentElement].map(one => one.getBoundingClientRect());
    return Math.round(Math.abs(inner.top - outer.top) + Math.abs(inner.bottom - outer.bottom));
})"""
PLAYS = """async video => {
    video.muted = true;
    await video.play();
    return video.videoWidth > 0;
}"""


def test_a_saved_notebook_shows_its_cards_and_plays_its_clip(
    tab: Page, shared_emulator: Emulator, tmp_path: Path
) -> None:
    (shown := tmp_path / "shown").mkdir()
    places = {"VEO_EMULATOR_URL": shared_emulator.base_url, "VEO_WIDGETS_HOME": str(tmp_path / "home")}
    made = execute(notebook(*CELLS), shown, {**os.environ, "VEO_PROVIDER": "emulator", **places})
    nbformat.write(made, shown / "made.ipynb")
    (kept := tmp_path / "kept").mkdir()
    with vscode(kept, shown) as url:
        tab.goto(url)
        tab.wait_for_function(LOADED)
        tab.locator(".explorer-folders-view .monaco-list-row", has_text="made.ipynb").dblclick()
        outputs = tab.frame_locator("iframe.webview").frame_locator("iframe#active-frame")
        cards = outputs.locator("[class^=veo-saved-]")
        expect(cards).to_have_count(CARDS)
        for words in (PROMPT, "Length 4 s", "$0.40 · emulator: nothing was charged", "The form as it was"):
            expect(outputs.get_by_text(words).first).to_be_visible()
        # The views of the kernel that is gone leave nothing.
        expect(outputs.get_by_text("View(")).to_have_count(0)
        expect(outputs.get_by_text("renderer")).to_have_count(0)
        players = outputs.locator("[class^=veo-saved-] video")
        assert players.evaluate_all(UNCOVERED) == [0] * 3
        keep_picture(tab, "vscode-itself")
        # VS Code places its outputs in an order of its own.
        player = cards.filter(has_text="Length 4 s").filter(has_text=PROMPT).locator("video")
        assert shows_still(player, made.cells[1].outputs[-1].data["image/jpeg"])
        assert player.evaluate(PLAYS)
        # Its prompt is coloured as Python, of which "with" is a word; not as HTML, which leaves it a code cell.
        cell = tab.locator(".code-cell-row", has_text="A cat playing")
        coloured = cell.locator(".view-line", has_text="A cat playing").locator("span > span").filter(has_text="with")
        expect(coloured).to_have_text("with")
        cell.locator(".cell-status-item", has_text="Python").click()
        tab.locator(".quick-input-widget input").first.fill("HTML")
        tab.locator(".quick-input-list .monaco-list-row", has_text="(html)").click()
        expect(cell.locator(".cell-status-item", has_text="HTML")).to_be_visible()
        expect(coloured).to_have_text("A cat playing with its friend's")
        expect(cards).to_have_count(CARDS)
        keep_picture(tab, "vscode-html")
