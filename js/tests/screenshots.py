"""Pictures of every state of the views, for looking at: ``make screens``, or ``… screenshots.py FOLDER [name …]``.

Each state is there light and dark, wide and at 320 px; ``index.html`` beside the pictures shows all of them. Needs the
built bundles, PyAV and playwright with a chromium (``CHROMIUM`` names another one). Errors of a page end it with 1.
"""

from __future__ import annotations

import base64
import functools
import http.server
import io
import math
import os
import shutil
import sys
import threading
from fractions import Fraction
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl

import av
from PIL import Image, ImageDraw
from playwright.sync_api import Page, Route, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--mute-audio"]
FPS, SECONDS = 24, 4
STATES = {
    "submitting": "state=submitting",
    "waiting_for_quota": "state=submitting&held&paid",
    "queued": "state=queued&elapsed=2",
    "running_early": "state=running&elapsed=8",
    "running_late": "state=running&elapsed=140&paid&long",
    "running_told": "state=running&elapsed=22&told&unpriced",
    "running_unknown": "state=running&elapsed=6&guess&unpriced",
    "stopped": "state=running&elapsed=70&stopped",
    "downloading": "state=downloading&elapsed=64",
    "succeeded": "state=succeeded",
    "samples": "state=succeeded&samples=4&notice",
    "filtered": "state=filtered",
    "failed": "state=failed&paid",
    "unknown": "state=unknown&unpriced",
    "expired": "state=expired&paid",
    "portrait_running": "state=running&elapsed=30&shape=portrait",
    "portrait": "state=succeeded&shape=portrait",
    "player": "widget=player&samples=2",
    "captions": "widget=player&captions&key=Home",
    "film_player": "widget=player&shots&key=n",
    "film_player_pointed": "widget=player&shots&point=0.6",
    "reel_card": "widget=reel",
    "reel": "widget=reel&key=n",
    "reel_playing": "widget=reel&key=n,k",
    "reel_pointed": "widget=reel&key=n&point=0.97",
    "reel_without_a_clip": "widget=reel&key=End",
    "reel_portrait": "widget=reel&shape=portrait&key=n",
    "reel_broken": "widget=reel&broken&key=n",
    "reel_keys": "widget=reel&key=%3F",
    "undecodable": "widget=player&broken",
    "grab": "widget=player&key=g",
    "more_said": "widget=player&click=More&then=Copy path",
    "more": "widget=player&click=More",
    "extend": "widget=player&click=More&then=Extend",
    "sequels": "widget=player&sequels",
    "grid": "widget=grid&cells=6&starred=2&rejected=3",
    "grid_dropping": "widget=grid&cells=3&dragging=1",
    "grid_render": "widget=grid&cells=4&starred=0,1&click=Render",
    "grid_planned": "widget=grid&cells=6&planned",
    "grid_filling": "widget=grid&cells=8&running=1,4,5&failed=2&filtered=6",
    "grid_rendered": "widget=grid&cells=5&starred=0&rendered",
    "grid_portrait": "widget=grid&cells=6&shape=portrait&starred=1",
    "grid_many": "widget=grid&cells=48&same",
    "grid_broken": "widget=grid&cells=4&broken",
    "grid_takes": "widget=grid&cells=8&takes=2",
    "grid_open": "widget=grid&cells=4&starred=1&key=Enter",
    "form_empty": "widget=form&form=empty",
    "form_filled": "widget=form&form=filled&paid&press=More",
    "form_invalid": "widget=form&form=invalid",
    "form_retired": "widget=form&form=retired&paid",
    "form_variables": "widget=form&form=variables&poor&paid",
    "form_omni": "widget=form&form=omni&press=More",
    "form_own": "widget=form&form=own&press=More",
    "form_own_invalid": "widget=form&form=own_invalid",
    "form_any": "widget=form&form=any",
    "form_any_adding": "widget=form&form=any&field=Add a parameter",
    "form_several": "widget=form&form=several&field=Model",
    "form_portrait": "widget=form&form=filled&choose=9:16",
    "form_moved": "widget=form&form=empty&paid&choose=4 s,1080p",
    "form_cast": "widget=form&form=cast",
    "form_naming": "widget=form&form=cast&type=i",
    "form_builder": "widget=form&form=empty&press=Builder,An old fisherman",
    "form_history": "widget=form&form=filled&press=Earlier",
    "studio_running": "widget=studio&form=filled&jobs=8&chosen=j1",
    "studio_held": "widget=studio&form=filled&paid&jobs=2&chosen=j0",
    "studio_done": "widget=studio&form=filled&paid&jobs=5&chosen=j3&clip",
    "studio_unknown": "widget=studio&form=omni&jobs=7&chosen=j6",
    "studio_empty": "widget=studio&form=empty&jobs=0",
    "library": "widget=library&jobs=5000&chosen=job1",
    "library_few": "widget=library&jobs=3&undo",
    "library_filters": "widget=library&jobs=40&press=Filters",
    "library_empty": "widget=library&jobs=0",
    "library_menu": "widget=library&jobs=40&click=More for",
    "library_open": "widget=library&jobs=40&clip",
    "storyboard": "widget=storyboard&film=made",
    "storyboard_planned": "widget=storyboard&film=planned&remark",
    "storyboard_making": "widget=storyboard&film=making",
    "storyboard_cut": "widget=storyboard&film=made&press=trimmed,Shared",
    "storyboard_menu": "widget=storyboard&film=made&click=More for shot 2",
    "storyboard_draft": "widget=storyboard&film=planned&press=Add shot",
    "storyboard_open": "widget=storyboard&film=made&click=Play shot 1",
    "storyboard_film": "widget=storyboard&film=made&press=Play film",
    "storyboard_cast": "widget=storyboard&film=planned&cast",
    "storyboard_named": "widget=storyboard&film=planned&cast&type=, with &click=Mia",
    "storyboard_naming": "widget=storyboard&film=made&cast&type= @M",
    "storyboard_gone": "widget=storyboard&film=making&gone",
    "batch": "widget=batch&rows=12",
    "batch_new": "widget=batch&rows=5000&batch=new",
    "batch_running": "widget=batch&rows=12&batch=running",
    "batch_refused": "widget=batch&rows=12&batch=refused",
    "batch_asking": "widget=batch&rows=12&click=Retry",
    "batch_failed": "widget=batch&rows=12&press=Failed",
    "batch_open": "widget=batch&rows=12&open=1&clip",
    "batch_open_failed": "widget=batch&rows=12&open=5",
    "batch_gone": "widget=batch&rows=12&batch=running&gone",
    "asking": "state=failed&paid&click=Generate again",
    "gone": "state=running&elapsed=40&paid&gone",
    "away": "state=running&elapsed=40&paid&away",
    "grid_gone": "widget=grid&cells=4&running=1&gone",
    "studio_gone": "widget=studio&form=filled&paid&jobs=4&chosen=j1&gone",
    "keys": "widget=player&key=%3F",
    "grid_keys": "widget=grid&cells=4&key=%3F",
    "form_nothing_written": "widget=form&form=empty&press=Generate",
}


def frame(index: int, size: tuple[int, int]) -> Image.Image:
    """One frame of a small moving landscape."""
    width, height = size
    picture = Image.new("RGB", size)
    draw = ImageDraw.Draw(picture)
    for y in range(height):
        share = y / height
        draw.line([(0, y), (width, y)], (int(250 - 90 * share), int(160 + 40 * share), int(110 + 110 * share)))
    sun = width * (0.25 + 0.5 * index / (FPS * SECONDS))
    draw.ellipse([sun - 60, height * 0.3 - 60, sun + 60, height * 0.3 + 60], (255, 236, 190))
    for layer, shade in enumerate([(90, 140, 130), (60, 105, 105), (32, 66, 74)]):
        base = height * (0.6 + 0.12 * layer)
        hill = [(x, base + 30 * math.sin(x / (90 + 40 * layer) + index / 30 + layer)) for x in range(0, width + 8, 8)]
        draw.polygon([*hill, (width, height), (0, height)], shade)
    return picture


def make_clip(size: tuple[int, int]) -> bytes:
    """A real H.264 + AAC clip, with silence for sound."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        video = file.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "g": "24"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        sound = file.add_stream("aac", rate=48000)
        for index in range(FPS * SECONDS):
            file.mux(video.encode(av.VideoFrame.from_image(frame(index, size))))
        for start in range(0, 48000 * SECONDS, 1024):
            silence = av.AudioFrame(format="fltp", layout="mono", samples=1024)
            silence.planes[0].update(bytes(silence.planes[0].buffer_size))
            silence.sample_rate, silence.pts, silence.time_base = 48000, start, Fraction(1, 48000)
            file.mux(sound.encode(silence))
        file.mux(video.encode())
        file.mux(sound.encode())
    return out.getvalue()


def poster(size: tuple[int, int]) -> str:
    """The first frame as a small data URL."""
    out = io.BytesIO()
    frame(0, size).resize((480, round(480 * size[1] / size[0]))).save(out, "JPEG", quality=60)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves the repository and says nothing."""

    def log_message(self, *_args: object) -> None:
        """Keep the terminal clean."""


def act(page: Page, asked: dict[str, str]) -> None:
    """Press and click what the address says."""
    if key := asked.get("key"):
        page.locator(".veo-player, .veo-cell").first.focus()
        for one in key.split(",") if len(key) > 1 else key:
            page.keyboard.press(one)
    if "dragging" in asked:
        job = page.evaluate_handle(
            "() => { const data = new DataTransfer(); data.setData('veo/job', 'j'); return data; }"
        )
        page.locator(".veo-grid").dispatch_event("dragover", {"dataTransfer": job})
    if text := asked.get("type"):
        prompt = page.locator(".veo-ask-for textarea, textarea[name=prompt]").first
        prompt.press("ControlOrMeta+End")
        page.keyboard.type(text)
    for name in filter(None, (asked.get("click"), asked.get("then"))):
        page.locator("button", has_text=name).or_(page.get_by_role("button", name=name)).first.click()


def open_list(page: Page, name: str) -> None:
    """Have a field show what there is to choose from."""
    page.get_by_role("combobox", name=name).click()


def shoot(page: Page, url: str, target: Path, query: str) -> None:
    """One picture: the view in one state, once it has settled."""
    size = (720, 1280) if "portrait" in query else (1280, 720)
    still = poster(size).replace("+", "%2B")
    page.goto(f"{url}?{query}&lab&poster={still}")
    page.wait_for_selector(".veo-card")
    if any(word in query for word in ("succeeded", "player", "&clip")):
        # A clip that is out of sight is not loaded.
        page.locator(".veo-stage").scroll_into_view_if_needed()
        ready = "() => document.querySelector('video')?.readyState >= 2 || document.querySelector('.veo-blocked')"
        page.wait_for_function(ready)
    act(page, dict(parse_qsl(query)))
    page.wait_for_timeout(300)
    for words, kind in (("choose", "span"), ("press", "button")):
        for word in parse_qs(query).get(words, [""])[0].split(","):
            if word:
                page.locator(kind, has_text=word).first.click()
                page.wait_for_timeout(200)
    if point := parse_qs(query).get("point"):
        bar = page.locator(".veo-scrub").bounding_box()
        page.mouse.move(bar["x"] + bar["width"] * float(point[0]), bar["y"] + 10)
    if field := parse_qs(query).get("field"):
        open_list(page, field[0])
    page.screenshot(path=target, full_page=True)


def looks(name: str) -> list[tuple[str, str, int]]:
    """In which ways a state is drawn: the end of the picture's name, an addition to the address, the page's width."""
    wide = 1400 if name.startswith("studio") else 1100 if name.startswith("storyboard") else 800
    medium = [("medium", "", 900), ("medium_dark", "&theme=dark", 900)] if name.startswith("studio") else []
    return [
        *medium,
        ("light", "", wide),
        ("dark", "&theme=dark", wide),
        ("narrow", "&width=320", 352),
        ("narrow_dark", "&width=320&theme=dark", 352),
    ]


def write_index(folder: Path) -> None:
    """A page with all pictures of a folder, state by state."""
    rows = []
    for light in sorted(folder.glob("*_light.png")):
        state = light.name.removesuffix("_light.png")
        pictures = "".join(f'<img src="{state}_{look}.png" alt="{look}">' for look, _, _ in looks(state))
        rows.append(f"<h2>{state}</h2><div>{pictures}</div>")
    style = "body{font-family:sans-serif;background:#888}div{display:flex;gap:8px;align-items:start;overflow:auto}"
    (folder / "index.html").write_text(f"<!doctype html><title>States</title><style>{style}</style>{''.join(rows)}")


def main(folder: Path, names: list[str]) -> int:
    """Take the named pictures, or all, in every look; returns how many errors the pages had."""
    sys.path.append(str(ROOT))
    from tests.reel_page import reel_program, serve_reel

    errors: list[str] = []
    folder.mkdir(parents=True, exist_ok=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=ROOT))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/js/tests/host.html"
    clips = {size: make_clip(size) for size in [(1280, 720), (720, 1280)]}
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        page = browser.new_page(viewport={"width": 800, "height": 840})
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        page.on("console", lambda line: errors.append(f"{page.url}: {line.text}") if line.type == "error" else None)

        def give_clip(route: Route) -> None:
            if "broken" in page.url:
                route.fulfill(body=b"no clip at all", content_type="video/mp4")
                return
            tall = "portrait" in page.url
            route.fulfill(body=clips[(720, 1280) if tall else (1280, 720)], content_type="video/mp4")

        page.route("**/clip.mp4*", give_clip)
        serve_reel(page, reel_program())
        for name in names or STATES:
            for look, extra, width in looks(name):
                page.set_viewport_size({"width": width, "height": 840})
                shoot(page, url, folder / f"{name}_{look}.png", STATES[name] + extra)
        browser.close()
    server.shutdown()
    write_index(folder)
    print(*errors, f"{len(list(folder.glob('*.png')))} pictures: {folder / 'index.html'}", sep="\n")
    return len(errors)


if __name__ == "__main__":
    sys.exit(min(1, main(Path(sys.argv[1]), sys.argv[2:])))
