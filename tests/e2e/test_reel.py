"""A film that is played through without being rendered, in a page of its own: over its joins, to the frame."""

from __future__ import annotations

import io
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.numbered_clips import SIZE, Numbered, number_of

from ..reel_page import serve_reel
from .conftest import PATIENCE, opened

FPS, COUNT = 24, 48
CARD = {"text": "The end\nof the beginning", "background": "rgb(10, 20, 120)", "ink": "rgb(250, 240, 10)"}
# What is seen in each of the film's frames: half a second is cut off at both ends of the first clip, and six frames at
# the beginning of the last; the second clip has two shots.
NUMBERS = [*range(12, 36), *([None] * 24), *range(48, 72), *range(72, 96), *range(102, 144)]
WATCH = """() => {
  const videos = [...document.querySelectorAll("video")];
  window.seen = [];
  window.jumps = [];
  const front = () => document.querySelector("video:not(.veo-behind)");
  for (const video of videos) {
    video.addEventListener("seeking", () => {
      if (video === front() && !video.paused) jumps.push(model.get("shown"));
    });
  }
  const look = () => {
    const part = model.get("shown");
    const video = front();
    // One that has stopped shows its picture until the one that it seeks is there.
    const ready = video !== null && (video.readyState >= 2 || (video.paused && video.seeking));
    const picture = document.querySelector(".veo-title-card") ? "card" : ready;
    seen.push([part, picture, document.querySelectorAll("video").length]);
    requestAnimationFrame(look);
  };
  look();
}"""
STANDS = """at => {
  const video = document.querySelector("video.veo-behind");
  return video.readyState >= 2 && !video.seeking && Math.abs(video.currentTime - at) < 0.001;
}"""


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("clips")
    made = (Numbered(count=COUNT, first=COUNT * number) for number in range(3))
    return [one.write(folder / f"{one.first}.mp4").read_bytes() for one in made]


def clip(sample: int) -> dict[str, Any]:
    width, height = SIZE
    same = {"files_path": None, "mime": "video/mp4", "bytes": 1, "sha256": "", "poster": None, "has_audio": False}
    shape = {"seconds": COUNT / FPS, "fps": FPS, "width": width, "height": height}
    return {
        "sample": sample,
        "name": f"{sample}.mp4",
        "path": f"{sample}.mp4",
        "version": f"v{sample}",
        **same,
        **shape,
    }


def part(key: str, sample: int | None, begins: float, ends: float) -> dict[str, Any]:
    shown = {"clip": None, "card": CARD} if sample is None else {"clip": clip(sample)}
    return {"key": key, "label": f"Shot {key}", "from": begins, "to": ends, **shown}


FILM = [part("a", 0, 0.5, 1.5), part("t", None, 0, 1), part("b", 1, 0, 1), part("c", 1, 1, 2), part("d", 2, 0.25, 2)]


@pytest.fixture
def page(tab: Page, host: str, clips: list[bytes], reel: bytes) -> Page:
    def give(route: Route) -> None:
        sample = int(parse_qs(urlsplit(route.request.url).query)["sample"][0])
        route.fulfill(body=clips[sample], content_type="video/mp4")

    tab.route("**/clip.mp4*", give)
    serve_reel(tab, reel)
    opened(tab, f"{host}?widget=reel")
    tab.evaluate("parts => model.set('parts', parts)", FILM)
    # The film that it opens with ends, as it is another.
    tab.wait_for_function("() => model.get('shown') === 'a'")
    return tab


def picture(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.locator(".veo-frame").screenshot())).convert("RGB")


def shown_number(page: Page) -> int | None:
    """The number of the picture on screen; None while there is none."""
    try:
        return number_of(picture(page))
    except AssertionError:
        return None


def wait_for_number(page: Page, number: int | None) -> None:
    """Wait until a picture is on screen, or the card."""
    deadline = time.monotonic() + PATIENCE / 1000
    if number is None:
        expect(page.locator(".veo-title-card")).to_be_visible()
        return
    while (found := shown_number(page)) != number:
        assert time.monotonic() < deadline, f"{found} is shown and not {number}"


def test_scrubbing_shows_every_frame_around_the_joins(page: Page) -> None:
    box = page.locator(".veo-scrub").bounding_box()
    assert box
    at = [0, 23, 24, 47, 48, 71, 72, 95, 96, 137, 40, 100, 5]
    page.mouse.move(box["x"], box["y"] + 10)
    page.mouse.down()
    for frame in at:
        page.mouse.move(box["x"] + box["width"] * frame / len(NUMBERS), box["y"] + 10)
        wait_for_number(page, NUMBERS[frame])
        text = page.get_by_role("slider", name="Position").get_attribute("aria-valuetext")
        assert f"frame {frame}, " in (text or "")
    page.mouse.up()


def test_keys_step_over_joins_and_jump_from_shot_to_shot(page: Page) -> None:
    player = page.locator(".veo-reel")
    player.focus()
    for key, frame in (
        ("n", 24),
        (",", 23),
        (".", 24),
        ("n", 48),
        ("n", 72),
        ("n", 96),
        (",", 95),
        ("b", 48),
        ("End", 137),
    ):
        player.press(key)
        wait_for_number(page, NUMBERS[frame])
    player.press("Home")
    wait_for_number(page, 12)


def test_a_card_has_its_words_and_colours(page: Page) -> None:
    page.locator(".veo-reel").press("n")
    card = page.locator(".veo-title-card")
    expect(card).to_have_text(CARD["text"])
    expect(card).to_have_css("background-color", CARD["background"])
    expect(card).to_have_css("color", CARD["ink"])
    assert picture(page).getpixel((4, 4)) == (10, 20, 120)


def test_it_plays_over_the_joins_with_a_picture_at_every_moment(page: Page) -> None:
    wait_for_number(page, 12)
    # The first frame of what comes next is there before it is due.
    page.wait_for_function(STANDS, arg=0.5 / FPS)
    page.evaluate(WATCH)
    page.locator(".veo-reel").press("k")
    page.wait_for_function("() => model.get('shown') === 'd'")
    expect(page.locator(".veo-rail").get_by_role("button", name="Play", exact=True)).to_be_visible()
    wait_for_number(page, NUMBERS[-1])
    seen = page.evaluate("() => seen")
    assert list(dict.fromkeys(part for part, _, _ in seen)) == ["a", "t", "b", "c", "d"]
    assert {ready for _, ready, _ in seen} == {"card", True}
    assert {videos for _, _, videos in seen} == {2}
    assert page.evaluate("() => jumps") == []


def test_the_next_clip_waits_on_the_frame_that_it_begins_with(page: Page) -> None:
    page.locator(".veo-reel").press("n")
    page.locator(".veo-reel").press("n")
    wait_for_number(page, 48)
    page.wait_for_function(STANDS, arg=6.5 / FPS)
    assert page.evaluate("() => document.querySelectorAll('video').length") == 2


def test_a_film_that_is_changed_stays_where_it_is(page: Page) -> None:
    player = page.locator(".veo-reel")
    for key in ("n", "n", "n"):
        player.press(key)
    wait_for_number(page, 72)
    moved: list[dict[str, Any]] = [FILM[4], *FILM[:4]]
    page.evaluate("parts => model.set('parts', parts)", moved)
    text = page.get_by_role("slider", name="Position")
    expect(text).to_have_attribute("aria-valuetext", "4 seconds of 5 seconds, frame 114, Shot c")
    assert shown_number(page) == 72
