"""A film in the package's own player in real JupyterLab: its shots are marked where they begin."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from .conftest import Notebook

MAKE = """%load_ext veo_widgets
import veo_widgets as veo
veo.configure(provider="emulator")
shots = [veo.shot("A train leaves"), veo.shot("A bridge", "continue"), "A station"]
film = veo.film("train", shots, seconds=4).run().wait()"""
RENDER = """card = veo.title_card("Later", seconds=2)
parts = [veo.shot("A train leaves", start=1), card, veo.shot("A station", fade=0.5)]
veo.film("train", parts, seconds=4).run().wait().render("cut.mp4", loudness=None)
veo.Player("cut.mp4")"""
AT = "() => document.querySelector('.veo-root video').currentTime * 24"


def ticks(player: Locator) -> list[float]:
    """Where they are on the bar, as shares of it."""
    return [
        round(float(tick), 4)
        for tick in player.locator(".veo-tick").evaluate_all("all => all.map(one => parseFloat(one.style.left) / 100)")
    ]


@pytest.mark.parametrize(
    ("cell", "length", "frames", "last"),
    [
        ("veo.Player(film)", 287, [95, 191], "Shot 3: A station"),
        (RENDER, 204, [72, 108], "Shot 2: A station"),
    ],
    ids=["joined", "rendered"],
)
def test_shots_are_marked_to_the_frame(
    notebook: Notebook, cell: str, length: int, frames: list[int], last: str
) -> None:
    page = notebook.page
    name = f"film{length}.ipynb"
    notebook.write(name, MAKE, cell)
    notebook.open(name)
    notebook.start_all()
    player = page.locator(".jp-OutputArea-output .veo-player").last
    player.wait_for()
    page.wait_for_function("() => document.querySelector('.veo-root video').readyState >= 2")
    player.scroll_into_view_if_needed()
    assert ticks(player) == pytest.approx([frame / length for frame in frames], abs=0.002)
    player.focus()
    for frame in frames:
        player.press("n")
        page.wait_for_function(f"() => Math.floor(({AT})()) === {frame}")
    slider = player.get_by_role("slider", name="Position")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(f"frame {frames[-1]}, {last}$"))
    notebook.picture(f"film_player_{length}", player)
    player.get_by_role("button", name="Previous shot").click()
    page.wait_for_function(f"() => Math.floor(({AT})()) === {frames[-2]}")
    box = player.locator(".veo-scrub").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.99, box["y"] + 10)
    expect(player.locator(".veo-bubble:not(.veo-bubble-here)")).to_contain_text(last)
