"""A grid of 24 clips in real JupyterLab: scrolled as by a wheel, shown again and again, and one of more than 200."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Notebook, launched
from tests.e2e.servers import Lab, jupyter
from veo_widgets.emulator.rendering.clips import Recipe, film
from veo_widgets.storage.clips.library import settle
from veo_widgets.storage.clips.poster import make_poster

from .stage import Json

MANY = 24
# So often a grid of so many is shown after the first, with which the page itself grows.
SHOWINGS = 9
CLIPS_SHOWN = MANY * SHOWINGS
BEGIN = """import pathlib, veo_widgets as veo, anywidget
from IPython.display import HTML
veo.configure(provider="emulator")
PATHS = sorted(pathlib.Path("grid_clips").glob("*.mp4"))
def page(one):
    cells = "".join(f"<figure>{one.format(path)}<figcaption>{path.name}</figcaption></figure>" for path in PATHS)
    style = "display:grid;grid-template-columns:repeat(auto-fill,minmax(220px,1fr));gap:12px"
    return HTML(f"<style>figure{{margin:0}}figure>*{{width:100%}}</style><div style={style!r}>{cells}</div>")
class Bare(anywidget.AnyWidget):
    _esm = "export default {render({el}) { el.innerHTML = '<img src=/files/still.jpg>'; }} //" + "x" * 60_000"""
# What the browser can do on this machine: the same clips without anything of ours.
PICTURES = "24 pictures alone"
SHOWN = {
    "veo_widgets": "veo.Grid(*PATHS)",
    PICTURES: "page('<img src=/files/still.jpg>')",
    "24 <video>": "page('<video src=/files/{} preload=auto muted></video>')",
}
# What a page keeps of any widget with a program as large as ours.
BARE = "a bare anywidget"
REPLACED = {"veo_widgets": SHOWN["veo_widgets"], BARE: "Bare()"}
SPACE = "HTML('<div style=\"height: 1200px\"></div>')"
MEDIA = ".jp-OutputArea-output :is(video, img)"
READY = """selector => {
  const all = [...document.querySelectorAll(selector)];
  return all.length > 0 && all.slice(0, 4).every(one => one.complete || one.readyState >= 2);
}"""
# Every element that was ever made is looked at between two frames: one that has left the page may decode on.
COUNT = """
window.made = [];
for (const name of ["createElement", "createElementNS"]) {
  const create = Document.prototype[name];
  Document.prototype[name] = function (...given) {
    const one = create.apply(this, given);
    if (one instanceof HTMLMediaElement) window.made.push(new WeakRef(one));
    return one;
  };
}
window.alive = () => window.made.map(one => one.deref()).filter(Boolean);
window.decoders = () => [...new Set([...window.alive(), ...document.querySelectorAll("video")])]
  .filter(one => one.readyState > 0 || one.networkState === HTMLMediaElement.NETWORK_LOADING).length;
"""
WATCH = """() => {
  window.watched = {gaps: [], decoders: 0, last: 0};
  const look = now => {
    if (watched.last) watched.gaps.push(now - watched.last);
    watched.last = now;
    watched.decoders = Math.max(watched.decoders, window.decoders());
    watched.handle = requestAnimationFrame(look);
  };
  watched.handle = requestAnimationFrame(look);
}"""
WATCHED = "() => { cancelAnimationFrame(watched.handle); return watched; }"
# A frame of 60 a second, and what the clock may be off.
ON_TIME_MS = 17.7


@contextmanager
def opened() -> Iterator[tuple[Any, Lab]]:
    """A browser, and a server with clips of four seconds in its folder."""
    with tempfile.TemporaryDirectory(prefix="veo-bench-grid-") as folder:
        root = Path(folder) / "root"
        (root / "grid_clips").mkdir(parents=True)
        made = root / "made.mp4"
        recipe = Recipe("veo-3.1-generate-001", "A lighthouse", "720p", "16:9", 4.0, seed=7)
        film(recipe, made, lambda _key: b"", lambda: False)
        for number in range(MANY):
            part = root / "part.mp4"
            shutil.copy(made, part)
            settle(part, root / "grid_clips" / f"{number:02}.mp4", {})
        (root / "still.jpg").write_bytes(make_poster(made))
        with jupyter(root) as lab, launched() as browser:
            yield browser, lab


@contextmanager
def _notebook(browser: Any, lab: Lab, *cells: str) -> Iterator[Notebook]:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(120_000)
    page.add_init_script(COUNT)
    notebook = Notebook(page, lab)
    notebook.write("grid.ipynb", BEGIN, *cells)
    notebook.open("grid.ipynb")
    for number in range(len(cells) + 1):
        notebook.run(number)
    page.wait_for_function(READY, arg=MEDIA)
    yield notebook
    notebook.shut_down()
    page.close()


def scrolled(browser: Any, lab: Lab, name: str) -> Json:
    """What scrolling past 24 clips, and back, takes.

    Frames a second, how many of them come in time, the most elements that had a decoder, and for each frame the
    milliseconds of CPU that the page's main thread works.
    """
    with _notebook(browser, lab, SPACE, SHOWN[name], SPACE) as notebook:
        page = notebook.page
        page.locator(".jp-WindowedPanel-outer").evaluate("panel => { panel.scrollTop = 0; }")
        wheel = page.context.new_cdp_session(page)
        # Its own time, not the clock's: whoever else works on the machine has no part in it.
        wheel.send("Performance.enable", {"timeDomain": "threadTicks"})
        before = _worked(wheel)
        page.evaluate(WATCH)
        for down in (-2400, 2400) * 2:
            gesture = {"x": 640, "y": 500, "yDistance": down, "speed": 1200, "gestureSourceType": "mouse"}
            wheel.send("Input.synthesizeScrollGesture", gesture)
        found = page.evaluate(WATCHED)
        worked = _worked(wheel) - before
    gaps = found["gaps"]
    return {
        "frames": 1000 * len(gaps) / sum(gaps),
        "in_time": 100 * sum(gap <= ON_TIME_MS for gap in gaps) / len(gaps),
        "decoders": found["decoders"],
        "main_ms": 1000 * worked / len(gaps),
    }


def _worked(tools: Any) -> float:
    """Seconds that the main thread has worked."""
    metrics = tools.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


def passed(browser: Any, lab: Lab) -> Json:
    """What the page has more of when a grid of more than 200 clips was scrolled past once more, and back."""
    with _notebook(browser, lab, f"veo.Grid(*PATHS * {SHOWINGS})") as notebook:
        tools = notebook.page.context.new_cdp_session(notebook.page)
        tools.send("Performance.enable")
        found = []
        for _ in range(2):
            for down in (-12_000, 12_000):
                gesture = {"x": 640, "y": 500, "yDistance": down, "speed": 4000, "gestureSourceType": "mouse"}
                tools.send("Input.synthesizeScrollGesture", gesture)
            notebook.page.wait_for_function(READY, arg=MEDIA)
            found.append(_memory(notebook.page, tools))
    return {key: found[-1][key] - found[0][key] for key in found[0]}


def replaced(browser: Any, lab: Lab, name: str) -> Json:
    """What the page has more of when a cell has shown one widget after the other in place of the one before."""
    with _notebook(browser, lab, REPLACED[name]) as notebook:
        tools = notebook.page.context.new_cdp_session(notebook.page)
        tools.send("Performance.enable")
        found = []
        for _ in range(SHOWINGS + 1):
            notebook.run(1)
            notebook.page.wait_for_function(READY, arg=MEDIA)
            found.append(_memory(notebook.page, tools))
    return {key: found[-1][key] - found[0][key] for key in found[0]}


def _memory(page: Any, tools: Any) -> Json:
    for _ in range(3):
        tools.send("HeapProfiler.collectGarbage")
    heap = {one["name"]: one["value"] for one in tools.send("Performance.getMetrics")["metrics"]}
    return {
        "heap_mb": heap["JSHeapUsedSize"] / 1e6,
        "nodes": tools.send("Memory.getDOMCounters")["nodes"],
        "elements": page.evaluate("() => window.alive().length"),
    }
