"""A batch and a film of two clips each, made and played where they are shown live."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from .conftest import PATIENCE, plays
from .test_batches import press
from .test_storyboard import make


def make_and_play(table: Locator, board: Locator, source: str = "blob:") -> None:
    """Make two rows and two shots, and play them from addresses that have `source` in them."""
    press(table, "Make 2 rows · $0.80")
    make(board, "$0.80")
    expect(table).to_contain_text("2 of 2")
    table.get_by_role("button", name="Play row 1", exact=True).click()
    assert source in plays(table.locator("video").first)
    board.get_by_role("button", name="Play film").click()
    video = board.locator("video").first
    expect(video).to_have_attribute("src", re.compile(re.escape(source)))
    board.page.wait_for_function("video => video.currentTime > 0.4", arg=video.element_handle(), timeout=PATIENCE)
