"""What a clip, the studio and the library cost in real JupyterLab: bytes, memory, time."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from tests.e2e.conftest import Notebook, launched
from tests.e2e.servers import Lab, jupyter
from tests.made_jobs import RARE, write_many
from veo_widgets.storage.clips.library import settle

from .stage import Json

BEGIN = """import pathlib, resource, veo_widgets as veo, ipywidgets
from IPython.display import HTML, Video
PATH = "veo_clips/clip.mp4"
CLIP = veo.Video(pathlib.Path(PATH).absolute(), bytes=pathlib.Path(PATH).stat().st_size)
def memory(): return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 2**20
veo.configure(provider="emulator")
veo.jobs(), veo.Player(()), ipywidgets.Video()
before = memory()"""
# A cell that shows the same clip.
SHOWN = {
    "veo_widgets": "veo.Player(CLIP)",
    "ipywidgets.Video": "ipywidgets.Video.from_file(PATH, autoplay=False)",
    "IPython.display.Video": "Video(PATH, embed=True)",
    # As little as there can be between the cell and the browser's own loading and decoding.
    "bare video tag": """HTML(f'<video src="/files/{PATH}" preload="metadata" width="640"></video>')""",
}
# Everything that comes over websockets is counted; when a view is announced is noted, in short messages alone.
COUNT = """
window.received = 0;
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({data}) => {
      const size = data.byteLength ?? data.length;
      window.received += size;
      if (size > 200000 || window.announced) return;
      const text = typeof data === "string" ? data : new TextDecoder().decode(data);
      if (text.includes("widget-view+json")) window.announced = performance.now();
    });
  }
};
"""
RUN = """async selector => {
  window.received = 0;
  window.announced = 0;
  const begun = performance.now();
  window.jupyterapp.commands.execute("notebook:run-cell");
  let picture = 0;
  await new Promise((done, fail) => {
    const look = () => {
      const found = document.querySelector(selector);
      if (!picture && (found?.poster || found?.readyState >= 2)) picture = performance.now();
      if (found && (found.readyState ?? 4) >= 2) done();
      else if (performance.now() - begun > 60000) fail(new Error(`${selector} does not come: ${found?.outerHTML}`));
      else requestAnimationFrame(look);
    };
    look();
  });
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  const now = performance.now();
  return {picture_ms: picture - begun, ms: now - begun, after_message_ms: now - window.announced};
}"""
# A word is typed as one event: what counts is from the last key on.
FIND = """async word => {
  const field = document.querySelector(".veo-lib input[type=search]");
  const begun = performance.now();
  field.value = word;
  field.dispatchEvent(new Event("input", {bubbles: true}));
  await new Promise((done, fail) => {
    const look = () => {
      const found = [...document.querySelectorAll(".veo-lib-cell")];
      if (found.length === 1 && found[0].textContent.includes(word)) done();
      else if (performance.now() - begun > 60000) fail(new Error(`${word} is not found`));
      else requestAnimationFrame(look);
    };
    look();
  });
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - begun;
}"""


def noisy_clip(path: Path, seconds: int = 8, bits: int = 15_000_000) -> None:
    """A clip that is as large as real ones, with its recipe: 720p of noise at so many bits a second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name("part.mp4")
    with av.open(str(part), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=24, options={"preset": "ultrafast", "x264-params": "threads=1"})
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 1280, 720, "yuv420p", bits
        grey = bytes([128]) * (640 * 360)
        for number in range(seconds * 24):
            frame = av.VideoFrame(1280, 720, "yuv420p")
            for plane, data in zip(frame.planes, (os.urandom(1280 * 720), grey, grey), strict=True):
                plane.update(data)
            frame.pts, frame.time_base = number, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    settle(part, path, {})


@contextmanager
def opened() -> Iterator[tuple[Any, Lab, Path]]:
    """A browser, a server, and a clip of 15 MB in its folder."""
    with tempfile.TemporaryDirectory(prefix="veo-bench-lab-") as folder:
        root = Path(folder) / "root"
        root.mkdir()
        noisy_clip(root / "veo_clips" / "clip.mp4")
        with jupyter(root) as lab, launched() as browser:
            yield browser, lab, root


def _notebook(browser: Any, lab: Lab) -> Notebook:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(60_000)
    page.add_init_script(COUNT)
    return Notebook(page, lab)


def shown(browser: Any, lab: Lab, name: str) -> Json:
    """What showing the clip takes.

    Milliseconds from the cell's start to the first picture, which may be a still, and to the first frame that was
    decoded; bytes that came through the kernel, MB of its memory, and bytes that the saved notebook has grown by.
    """
    notebook = _notebook(browser, lab)
    path = notebook.write("shown.ipynb", BEGIN, SHOWN[name], "print(memory() - before)")
    notebook.open("shown.ipynb")
    notebook.run(0)
    notebook.command("docmanager:save")
    before = path.stat().st_size
    notebook.page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1; }")
    found: Json = notebook.page.evaluate(RUN, ".jp-OutputArea-output video")
    # The browser goes on to take in what it has been sent.
    notebook.run(2)
    found["kernel_bytes"] = notebook.page.evaluate("window.received")
    found["kernel_mb"] = float(notebook.page.locator(".jp-OutputArea-output").last.inner_text())
    notebook.command("docmanager:save")
    found["notebook_bytes"] = path.stat().st_size - before
    notebook.shut_down()
    notebook.page.close()
    return found


def studio(browser: Any, lab: Lab) -> Json:
    """Milliseconds from the message that announces a studio to a form that can be typed in, after a paint."""
    notebook = _notebook(browser, lab)
    notebook.write("studio.ipynb", BEGIN, "veo.Studio()")
    notebook.open("studio.ipynb")
    notebook.run(0)
    notebook.page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1; }")
    found: Json = notebook.page.evaluate(RUN, ".veo-studio textarea")
    notebook.shut_down()
    notebook.page.close()
    return found


def library(browser: Any, lab: Lab) -> Json:
    """Milliseconds from the last key of a word to its one job among 5,000, after a paint."""
    write_many(lab.root.with_name("home") / "ledger.sqlite3", 5000, lab.root / "gone")
    notebook = _notebook(browser, lab)
    notebook.write("library.ipynb", BEGIN, "veo.library()")
    notebook.open("library.ipynb")
    notebook.run(0)
    notebook.run(1)
    page = notebook.page
    page.wait_for_selector(".veo-lib-cell img, .veo-lib-why")
    found = {"ms": page.evaluate(FIND, RARE)}
    notebook.shut_down()
    page.close()
    return found
