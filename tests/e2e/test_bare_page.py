"""A page of our own that hosts the built bundles as any front end would: what is left behind, and who can use them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from ..reel_page import serve_reel
from .conftest import complaints, opened, plays

STATES = {
    "form": "widget=form&form=filled&paid",
    "invalid form": "widget=form&form=invalid",
    "form of a retired model": "widget=form&form=retired&paid",
    "held back": "state=submitting&held&paid",
    "running": "state=running&elapsed=40",
    "filtered": "state=filtered",
    "unknown": "state=unknown&unpriced",
    "clip": "state=succeeded&samples=2&notice",
    "player": "widget=player&captions&sequels",
    "grid": "widget=grid&cells=6&starred=2&rejected=3&running=1&failed=4",
    "drafts": "widget=grid&cells=4&planned",
    "studio": "widget=studio&form=filled&jobs=8&chosen=j1",
    "library": "widget=library&jobs=5000&chosen=job1&undo",
    "library_open": "widget=library&jobs=40&clip",
    "player of a film": "widget=player&shots",
    "film played through": "widget=reel",
    "batch": "widget=batch&rows=60&batch=running&open=2",
    "batch_open": "widget=batch&rows=12&open=1&clip",
    "storyboard": "widget=storyboard&film=made",
    "storyboard of a film that is made": "widget=storyboard&film=making&remark",
}
# Counts what a page may leave behind; listeners of elements go with their elements.
COUNTING = """() => {
  const left = window.left = {urls: new Set(), timers: new Set(), listeners: 0};
  const [make, revoke] = [URL.createObjectURL, URL.revokeObjectURL];
  URL.createObjectURL = (blob) => { const url = make.call(URL, blob); left.urls.add(url); return url; };
  URL.revokeObjectURL = (url) => { left.urls.delete(url); revoke.call(URL, url); };
  const every = window.setInterval, none = window.clearInterval;
  window.setInterval = (...rest) => { const id = every(...rest); left.timers.add(id); return id; };
  window.clearInterval = (id) => { left.timers.delete(id); none(id); };
  for (const target of [window, document]) {
    const [add, remove] = [target.addEventListener, target.removeEventListener];
    target.addEventListener = function (kind, listener, options) {
      left.listeners += 1;
      options?.signal?.addEventListener("abort", () => { left.listeners -= 1; }, {once: true});
      return add.call(this, kind, listener, options);
    };
    target.removeEventListener = function (...rest) { left.listeners -= 1; return remove.apply(this, rest); };
  }
}"""
RENDERS = """async () => {
  const { parts, model } = window;
  const tidy = () => new Promise(done => setTimeout(done, 30));
  const { urls, timers } = left;
  const count = () => [urls.size, timers.size, left.listeners, model.listening];
  // Pictures are opened and messages answered in their own time: what counts is where the numbers come to rest.
  const settled = async () => {
    for (let [seen, still] = [count(), 0]; ; ) {
      await tidy();
      const now = count();
      still = String(now) === String(seen) ? still + 1 : 0;
      seen = now;
      if (still === 10) return now;
    }
  };
  const before = await settled();
  let during = before;
  for (let n = 0; n < 50; n++) {
    const el = document.body.appendChild(document.createElement("div"));
    const ended = new AbortController();
    await parts.render({ model, el, signal: ended.signal });
    await tidy();
    during = count();
    ended.abort();
    el.remove();
  }
  return [before, during, await settled()];
}"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A clip of the emulator's, four seconds at 720p."""
    from veo_widgets.config.accounts import Settings
    from veo_widgets.session.client import Client

    folder = tmp_path_factory.mktemp("clip")
    with Client(Settings(provider="emulator", folder=folder / "clips"), home=folder / "home") as client:
        return client.generate("A cat", seconds=4, timeout=600)[0].path.read_bytes()


@pytest.fixture
def page(tab: Page, clip: bytes, reel: bytes) -> Page:
    tab.route("**/clip.mp4*", lambda route: route.fulfill(body=clip, content_type="video/mp4"))
    serve_reel(tab, reel)
    return tab


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_nobody_is_shut_out(page: Page, host: str, state: str, theme: str) -> None:
    opened(page, f"{host}?{STATES[state]}&lab&theme={theme}")
    assert complaints(page) == []


def test_axe_sees_what_is_wrong(page: Page, host: str) -> None:
    opened(page, f"{host}?state=running")
    page.evaluate("() => document.querySelector('.veo-card').append(document.createElement('button'))")
    assert [name for name, _ in complaints(page)] == ["button-name"]


@pytest.mark.parametrize(
    "query",
    [
        "state=succeeded",
        "widget=grid&cells=3&running=1",
        "widget=form&form=filled",
        "widget=library&jobs=99",
        "widget=storyboard&film=making",
        "widget=batch&rows=40",
        "widget=reel",
    ],
)
def test_fifty_renders_leave_nothing_behind(page: Page, host: str, query: str) -> None:
    page.add_init_script(f"({COUNTING})()")
    opened(page, f"{host}?{query}")
    before, during, after = page.evaluate(RENDERS)
    assert sum(during) > sum(before)
    assert after == before


def test_a_clip_plays_from_messages_alone_and_gives_a_frame(page: Page, host: str) -> None:
    opened(page, f"{host}?widget=player")
    assert plays(page.locator("video")).startswith("blob:")
    page.locator(".veo-player").press("g")
    page.get_by_role("menuitem", name="First frame").click()
    page.wait_for_function("() => window.model.sentOf('grab').length > 0")


def test_everything_is_reached_by_keyboard_and_the_focus_is_seen(page: Page, host: str) -> None:
    opened(page, f"{host}?widget=player")
    wanted = {"Play", "Next frame", "Take this frame", "Full screen", "Details"}
    page.locator("video").wait_for()
    plays(page.locator("video"))
    page.locator(".veo-player").focus()
    for _ in range(30):
        page.keyboard.press("Tab")
        name, outlined = page.evaluate(
            """() => {
              const at = document.activeElement, style = getComputedStyle(at);
              const seen = style.outlineStyle !== "none" || style.boxShadow !== "none";
              return [at.getAttribute("aria-label") ?? at.textContent, seen];
            }"""
        )
        if name in wanted:
            assert outlined, name
            wanted.remove(name)
    assert wanted == set()


def test_who_wants_no_motion_gets_none(page: Page, host: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    opened(page, f"{host}?state=running&elapsed=40")
    expect(page.get_by_role("progressbar")).to_be_visible()
    moving = "() => document.getAnimations().filter(one => one.playState === 'running').length"
    assert page.evaluate(moving) == 0
