"""A widget manager as Colab's, in a page that gives it what Colab gives, with a real kernel behind it.

The manager is made of the packages that Colab's own is made of. Google's, built from its source, takes its place with
``COLAB_WIDGET_MANAGER=…/dist/manager.min.js``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ..e2e.conftest import keep_picture, plays
from ..e2e.servers import Lab
from .pages import HostPage, generate_and_reuse, opened, scripts


@pytest.fixture
def host(tab: Page, lab: Lab, tmp_path: Path) -> Iterator[HostPage]:
    files = scripts(tmp_path)
    if own := os.environ.get("COLAB_WIDGET_MANAGER"):
        files["colab_manager.js"] = Path(own)
    page = opened(tab, lab, files, "colab")
    yield page
    page.shut_down()


def test_a_form_makes_a_clip_whose_frame_begins_the_next(host: HostPage) -> None:
    generate_and_reuse(host)


def test_a_cell_shows_its_clip_once(host: HostPage) -> None:
    host.run("%%veo --seconds 4 --wait\nA cat")
    shown = host.shown
    assert plays(shown.locator(".veo-player video")).startswith("blob:")
    expect(shown.locator("[class^=veo-saved-]")).to_be_hidden()
    keep_picture(host.page, "colab")
