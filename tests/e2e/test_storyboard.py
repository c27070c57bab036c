"""The storyboard in real JupyterLab, used with a mouse and with keys."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from .conftest import READY, Notebook, drag
from .test_studio import says

LOAD = "import veo_widgets as veo\nveo.configure(provider='emulator')"
FILM = "film = veo.film({name!r}, [{shots}], seconds=4)\nfilm"
FIVE = """
"A train leaves", "A bridge", veo.shot("A river below", "continue"), veo.shot("A boat", "continue"), "A station",
"""
# A kernel that is gone answers nothing.
DIE = """() => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  kernel.requestExecute({code: "import os\\nos.kill(os.getpid(), 9)"}).done.catch(() => {});
}"""


def board_in(notebook: Notebook, name: str, shots: str = FIVE) -> Locator:
    """A notebook with a film, of five shots unless others are given; returns its board."""
    notebook.write(f"{name}.ipynb", LOAD, FILM.format(name=name, shots=shots), "veo.library()")
    notebook.open(f"{name}.ipynb")
    notebook.run(0)
    notebook.run(1)
    return notebook.page.locator(".veo-board")


def prompts(board: Locator) -> list[str]:
    return [box.input_value() for box in board.get_by_label(re.compile("^Prompt of shot")).all()]


def make(board: Locator, price: str) -> None:
    """Press the button once it says this price, and wait for the film."""
    board.get_by_role("button", name=f"Make · {price}").click()
    expect(board.locator(".veo-board-foot")).to_have_text("Nothing to make")


def test_a_film_is_edited_reordered_and_made_on_its_board(notebook: Notebook) -> None:
    page, board = notebook.page, board_in(notebook, "board")
    cards = board.locator(".veo-shot")
    expect(cards).to_have_count(5)
    expect(board).to_contain_text("To make: all 5 shots")
    notebook.picture("storyboard-planned", board)
    make(board, "$2.00")
    expect(board.get_by_role("button", name=re.compile("^Play shot"))).to_have_count(5)
    # Moved with the mouse, then with keys; neither costs anything.
    drag(cards.nth(4).locator(".veo-shot-still"), cards.nth(0), {"x": 8, "y": 60})
    expect(cards.nth(0)).to_have_attribute("aria-label", re.compile("^Shot 1, A station"))
    assert prompts(board) == ["A station", "A train leaves", "A bridge", "A river below", "A boat"]
    cards.nth(0).focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(board.locator(".veo-shot:focus")).to_have_attribute("aria-label", re.compile("^Shot 2, A station"))
    expect(board.get_by_text("Moved to place 2 of 5.")).to_be_attached()
    expect(board.locator(".veo-board-foot")).to_have_text("Nothing to make")
    # An edit says what it costs before it is made, and only that is made.
    box = board.get_by_label("Prompt of shot 3")
    box.fill("A bridge at night")
    page.keyboard.press("Control+Enter")
    expect(board).to_contain_text("To make: shot 3 and the two that continue it")
    notebook.picture("storyboard-edited", board)
    make(board, "$1.20")
    assert says(notebook, "print([one.prompt for one in film.shots])") == str(
        ["A train leaves", "A station", "A bridge at night", "A river below", "A boat"]
    )
    jobs = says(notebook, "print(len(veo.jobs()))")
    # The earlier take is there, and with it what went on from it.
    takes = board.get_by_role("group", name="Takes of shot 3")
    takes.get_by_role("button", name=re.compile("^Take 1 of shot 3, made: A bridge")).click()
    expect(box).to_have_value("A bridge")
    expect(board.locator(".veo-board-foot")).to_have_text("Nothing to make")
    assert says(notebook, "print(len(veo.jobs()))") == jobs
    # Code and board are one film.
    says(notebook, "film.shots[0].prompt = 'A tram leaves'")
    expect(board.get_by_label("Prompt of shot 1")).to_have_value("A tram leaves")
    board.get_by_role("button", name="Undo").click()
    expect(board.get_by_label("Prompt of shot 1")).to_have_value("A train leaves")
    cards.nth(0).focus()
    page.keyboard.press("Control+z")
    expect(box).to_have_value("A bridge at night")
    # The notebook's own undo was not given.
    expect(page.locator(".jp-Cell")).to_have_count(3)


def test_a_clip_plays_and_a_refusal_stands_at_its_card(notebook: Notebook) -> None:
    page, board = notebook.page, board_in(notebook, "refused")
    make(board, "$2.00")
    board.get_by_role("button", name="Play film").click()
    # It plays on from clip to clip, and the board shows where it is.
    seen = board.locator(".veo-shot-seen")
    expect(seen).to_have_attribute("aria-label", re.compile("^Shot 1"))
    expect(seen).to_have_attribute("aria-label", re.compile("^Shot 2"))
    assert board.locator("video").count() == 2
    notebook.picture("storyboard-film", board)
    board.get_by_role("button", name="Close film").click()
    expect(board.locator("video")).to_have_count(0)
    board.get_by_role("button", name="Play shot 2").click()
    page.wait_for_function("() => document.querySelector('.veo-board video')?.currentTime > 0.2")
    assert "/files/" in board.locator("video").evaluate("video => video.currentSrc")
    page.keyboard.press("Escape")
    card = board.locator(".veo-shot").nth(0)
    card.get_by_label("How shot 1 begins").select_option("continue")
    expect(card.get_by_role("alert")).to_contain_text("needs a shot before")
    expect(card.get_by_label("How shot 1 begins")).to_have_value("cut")
    box = card.get_by_label("Prompt of shot 1")
    box.fill("")
    page.keyboard.press("Control+Enter")
    expect(card.get_by_role("alert")).to_contain_text("prompt")
    expect(box).to_have_value("")
    page.keyboard.press("Escape")
    expect(box).to_have_value("A train leaves")


def test_shots_are_added_by_typing_and_by_dropping_a_job(notebook: Notebook) -> None:
    page, board = notebook.page, board_in(notebook, "added", "'A train leaves'")
    board.get_by_role("button", name="Add shot").click()
    expect(board.get_by_label("Prompt of the new shot")).to_be_focused()
    page.keyboard.type("The sea")
    page.keyboard.press("Control+Enter")
    expect(board.locator(".veo-shot")).to_have_count(2)
    says(notebook, "veo.submit('A heron', seconds=8, seed=7).wait()")
    notebook.run(2)
    page.locator(".veo-lib").get_by_role("searchbox").fill("heron")
    heron = page.locator(".veo-lib-title", has_text="heron").first
    drag(heron, board.get_by_label("How shot 2 begins"))
    expect(board.get_by_label("Prompt of shot 2")).to_have_value("A heron")
    assert says(notebook, "print(film.shots[1].values['seed'], film.pieces[1].plan.cost.seconds)") == "7 8.0"


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_a_killed_kernel_loses_nothing(notebook: Notebook, theme: str) -> None:
    page, board = notebook.page, board_in(notebook, f"killed {theme[11:]}")
    notebook.theme(theme)
    cards = board.locator(".veo-shot")
    drag(cards.nth(4).locator(".veo-shot-still"), cards.nth(0), {"x": 8, "y": 60})
    expect(cards.nth(0)).to_have_attribute("aria-label", re.compile("^Shot 1, A station"))
    board.get_by_label("Prompt of shot 2").fill("A train leaves in the rain")
    board.get_by_label("Prompt of shot 3").click()
    expect(cards.nth(1)).to_have_attribute("aria-label", re.compile("in the rain"))
    notebook.picture(f"storyboard-{theme[11:].lower()}", board)
    page.evaluate(DIE)
    page.get_by_role("dialog").get_by_role("button", name="Ok").click()
    page.wait_for_function(READY)
    notebook.run(0)
    notebook.run(1)
    board = page.locator(".veo-board").last
    expect(board.get_by_label("Prompt of shot 2")).to_have_value("A train leaves in the rain")
    assert prompts(board)[0] == "A station"
    notebook.theme("JupyterLab Light")


def test_a_face_writes_its_name_into_the_prompt_that_was_edited_last(notebook: Notebook) -> None:
    board = board_in(notebook, "faces", 'veo.shot("A bridge"), veo.shot("A river")')
    prompt = board.get_by_label("Prompt of shot 2")
    expect(prompt).to_be_visible()
    expect(board.locator(".veo-face")).to_have_count(0)
    says(notebook, "veo.character('Mia', text='a girl in a red scarf').name")
    prompt.click()
    notebook.page.keyboard.press("End")
    notebook.page.keyboard.type(" with ")
    face = board.locator(".veo-face", has_text="Mia")
    face.click()
    expect(prompt).to_have_value("A river with @Mia ")
    expect(prompt).to_be_focused()
    notebook.picture("storyboard-cast", board)
    expect(board.get_by_role("button", name="Undo")).to_be_enabled()
    assert says(notebook, "print([one.prompt for one in film.shots])") == str(["A bridge", "A river with @Mia "])
    says(notebook, "veo.forget_character('Mia')")
    expect(board.locator(".veo-face")).to_have_count(0)
