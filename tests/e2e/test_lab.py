"""A clip in real JupyterLab, seen as a user sees it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from veo_widgets.emulator import Emulator

from ..conftest import SlowService
from ..domain.test_webm import clip as webm_clip
from ..kernels import HASTE
from ..raw_server import Server, answer
from .conftest import Notebook, plays

LOAD = "%load_ext veo_widgets\nimport veo_widgets as veo\nveo.configure(provider='emulator')"
PROMPT = "A cat playing with a ball of yarn in a sunny garden"
# The front matter holds the emulator back, so that there is progress to see.
CELL = f"%%veo --seconds 4 --seed 7 --into clip --wait\n---\nseconds: 8\n---\n{PROMPT}"
VIDEO = ".jp-OutputArea-output .veo-root video"
MAX_BYTES_PER_CLIP = 40_000
SANITIZED = "html => window.jupyterapp.shell.currentWidget.content.rendermime.sanitizer.sanitize(html)"
_RUNS = """video => {
    video.muted = true;
    if (video.paused) video.play().catch(() => {});
    return video.currentTime > 0.4 && video.readyState >= 2;
}"""


def test_a_first_clip(notebook_alone: Notebook) -> None:
    """Progress moves while the cell is busy, the clip plays from the server's own address, the notebook stays small."""
    notebook = notebook_alone
    page = notebook.page
    path = notebook.write("first.ipynb", LOAD, CELL)
    before = path.stat().st_size
    frames: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(len(frame))))
    notebook.open("first.ipynb")
    notebook.start_all()
    bar = page.locator(".jp-OutputArea-output .veo-root [role=progressbar]")
    bar.wait_for()
    early = float(bar.get_attribute("aria-valuenow") or 0)
    page.wait_for_function(
        """early => Number(document.querySelector(".veo-root [role=progressbar]").ariaValueNow) > early + 5""",
        arg=early,
    )
    # The kernel's own status flickers with every message; the cell's star does not.
    expect(page.locator(".jp-InputPrompt").nth(1)).to_have_text("[*]:")
    notebook.picture("running-light", page.locator(".veo-root").first)
    page.locator(VIDEO).wait_for()
    page.wait_for_function(f"() => document.querySelector({VIDEO!r}).readyState >= 2")
    source = page.locator(VIDEO).evaluate("video => video.currentSrc")
    assert re.search(r"/files/veo_clips/\d{4}-\d\d-\d\d_", source), source
    plays(page.locator(VIDEO))
    page.wait_for_function("() => parseFloat(document.querySelector('.veo-buffered').style.width) > 0")
    # No piece of the clip came through the kernel: the largest message is the widget's own program.
    clip = next((notebook.lab.root / "veo_clips").glob("*.mp4")).stat().st_size
    assert 0 < max(frames) < min(clip / 4, 120_000), (max(frames), clip)
    # The plain card for readers without a kernel is there and does not show twice.
    expect(page.locator("[class^=veo-saved-]")).to_have_count(1)
    expect(page.locator("[class^=veo-saved-]")).to_be_hidden()
    notebook.picture("first-clip-light")
    notebook.theme("JupyterLab Dark")
    notebook.picture("first-clip-dark")
    notebook.theme("JupyterLab Light")
    notebook.command("docmanager:save")
    assert path.stat().st_size - before < MAX_BYTES_PER_CLIP
    text = path.read_text()
    assert PROMPT in text
    assert notebook.lab.token not in text


def test_a_clip_out_of_the_servers_reach(notebook: Notebook, tmp_path: Path) -> None:
    """Where /files/ cannot serve the clip, it comes through the kernel and plays all the same."""
    page = notebook.page
    outside = f"import os\nos.chdir({str(tmp_path)!r})\nveo.configure(folder={str(tmp_path / 'clips')!r})"
    notebook.write("outside.ipynb", LOAD, outside, f"%%veo --seconds 4 --wait\n{PROMPT}")
    notebook.open("outside.ipynb")
    notebook.start_all()
    page.locator(VIDEO).wait_for()
    page.wait_for_function(f"() => document.querySelector({VIDEO!r}).readyState >= 2")
    assert page.locator(VIDEO).evaluate("video => video.currentSrc").startswith("blob:")
    plays(page.locator(VIDEO))
    assert list((tmp_path / "clips").glob("*.mp4"))


def _other_clip(route: Route) -> None:
    """What a server says of another file under the clip's name: a smaller picture, and another size."""
    clip = webm_clip(frames=24, size=(320, 180), audio=True, live="0")
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", route.request.headers.get("range", "bytes=0-"))
    assert asked is not None
    first, last = int(asked[1]), min(int(asked[2] or len(clip)), len(clip) - 1)
    headers = {"content-type": "video/webm", "content-range": f"bytes {first}-{last}/{len(clip)}"}
    route.fulfill(status=206, headers=headers, body=clip[first : last + 1])


@pytest.mark.parametrize(
    "answer_of_server",
    {
        "another clip": _other_clip,
        "a page to sign in at": lambda route: route.fulfill(
            status=200, content_type="text/html", body="<p>Sign in</p>"
        ),
        "a refusal": lambda route: route.fulfill(status=403, body="Forbidden"),
    }.items(),
    ids=lambda item: item[0],
)
def test_a_clip_whose_address_serves_something_else(
    notebook: Notebook, answer_of_server: tuple[str, Callable[[Route], None]]
) -> None:
    """The element is given the address at once; where that is not the clip, the clip comes through the kernel."""
    said, handle = answer_of_server
    page = notebook.page
    name = f"{said.replace(' ', '_')}.ipynb"
    notebook.write(name, LOAD, f"clip = veo.submit({PROMPT!r}, seconds=4, seed=7).wait()", "veo.Player(clip)")
    notebook.open(name)
    notebook.run(0)
    notebook.run(1)
    page.route("**/files/**", handle)
    notebook.run(2)
    video = page.locator(VIDEO)
    video.wait_for()
    page.wait_for_function(f"() => document.querySelector({VIDEO!r}).currentSrc.startsWith('blob:')")
    assert plays(video).startswith("blob:")
    expect(page.locator(".veo-root .veo-blocked")).to_have_count(0)
    page.unroute("**/files/**", handle)


@pytest.mark.parametrize("within_reach", [True, False])
@pytest.mark.parametrize("live", ["0", "1"])
def test_a_webm_plays_whichever_way_it_comes(
    notebook: Notebook, tmp_path: Path, live: str, *, within_reach: bool
) -> None:
    """A gateway's WebM is fetched under its own ending, has a poster, and plays; a difference stands on the card."""
    page = notebook.page
    done = {"id": "video_1", "object": "video", "status": "completed"}
    with Server() as server:
        server.answers["/v1/videos"] = answer(200, {**done, "status": "queued"})
        server.answers["/v1/videos/video_1"] = answer(200, done)
        clip = webm_clip(frames=96, size=(1280, 720), audio=True, live=live)
        server.answers["/v1/videos/video_1/content"] = answer(200, clip, Content_Type="video/webm")
        place = "" if within_reach else f", folder={str(tmp_path / 'clips')!r}"
        account = f"provider='openai', api_key='sk-test-0000000000000000', base_url='{server.url}/v1'{place}"
        load = f"{HASTE}\n%load_ext veo_widgets\nimport veo_widgets as veo\nveo.configure({account})"
        notebook.write("webm.ipynb", load, f"%%veo --model wan-2.2 --max-cost 1 --seconds 5 --wait\n{PROMPT}")
        notebook.open("webm.ipynb")
        notebook.start_all()
        page.locator(VIDEO).wait_for()
        page.wait_for_function(f"() => document.querySelector({VIDEO!r}).readyState >= 2")
        source = page.locator(VIDEO).evaluate("video => video.currentSrc")
        assert re.search(r"/files/veo_clips/.*\.webm" if within_reach else "^blob:", source), source
        if live == "0":
            plays(page.locator(VIDEO))
        else:
            # A recording that was made live does not say how long it is, so there is no middle to seek to.
            page.wait_for_function(_RUNS, arg=page.locator(VIDEO).element_handle())
        expect(page.locator(".veo-remark").first).to_contain_text("Not as asked for: 4 s instead of 5 s.")
    folder = notebook.lab.root / "veo_clips" if within_reach else tmp_path / "clips"
    # The folder may hold the clip of an earlier run too.
    recipes = [json.loads(path.with_suffix(".json").read_text()) for path in folder.glob("*.webm")]
    assert recipes
    assert all(recipe["poster"].startswith("data:image/jpeg;base64,") for recipe in recipes)


def test_a_saved_notebook_without_its_kernel(notebook: Notebook) -> None:
    """Prompt, settings and poster are there when the widget cannot be."""
    page = notebook.page
    path = notebook.write("saved.ipynb", LOAD, f"%%veo --seconds 4 --seed 7 --wait\n{PROMPT}")
    notebook.open("saved.ipynb")
    notebook.command("notebook:run-all-cells")
    page.locator(VIDEO).wait_for()
    notebook.command("docmanager:save")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    assert "veo-saved-" in json.dumps(json.loads(path.read_text())["cells"][1]["outputs"])
    notebook.open("saved.ipynb")
    card = page.locator("[class^=veo-saved-]")
    expect(card).to_be_visible()
    expect(card).to_contain_text(PROMPT)
    expect(card).to_contain_text("Seed 7")
    behind = card.locator("video").evaluate("video => getComputedStyle(video.parentElement).backgroundImage")
    assert behind.startswith('url("data:image/jpeg;base64,')
    # Nothing of it is loaded before somebody wants to see it.
    assert card.locator("video").evaluate("video => video.readyState") == 0
    card.locator("video").evaluate("video => { video.muted = true; return video.play(); }")
    # What JupyterLab leaves of it where the notebook is not trusted still has the picture.
    kept = page.evaluate(SANITIZED, card.evaluate("card => card.outerHTML"))
    assert re.search(r'style="[^"]*background-image:\s?url\([^)]*data:image/jpeg;base64,', kept), kept[:2000]
    notebook.picture("saved-light")


def test_a_job_goes_on_when_its_cell_returns(notebook: Notebook, slow_service: SlowService) -> None:
    """Without --wait the cell is free at once, the buttons work, and the clip comes by itself."""
    page, (service, let_end) = notebook.page, slow_service
    load = f"{HASTE}\n{LOAD}\nveo.configure(base_url={service.base_url!r})"
    notebook.write("free.ipynb", load, CELL.replace(" --wait", "").replace("seconds: 8", "seconds: 600"), "6 * 7")
    notebook.open("free.ipynb")
    notebook.command("notebook:run-all-cells")
    expect(page.locator(".jp-OutputArea-executeResult").last).to_contain_text("42")
    page.get_by_role("button", name="Stop waiting").click()
    page.get_by_role("button", name="Resume waiting").click()
    let_end()
    page.locator(VIDEO).wait_for()
    plays(page.locator(VIDEO))
    expect(page.locator("[class^=veo-saved-] video")).to_have_count(1)


def test_a_filtered_job_explains_itself_and_can_be_sent_again(notebook: Notebook) -> None:
    page = notebook.page
    cell = "%%veo --seconds 4\n---\noutcome: filtered\nsupport_code: 61493863\n---\nA brawl"
    notebook.write("filtered.ipynb", LOAD, cell, "before = len(veo.jobs())")
    notebook.open("filtered.ipynb")
    notebook.command("notebook:run-all-cells")
    root = page.locator(".veo-root").first
    expect(root).to_contain_text("violence")
    expect(root).to_contain_text("Nothing is charged")
    notebook.picture("filtered-light", root)
    root.get_by_role("button", name=re.compile("again", re.IGNORECASE)).click()
    root.get_by_role("button", name="Confirm").click()
    expect(root.get_by_role("progressbar")).to_be_visible()
    expect(root).to_contain_text("violence")


def test_a_paid_cell_that_is_run_again_asks_first(notebook: Notebook, emulator: Emulator) -> None:
    """One question with the price; the click pays for another take, and the first one stays."""
    page = notebook.page
    key = f"veo.configure(provider='gemini', api_key='a-key', base_url={emulator.base_url!r})"
    flags = "--model veo-3.1-fast-generate-preview --seconds 4 --allow-retired --into clip"
    notebook.write("again.ipynb", HASTE, f"{LOAD}\n{key}", f"%%veo {flags}\n{PROMPT}", "clip.wait(600).id")
    notebook.open("again.ipynb")
    notebook.command("notebook:run-all-cells")
    page.locator(VIDEO).wait_for()
    for number in (1, 2, 3):
        notebook.run(number)
    ask = page.get_by_role("button", name="Generate again · $0.40")
    expect(page.locator(".veo-rerun")).to_contain_text("This request was sent before, as job ")
    expect(ask).to_have_count(1)
    notebook.picture("asks-light", page.locator(".veo-root").first)
    assert len([entry for entry in emulator.journal() if entry.kind == "create"]) == 1
    ask.dblclick()
    page.get_by_role("button", name="Take 1").wait_for()
    expect(page.get_by_role("button", name="Take 2")).to_have_attribute("aria-pressed", "true")
    ready = (
        f"name => document.querySelector({VIDEO!r})?.readyState >= 2 && document.querySelector({VIDEO!r}).src !== name"
    )
    second = page.wait_for_function(ready, arg="") and page.locator(VIDEO).get_attribute("src")
    page.get_by_role("button", name="Take 1").click()
    page.wait_for_function(ready, arg=second)
    notebook.picture("takes-light", page.locator(".veo-root").first)
    assert len([entry for entry in emulator.journal() if entry.kind == "create"]) == 2


def test_the_browser_makes_the_poster_where_python_cannot(notebook: Notebook, emulator: Emulator) -> None:
    """A core install has no media package: the first frame that was decoded here goes into the saved card."""
    page = notebook.page
    # The kernel's environment has the package, so this kernel is told that it has not.
    core = f"import sys\nsys.modules['av'] = None\nveo.configure(base_url={emulator.base_url!r})"
    notebook.write("core.ipynb", LOAD, core, f"%%veo --seconds 4\n{PROMPT}")
    notebook.open("core.ipynb")
    notebook.command("notebook:run-all-cells")
    page.locator(VIDEO).wait_for()
    behind = page.locator("[class^=veo-saved-] div", has=page.locator("> video"))
    expect(behind).to_have_css("background-image", re.compile('^url\\("data:image/jpeg;base64,'))


def test_a_view_that_was_long_in_loading_hears_its_kernel(notebook: Notebook) -> None:
    """anywidget keeps every message from a model whose program was not there within two seconds."""
    late = "class Form(veo.Form):\n    _esm = f'await new Promise(done => setTimeout(done, 5000));{veo.Form._esm}'"
    shown = "form = Form('A cat')\ndisplay(form)\nform.prompt = 'A fox'"
    notebook.write("late.ipynb", LOAD, late, shown, "form.prompt = 'A dog'")
    notebook.open("late.ipynb")
    for number in range(3):
        notebook.run(number)
    prompt = notebook.page.locator(".jp-OutputArea-output .veo-form textarea").first
    # What was sent meanwhile is lost, and asked for again.
    expect(prompt).to_have_value("A fox")
    notebook.run(3)
    expect(prompt).to_have_value("A dog")
