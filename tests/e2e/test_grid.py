"""Frames, stars and linked clips in real JupyterLab."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
from PIL import Image
from playwright.sync_api import Locator, expect

from .conftest import Notebook

LOAD = "import veo_widgets as veo\nveo.configure(provider='emulator')"
FPS = 24
SEEK = """(video, seconds) => new Promise(done => {
    video.addEventListener("seeked", () => done(), {once: true});
    video.pause();
    video.currentTime = seconds;
})"""
# Counts every element that was ever made and holds a decoder, since one that has left the page may decode on: between
# frames, and whenever one begins to load.
WATCH = """() => {
    const made = [];
    for (const name of ["createElement", "createElementNS"]) {
        const create = Document.prototype[name];
        Document.prototype[name] = function (...given) {
            const one = create.apply(this, given);
            if (one instanceof HTMLMediaElement) made.push(new WeakRef(one));
            return one;
        };
    }
    const alive = () => made.map(one => one.deref()).filter(Boolean);
    const decodes = one => one.readyState > 0 || one.networkState === HTMLMediaElement.NETWORK_LOADING;
    window.decoders = {most: 0, strays: () => alive().filter(one => !one.isConnected).length};
    const count = () => {
        const all = new Set([...alive(), ...document.querySelectorAll("video")]);
        window.decoders.most = Math.max(window.decoders.most, [...all].filter(decodes).length);
    };
    document.addEventListener("loadstart", count, true);
    document.addEventListener("loadeddata", count, true);
    const look = () => { count(); requestAnimationFrame(look); };
    look();
}"""
# Colours are converted by two programs, and a clip is compressed.
TOLERANCE = 6.0


def frames(path: Path) -> list[np.ndarray]:
    """Every frame of a clip as PyAV decodes it."""
    with av.open(str(path)) as clip:
        return [frame.to_ndarray(format="rgb24") for frame in clip.decode(video=0)]


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """The mean difference of two pictures, from 0 to 255."""
    return float(np.abs(one.astype(np.int16) - other.astype(np.int16)).mean())


def take(player: Locator, video: Locator, frame: int, choice: str) -> None:
    video.evaluate(SEEK, (frame + 0.5) / FPS)
    player.focus()
    player.press("g")
    player.page.get_by_role("menuitem", name=choice).press("Enter")


def test_a_frame_becomes_the_first_frame_of_the_next_shot(notebook: Notebook) -> None:
    """The picture that is grabbed is the frame that was shown, and the next clip starts with it."""
    page, folder = notebook.page, notebook.lab.root / "frames"
    folder.mkdir()
    job = f"veo.configure(folder={str(folder)!r})\njob = veo.submit('A cat', seed=7, seconds=4).wait()"
    shot = f"{job}\nplayer = veo.Player(job)\nplayer"
    goes_on = "veo.submit('It goes on', seconds=4, first_frame=player.frame).wait().videos[0].path.name"
    notebook.write("frames.ipynb", LOAD, shot, goes_on, "veo.frames")
    notebook.open("frames.ipynb")
    notebook.run(0)
    notebook.run(1)
    player, video = page.locator(".veo-player"), page.locator(".veo-root video")
    page.wait_for_function("() => document.querySelector('.veo-root video')?.readyState >= 2")
    take(player, video, 37, "PNG beside the clip")
    expect(player).to_contain_text("_frame0037.png")
    first = frames(next(folder.glob("*_a-cat_*.mp4")))
    still = np.asarray(Image.open(next(folder.glob("*_frame0037.png"))).convert("RGB"))
    differences = [apart(still, frame) for frame in first]
    assert int(np.argmin(differences)) == 37, differences[30:45]
    assert differences[37] < TOLERANCE
    notebook.picture("grab-light", page.locator(".veo-root").first)
    # The frame after the next is reached by keys.
    player.press(".")
    player.press(".")
    player.press("g")
    page.get_by_role("menuitem", name="First frame of the next shot").press("Enter")
    expect(player).to_contain_text("Frame 39 is the first frame of the next request.")
    notebook.run(2)
    expect(page.locator(".jp-OutputArea-executeResult").last).to_contain_text("it-goes-on")
    second = frames(next(folder.glob("*it-goes-on*.mp4")))
    assert apart(second[0], first[39]) < apart(second[0], first[0]) / 2
    notebook.run(3)
    expect(page.locator(".jp-OutputArea-executeResult").last).to_contain_text("frame0039")


def test_a_frame_of_a_playing_clip_is_the_one_on_screen(notebook: Notebook) -> None:
    page, folder = notebook.page, notebook.lab.root / "playing"
    folder.mkdir()
    shot = f"veo.configure(folder={str(folder)!r})\nveo.Player(veo.submit('A dog', seed=7, seconds=4).wait())"
    notebook.write("playing.ipynb", LOAD, shot)
    notebook.open("playing.ipynb")
    notebook.command("notebook:run-all-cells")
    page.wait_for_function("() => document.querySelector('.veo-root video')?.readyState >= 2")
    player = page.locator(".veo-player")
    player.focus()
    player.press("k")
    page.wait_for_function("() => document.querySelector('.veo-root video').currentTime > 0.7")
    player.press("g")
    page.get_by_role("menuitem", name="PNG beside the clip").press("Enter")
    expect(player).to_contain_text(".png, beside the clip")
    path = next(folder.glob("*_frame*.png"))
    still = np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("RGB"))
    differences = [apart(still, frame) for frame in frames(next(folder.glob("*.mp4")))]
    assert int(np.argmin(differences)) == int(path.stem[-4:])


def test_clips_play_as_one_and_the_starred_one_is_made_well(notebook: Notebook) -> None:
    page = notebook.page
    prompts = ["A fox in the snow", "A lighthouse at dusk"]
    grid = f"grid = veo.compare({prompts}, seeds=[11, 12], seconds=4)\ngrid"
    told = "[(video.recipe['request']['seed'], video.height) for video in grid.starred], len(grid.jobs)"
    notebook.write("grid.ipynb", LOAD, grid, told)
    notebook.open("grid.ipynb")
    notebook.run(0)
    notebook.run(1)
    root = page.locator(".veo-root")
    expect(root.get_by_role("listitem")).to_have_count(4)
    root.get_by_role("button", name="Generate 4 drafts · $0.80").click()
    # In sight, wherever JupyterLab has scrolled to meanwhile: what is out of sight has no player.
    ready = """count => {
        document.querySelector(".veo-root").scrollIntoView({block: "nearest"});
        const videos = [...document.querySelectorAll(".veo-cell video")];
        return count === videos.filter(video => video.readyState >= 2).length;
    }"""
    page.wait_for_function(ready, arg=4)
    assert "/files/" in root.locator("video").first.evaluate("video => video.currentSrc")
    play_and_scrub(root)
    root.get_by_label("Seed 12 · fox in the snow", exact=True).press("s")
    expect(root.get_by_label("Seed 12 · fox in the snow, starred")).to_be_visible()
    notebook.picture("grid-light", root)
    notebook.theme("JupyterLab Dark")
    notebook.picture("grid-dark", root)
    notebook.theme("JupyterLab Light")
    root.get_by_role("button", name="Render the starred one at 1080p").click()
    root.get_by_role("button", name="Confirm").click()
    expect(root.get_by_role("listitem")).to_have_count(5)
    page.wait_for_function(ready, arg=5)
    notebook.run(2)
    expect(page.locator(".jp-OutputArea-executeResult").last).to_contain_text("([(12, 720)], 5)")


def test_no_more_than_six_of_many_clips_decode(notebook: Notebook) -> None:
    """Those in sight get a decoder once nothing moves, and the one that is pointed at; what is gone has none."""
    page, folder = notebook.page, notebook.lab.root / "many"
    folder.mkdir()
    made = f"veo.configure(folder={str(folder)!r})\nclip = veo.submit('A cat', seconds=4).wait().videos[0].path"
    copied = """import shutil
for n in range(24):
    for kind in (".mp4", ".json"): shutil.copy(clip.with_suffix(kind), f"many/{n:02}{kind}")"""
    notebook.write("many.ipynb", LOAD, made, copied, "veo.Grid(*[f'many/{n:02}.mp4' for n in range(24)])")
    notebook.open("many.ipynb")
    page.evaluate(WATCH)
    for number in range(4):
        notebook.run(number)
    cells = page.locator(".veo-root").get_by_role("listitem")
    expect(cells).to_have_count(24)
    shows = """at => [...document.querySelectorAll(".veo-cell")].at(at).querySelector("video")?.readyState >= 2"""
    for at in (-1, 0, -1):
        cells.nth(at).scroll_into_view_if_needed()
        cells.nth(at).hover()
        page.wait_for_function(shows, arg=at)
    expect(page.locator(".veo-cell video")).to_have_count(6)
    assert page.evaluate("window.decoders.most") == 6
    # Shown anew in its place, nothing of it stays.
    notebook.run(3)
    page.wait_for_function(shows, arg=0)
    tools = page.context.new_cdp_session(page)
    for _ in range(100):
        tools.send("HeapProfiler.collectGarbage")
        if not (strays := page.evaluate("window.decoders.strays()")):
            break
    assert (strays, page.evaluate("window.decoders.most")) == (0, 6)


def play_and_scrub(root: Locator) -> None:
    """All clips are at one place while they play, and on one frame when they are scrubbed."""
    times = "() => [...document.querySelectorAll('.veo-cell video')].map(video => video.currentTime)"
    page = root.page
    root.get_by_role("button", name="Play all").click()
    # A busy browser may fall behind, also until the end; then they are played once more.
    again = "document.querySelector('.veo-root [aria-label^=\"Play all\"]')?.click()"
    together = "now.every(time => time > 1) && Math.max(...now) < 3.9 && Math.max(...now) - Math.min(...now) < 0.25"
    page.wait_for_function(f"() => {{ const now = ({times})(); {again}; return {together}; }}")
    root.get_by_role("button", name="Pause all").click()
    slider = root.get_by_label("Position")
    slider.evaluate("input => { input.value = 2; input.dispatchEvent(new Event('input', {bubbles: true})); }")
    page.wait_for_function(f"() => ({times})().every(time => Math.abs(time - 48.5 / 24) < 0.001)")
    root.get_by_role("listitem").first.press(".")
    page.wait_for_function(f"() => ({times})().every(time => Math.abs(time - 49.5 / 24) < 0.001)")
