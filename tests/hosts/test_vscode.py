"""VS Code's own widgets, loaded as its extension for Jupyter loads them, in a page with a real kernel behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ..conformance.environments import layer_of
from ..e2e.conftest import keep_picture, plays
from ..e2e.servers import Lab
from .pages import HostPage, generate_and_reuse, opened, scripts

REQUIREMENTS = Path(__file__).parent / "requirements"
# What VS Code's viewer, which has no decoder for AAC, answers when it is asked for one.
NO_AAC = """
const can = HTMLMediaElement.prototype.canPlayType;
HTMLMediaElement.prototype.canPlayType = function (type) { return type.includes("mp4a") ? "" : can.call(this, type); };
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return scripts(tmp_path_factory.mktemp("pages"))


@pytest.fixture(params=["8", "7"])
def host(tab: Page, lab: Lab, files: dict[str, Path], request: pytest.FixtureRequest) -> Iterator[HostPage]:
    """A page with the widgets of either version, and the same version in the kernel."""
    tab.add_init_script(NO_AAC)
    path = str(layer_of("ipywidgets7", REQUIREMENTS)) if request.param == "7" else ""
    page = opened(tab, lab, files, "vscode", f"widgets={request.param}", path)
    assert page.run("import ipywidgets\nprint(ipywidgets.__version__)").startswith(f"{request.param}.")
    yield page
    page.shut_down()


def test_a_form_makes_a_clip_whose_frame_begins_the_next(host: HostPage) -> None:
    generate_and_reuse(host)


def test_a_cell_shows_its_clip_once_and_says_where_the_sound_is(host: HostPage) -> None:
    host.run("%%veo --seconds 4 --wait\nA cat")
    shown = host.shown
    player = shown.locator(".veo-player")
    assert plays(player.locator("video")).startswith("blob:")
    expect(player).to_contain_text("This viewer cannot play sound. The file has it: veo_clips/")
    expect(player.get_by_role("button", name="This viewer cannot play sound")).to_be_disabled()
    expect(shown.locator("[class^=veo-saved-]")).to_be_hidden()
    keep_picture(host.page, "vscode")
