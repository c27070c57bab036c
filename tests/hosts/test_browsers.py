"""Firefox and WebKit, in a real JupyterLab: what a user of Chromium has, a user of these has too."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from secrets import token_hex

import nbformat
import numpy as np
import pytest
from PIL import Image

from ..e2e.conftest import KERNELSPEC, READY
from ..e2e.servers import Lab
from ..e2e.test_grid import apart, frames
from .engines import (
    ALT,
    CONTROL,
    DOWN,
    END,
    ENGINES,
    ENTER,
    ESCAPE,
    RIGHT,
    WITHOUT_H264,
    Browser,
    Firefox,
    PageDiedError,
    WebKit,
)

pytestmark = [
    # Firefox's driver leaves its sockets to the garbage collector; WebKit's calls itself as is no longer usual.
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning",
        "ignore::pytest.PytestUnraisableExceptionWarning",
        "ignore::DeprecationWarning:selenium",
    ),
    # A page that has died says nothing of what it shows; one that dies each time does.
    pytest.mark.flaky(reruns=2, only_rerun=["PageDiedError"]),
]
LOAD = "import veo_widgets as veo\nveo.configure(provider='emulator')"
FPS = 24
VIDEO = "document.querySelector('.jp-OutputArea-output .veo-root video')"
TOLERANCE = 6.0
# Keeps what no script has caught.
LISTEN = """() => {
    window.wrong = [];
    addEventListener("error", ({message, error}) => wrong.push([message, error?.stack]));
}"""


@pytest.fixture(params=list(ENGINES))
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    browser = ENGINES[request.param]()
    yield browser
    browser.close()


class Notebook:
    """A notebook in the browser's tab."""

    def __init__(self, browser: Browser, lab: Lab, name: str, *cells: str) -> None:
        self.browser, self.lab = browser, lab
        self.folder = Path(tempfile.mkdtemp(prefix=f"{browser.name}-{name}-", dir=lab.root))
        made = nbformat.v4.new_notebook(metadata=KERNELSPEC)
        made.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        nbformat.write(made, self.folder / "notebook.ipynb")
        browser.open(f"{lab.url}lab/tree/{self.folder.name}/notebook.ipynb?token={lab.token}&reset")
        browser.wait(READY)
        browser.run(LISTEN)

    def run_all(self) -> None:
        self.browser.run("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")

    def theme(self, name: str) -> None:
        self.browser.run("name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})", name)
        light = str("Light" in name).lower()
        self.browser.wait(
            "light => document.body.dataset.jpThemeLight === light&& !document.querySelector('#jupyterlab-splash')",
            light,
        )

    def shut_down(self) -> None:
        self.browser.run("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        assert self.browser.run("() => window.wrong") == []


def is_ready(browser: Browser) -> str:
    """Wait until the clip's picture is there; where it comes from."""
    browser.wait(f"() => {VIDEO}?.readyState >= 2")
    return str(browser.run(f"() => {VIDEO}.currentSrc"))


def plays(browser: Browser) -> None:
    """The clip runs, has its real size, and a seek to the middle arrives there."""
    browser.wait(
        f"() => {{ const video = {VIDEO}; video.muted = true; if (video.paused) video.play().catch(() => {{}});"
        "return video.currentTime > 0.4; }"
    )
    assert browser.run(f"() => [{VIDEO}.videoWidth, {VIDEO}.videoHeight, {VIDEO}.error]") == [1280, 720, None]
    seek(browser, 2)
    assert abs(browser.run(f"() => {VIDEO}.currentTime") - 2) < 0.1


def seek(browser: Browser, seconds: float) -> None:
    browser.run(
        f"""seconds => new Promise(done => {{
        {VIDEO}.pause();
        {VIDEO}.addEventListener("seeked", () => done(), {{once: true}});
        {VIDEO}.currentTime = seconds;
    }})""",
        seconds,
    )


def focus(browser: Browser, selector: str) -> None:
    browser.run("selector => document.querySelector(selector).focus()", selector)


def says(browser: Browser, text: str) -> None:
    browser.wait("text => document.querySelector('.jp-Notebook').textContent.includes(text)", text)


def take(notebook: Notebook) -> Path:
    """Press g and choose the PNG beside the clip, which is the fourth of the menu."""
    browser = notebook.browser
    before = set(notebook.folder.glob("*_frame*.png"))
    browser.press("g")
    browser.wait("() => document.activeElement?.getAttribute('role') === 'menuitem'")
    browser.press("4")
    return next(iter(browser.until(lambda: set(notebook.folder.glob("*_frame*.png")) - before)))


def is_the_frame(path: Path, shown: list[np.ndarray]) -> None:
    """A PNG is the frame whose number it bears."""
    still = np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("RGB"))
    differences = [apart(still, frame) for frame in shown]
    assert (int(np.argmin(differences)), min(differences) < TOLERANCE) == (int(path.stem[-4:]), True), differences


def test_a_clip_of_the_servers_file_and_its_frames(browser: Browser, lab: Lab) -> None:
    """It plays from ``/files/`` with its sound; keys step through it, and `g` takes the very frame on screen."""
    notebook = Notebook(
        browser,
        lab,
        "files",
        f"{LOAD}\nveo.configure(folder='.')",
        "veo.Player(veo.submit('A cat', seed=7, seconds=4).wait())",
    )
    notebook.run_all()
    assert "/files/" in is_ready(browser)
    plays(browser)
    shown = frames(next(notebook.folder.glob("*.mp4")))
    browser.keep("player-light")
    seek(browser, 37.5 / FPS)
    focus(browser, ".veo-player")
    path = take(notebook)
    assert path.stem.endswith("_frame0037")
    is_the_frame(path, shown)
    focus(browser, ".veo-player")
    browser.press("..")
    browser.press(",.")
    path = take(notebook)
    assert path.stem.endswith("_frame0039")
    is_the_frame(path, shown)
    browser.press("k")
    browser.wait(f"() => {VIDEO}.currentTime > 2.2")
    is_the_frame(take(notebook), shown)
    # None of the keys has reached the notebook, where two of "d" delete a cell.
    browser.press("dd?")
    says(browser, "k play · j l 1 s")
    assert browser.run("() => document.querySelectorAll('.jp-Cell').length") == 2
    if browser.name == "webkit":
        browser.press("p")
        says(browser, "There is no picture in picture here; f fills the screen.")
    notebook.theme("JupyterLab Dark")
    browser.keep("player-dark")
    notebook.theme("JupyterLab Light")
    notebook.shut_down()


def test_a_clip_of_messages(browser: Browser, lab: Lab, tmp_path: Path) -> None:
    """Out of the server's reach it comes through the kernel, plays, and gives a frame all the same."""
    outside = (
        f"import os\nos.chdir({str(tmp_path)!r})\n%load_ext veo_widgets\n{LOAD}\nveo.configure(folder='veo_clips')"
    )
    notebook = Notebook(browser, lab, "messages", outside, "%%veo --seconds 4 --seed 7 --wait\nA cat")
    notebook.run_all()
    assert is_ready(browser).startswith("blob:")
    plays(browser)
    notebook.folder = tmp_path / "veo_clips"
    seek(browser, 50.5 / FPS)
    focus(browser, ".veo-player")
    is_the_frame(take(notebook), frames(next(notebook.folder.glob("*.mp4"))))
    notebook.shut_down()


def test_the_studio_by_keyboard(browser: Browser, lab: Lab) -> None:
    """Letters stay in the form, the price follows, Ctrl+Enter generates, and the clip plays."""
    notebook = Notebook(browser, lab, "studio", f"{LOAD}\nveo.configure(folder='.')", "studio = veo.Studio()\nstudio")
    notebook.run_all()
    browser.wait("() => document.querySelector('.veo-form textarea')")
    browser.run("() => document.querySelector('.veo-form textarea').focus()")
    browser.press("dd A cat in a sunny garden")
    browser.click("4 s", "label")
    browser.wait("() => document.querySelector('.veo-form').innerText.includes('$0.40')")
    browser.run("() => document.querySelector('.veo-form textarea').focus()")
    browser.keep("studio-light")
    browser.press(ENTER, CONTROL)
    browser.wait("() => document.querySelector('.veo-studio video')?.readyState >= 2")
    assert browser.run("() => document.querySelectorAll('.jp-Cell').length") == 2
    assert browser.run("() => document.querySelector('.veo-form textarea').value") == "dd A cat in a sunny garden"
    plays(browser)
    browser.keep("studio-clip-light")
    notebook.theme("JupyterLab Dark")
    browser.keep("studio-clip-dark")
    notebook.theme("JupyterLab Light")
    notebook.shut_down()


def test_the_grid_by_keyboard(browser: Browser, lab: Lab) -> None:
    """Clips play as one, stop and step on one frame, and are starred and opened by keys."""
    clips = "[veo.submit(text, seed=7, seconds=4).wait() for text in ('A fox', 'A lighthouse')]"
    notebook = Notebook(browser, lab, "grid", f"{LOAD}\nveo.configure(folder='.')", f"veo.grid({clips})")
    notebook.run_all()
    videos = "[...document.querySelectorAll('.veo-cell video')]"
    browser.wait(f"() => {videos}.filter(video => video.readyState >= 2).length === 2")
    focus(browser, ".veo-cell")
    browser.press("k")
    browser.wait(f"() => {videos}.every(video => video.currentTime > 0.6)")
    browser.press("k")
    # An element that is less than a millisecond from its place is left there.
    together = f"Math.abs({videos}[0].currentTime - {videos}[1].currentTime) < 0.0025"
    browser.wait(f"() => {together} && {videos}.every(video => video.paused && !video.seeking)")
    before = browser.run(f"() => {videos}[0].currentTime")
    # Back: where the browser is slow, the clips have come to their end.
    browser.press(",")
    browser.wait(f"before => {videos}.every(video => Math.abs(video.currentTime - before + 1 / {FPS}) < 0.002)", before)
    browser.press("s")
    browser.wait("() => document.querySelector('.veo-cell').getAttribute('aria-label').endsWith(', starred')")
    browser.keep("grid-light")
    notebook.theme("JupyterLab Dark")
    browser.keep("grid-dark")
    notebook.theme("JupyterLab Light")
    focus(browser, ".veo-cell")
    browser.press(ENTER)
    browser.wait("() => document.querySelector('.veo-big video')?.readyState >= 2")
    notebook.shut_down()


def test_the_table_of_a_batch_by_keyboard(browser: Browser, lab: Lab) -> None:
    """Rows are made by a button, and gone through, starred, opened and searched by keys."""
    rows = [{"prompt": f"{animal} number {n}"} for n, animal in enumerate(["Otter", "Heron", "Lynx"] * 2)]
    cells = f"{LOAD}\nveo.configure(folder='.')", f"veo.batch({rows}, name='{token_hex(4)}', seconds=4)"
    notebook = Notebook(browser, lab, "batch", *cells)
    notebook.run_all()
    browser.click("Make 6 rows")
    browser.click("Confirm")
    says(browser, "6 of 6")
    focus(browser, "[data-row='row 1']")
    browser.press(f"{DOWN}s")
    browser.wait("() => document.querySelector('[data-row=\"row 2\"] [aria-pressed=true]')")
    browser.press(f"{END}{ENTER}")
    browser.wait("() => document.querySelector('.veo-batch-open video')?.readyState >= 2")
    browser.keep("batch-light")
    notebook.theme("JupyterLab Dark")
    browser.keep("batch-dark")
    notebook.theme("JupyterLab Light")
    focus(browser, ".veo-batch-open")
    browser.press(ESCAPE)
    browser.wait("() => document.activeElement?.dataset.row === 'row 6'")
    browser.press("/")
    browser.wait("() => document.activeElement?.type === 'search'")
    browser.press("lynx")
    says(browser, "2 rows")
    assert browser.run("() => document.querySelectorAll('.jp-Cell').length") == 2
    notebook.shut_down()


def test_the_storyboard_by_keyboard(browser: Browser, lab: Lab) -> None:
    """Shots are written, moved and made, and the film plays."""
    cells = f"{LOAD}\nveo.configure(folder='.')", f"veo.film('{token_hex(4)}', ['A train', 'A bridge'], seconds=4)"
    notebook = Notebook(browser, lab, "board", *cells)
    notebook.run_all()
    labels = "[...document.querySelectorAll('.veo-shot')].map(card => card.getAttribute('aria-label'))"
    browser.wait(f"() => {labels}.length === 2")
    focus(browser, ".veo-shot")
    browser.press(RIGHT, ALT)
    browser.wait(f"() => {labels}[1].startsWith('Shot 2, A train')")
    focus(browser, ".veo-shot textarea")
    browser.press("a", CONTROL)
    browser.press("dd A bridge at night")
    browser.press(ENTER, CONTROL)
    says(browser, "To make: both shots")
    browser.keep("board-light")
    browser.click("Make · $0.80")
    browser.wait("() => document.querySelector('.veo-board-foot').textContent === 'Nothing to make'")
    browser.wait(f"() => {labels}[0].startsWith('Shot 1, dd A bridge at night')")
    notebook.theme("JupyterLab Dark")
    browser.keep("board-dark")
    notebook.theme("JupyterLab Light")
    assert browser.run("() => document.querySelectorAll('.jp-Cell').length") == 2
    notebook.shut_down()


@pytest.fixture
def crippled(request: pytest.FixtureRequest) -> Iterator[Browser]:
    browser = request.param()
    yield browser
    browser.close()


@pytest.mark.parametrize(
    "crippled", [pytest.param(made, id=name) for name, made in WITHOUT_H264.items()], indirect=True
)
def test_a_browser_without_the_decoder_names_the_file(crippled: Browser, lab: Lab) -> None:
    notebook = Notebook(
        crippled, lab, "deaf", f"{LOAD}\nveo.configure(folder='.')", "veo.Player(veo.submit('A cat', seconds=4).wait())"
    )
    notebook.run_all()
    says(
        crippled,
        "This viewer has no decoder for H.264 video. The clip is saved, whole and checked; a video player opens it:",
    )
    says(crippled, next(notebook.folder.glob("*.mp4")).name)
    crippled.keep("no-decoder-light")
    # Nothing plays, whatever the element says of itself.
    assert crippled.run("() => Boolean(document.querySelector('.veo-rail [aria-label=Play]'))")
    notebook.shut_down()


@pytest.mark.parametrize("crippled", [lambda: Firefox(**{"media.rvfc.enabled": False})], ids=["firefox"], indirect=True)
def test_the_very_frame_where_none_is_reported(crippled: Browser, lab: Lab) -> None:
    """Without ``requestVideoFrameCallback`` the number comes from the time, and the picture from the number."""
    assert not crippled.run("() => 'requestVideoFrameCallback' in HTMLVideoElement.prototype")
    notebook = Notebook(
        crippled,
        lab,
        "untold",
        f"{LOAD}\nveo.configure(folder='.')",
        "veo.Player(veo.submit('A cat', seed=7, seconds=4).wait())",
    )
    notebook.run_all()
    is_ready(crippled)
    focus(crippled, ".veo-player")
    crippled.press("k")
    crippled.wait(f"() => {VIDEO}.currentTime > 0.7")
    is_the_frame(take(notebook), frames(next(notebook.folder.glob("*.mp4"))))
    notebook.shut_down()


def processes_of(process: int) -> Iterator[int]:
    """Those that it has started, and those that these have."""
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in children.read_text().split():
            yield int(child)
            yield from processes_of(int(child))


def end_the_page(browser: WebKit) -> None:
    [drawing] = [
        one
        for one in processes_of(browser.driver.service.process.pid)
        if Path(f"/proc/{one}/comm").read_text().startswith("WebKitWebProc")
    ]
    os.kill(drawing, signal.SIGKILL)


def test_a_page_that_has_died_is_told_from_one_that_answers_wrongly() -> None:
    """Whether a script was waited for at that moment, or is asked for later."""
    with contextlib.closing(WebKit()) as browser:
        with pytest.raises(AssertionError, match="nobody"):
            browser.run("() => nobody")
        waiting = ThreadPoolExecutor(1).submit(browser.run, "() => new Promise(() => {})")
        end_the_page(browser)
        with pytest.raises(PageDiedError):
            waiting.result()
        with pytest.raises(PageDiedError):
            browser.run("() => 1")
