"""The form and the studio in real JupyterLab, used as a user uses them."""

from __future__ import annotations

import base64
import io
import re
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from ..conftest import SlowService
from ..kernels import HASTE
from .conftest import Notebook, drag
from .test_grid import apart, frames, take

LOAD = "import veo_widgets as veo\nveo.configure(provider='emulator')"
PROMPT = "A cat playing with a ball of yarn in a sunny garden"
# The front matter holds the emulator back, so that there is progress to see.
SLOW = f"---\nseconds: 600\n---\n{PROMPT}"
# Everything that goes to the kernel over this page's websockets.
COUNT = """() => {
  const send = WebSocket.prototype.send;
  window.sentMessages = 0;
  WebSocket.prototype.send = function (data) { window.sentMessages += 1; return send.call(this, data); };
}"""
GIVE = """([element, data, name, type, kinds]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, {type}));
  for (const kind of kinds) {
    const how = {bubbles: true, cancelable: true, dataTransfer: transfer, clipboardData: transfer};
    element.dispatchEvent(kind === "paste" ? new ClipboardEvent(kind, how) : new DragEvent(kind, how));
  }
}"""


def says(notebook: Notebook, code: str) -> str:
    """What the kernel answers to a line that is run behind the notebook's back."""
    return notebook.page.evaluate(
        """async code => {
          const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
          const future = kernel.requestExecute({code, silent: false, store_history: false});
          let text = "";
          future.onIOPub = ({header, content}) => {
            if (header.msg_type === "stream" && content.name === "stdout") text += content.text;
            if (header.msg_type === "error") text += content.ename + ": " + content.evalue;
          };
          await future.done;
          return text.trim();
        }""",
        code,
    )


def give(target: Locator, name: str, data: bytes, mime: str, *kinds: str) -> None:
    """Drop a file on an element, or paste it there."""
    encoded = base64.b64encode(data).decode()
    target.page.evaluate(GIVE, [target.element_handle(), encoded, name, mime, kinds or ("dragover", "drop")])


def picture(colour: tuple[int, int, int]) -> bytes:
    """A PNG of one colour in the shape of a clip."""
    buffer = io.BytesIO()
    Image.new("RGB", (1280, 720), colour).save(buffer, "PNG")
    return buffer.getvalue()


def progress(page: Page) -> Locator:
    """The progress of the newest job. Lab shows bars of its own while cells run."""
    return page.locator(".veo-studio").get_by_role("progressbar").first


def place_of(page: Page, name: str) -> Any:
    """Where a part of the studio is within it, and how large."""
    return page.evaluate(
        """name => {
          const box = (one) => document.querySelector(one).getBoundingClientRect();
          const [part, studio] = [box(`.veo-studio ${name}`), box(".veo-studio")];
          return [part.x - studio.x, part.y - studio.y, part.width, part.height].map(Math.round);
        }""",
        name,
    )


def studio_in(notebook: Notebook, name: str, *setting: str) -> Any:
    """A notebook with a studio in it, run; returns the studio's element."""
    notebook.write(name, LOAD, "\n".join((*setting, "studio = veo.Studio()", "studio")))
    notebook.open(name)
    notebook.command("notebook:run-all-cells")
    form = notebook.page.locator(".veo-form")
    form.wait_for()
    return form


def test_from_the_first_letter_to_a_playing_clip(notebook: Notebook, slow_service: SlowService) -> None:
    page, (service, let_end) = notebook.page, slow_service
    account = f"veo.configure(provider='emulator', base_url={service.base_url!r})"
    form = studio_in(notebook, "studio.ipynb", HASTE, account)
    box = form.get_by_role("textbox", name="Prompt")
    box.click()
    says(notebook, "1")
    page.evaluate(COUNT)
    page.keyboard.type("ddxx", delay=20)
    assert page.evaluate("window.sentMessages") == 0
    expect(page.locator(".jp-Cell")).to_have_count(2)
    box.fill(SLOW)
    button = form.get_by_role("button", name=re.compile("Generate"))
    expect(form).to_contain_text("at the service $0.80")
    form.get_by_text("4 s", exact=True).click()
    expect(form).to_contain_text("at the service $0.40")
    place = place_of(page, ".veo-generate")
    form.get_by_text("1080p", exact=True).click()
    expect(form).to_contain_text("Length is now 8 s: 1080p is always 8 s.")
    assert place_of(page, ".veo-generate") == place
    form.get_by_role("button", name="Undo").click()
    box.press("Control+Enter")
    bar = progress(page)
    bar.wait_for()
    expect(button).to_be_visible()
    notebook.picture("studio-light")
    place = place_of(page, ".veo-stage")
    # The keys that generate must not have run the cell.
    expect(page.locator(".jp-InputPrompt").nth(1)).to_have_text("[2]:")
    let_end()
    video = page.locator(".veo-studio video")
    video.wait_for()
    page.wait_for_function("() => document.querySelector('.veo-studio video').readyState >= 2")
    assert place_of(page, ".veo-stage") == place
    video.evaluate("video => { video.muted = true; return video.play(); }")
    page.wait_for_function("() => document.querySelector('.veo-studio video').currentTime > 0.4")
    assert re.search(r"/files/veo_clips/\d{4}-\d\d-\d\d_", video.evaluate("video => video.currentSrc"))
    assert says(notebook, "print(len(studio.videos), studio.request.duration_seconds, studio.selected.state)") == (
        "1 4.0 succeeded"
    )


def test_forms_beside_each_other_keep_their_labels_and_choices(notebook: Notebook) -> None:
    """Every prompt box answers to its own label, and a choice in one form takes none away from another."""
    page = notebook.page
    form = "veo.Form('A cat', name={!r}, seconds=4, resolution='720p')".format
    notebook.write("beside.ipynb", LOAD, form("left"), form("right"), "veo.Studio(name='third')")
    notebook.open("beside.ipynb")
    notebook.command("notebook:run-all-cells")
    forms = page.locator(".veo-form")
    expect(forms).to_have_count(3)
    expect(page.get_by_role("textbox", name="Prompt")).to_have_count(3)
    for number, text in enumerate(("A dog", "A fox", "An owl")):
        forms.nth(number).get_by_label("Prompt", exact=True).fill(text)
    for number, length in enumerate(("4 s", "6 s", "8 s")):
        forms.nth(number).get_by_text(length, exact=True).click()
    for number, (text, length) in enumerate((("A dog", "4 s"), ("A fox", "6 s"), ("An owl", "8 s"))):
        one = forms.nth(number)
        expect(one.get_by_role("textbox", name="Prompt")).to_have_value(text)
        expect(one.get_by_role("radio", name=length, exact=True)).to_be_checked()
        expect(one.get_by_role("radio", name="720p", exact=True)).to_be_checked()
    ids = page.evaluate("() => [...document.querySelectorAll('.veo-root [id]')].map((one) => one.id)")
    assert len(set(ids)) == len(ids) > 20


def test_nothing_typed_is_lost_and_running_jobs_come_back(notebook: Notebook) -> None:
    page = notebook.page
    form = studio_in(notebook, "typed.ipynb")
    box = form.get_by_role("textbox", name="Prompt")
    box.fill(SLOW)
    box.press("Control+Enter")
    progress(page).wait_for()
    box.fill("Typed while it runs")
    # The cell is run again.
    notebook.command("notebook:run-all-cells")
    expect(page.locator(".veo-form")).to_have_count(1)
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("Typed while it runs")
    progress(page).wait_for()
    # What the earlier run has made is gone with its place on screen.
    open_ones = "from ipywidgets.widgets.widget import _instances as made"
    count = f"{open_ones}\nprint(sum(isinstance(one, veo.Studio) for one in made.values()))"
    assert says(notebook, count) == "1"
    # The kernel dies with words that it has never heard.
    page.get_by_role("textbox", name="Prompt").fill("Typed before the kernel died")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    notebook.command("notebook:run-all-cells")
    progress(page).wait_for()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("Typed before the kernel died")
    assert says(notebook, "print(len(studio.jobs))") == "1"


def test_images_clips_and_frames_make_the_next_clip(notebook: Notebook) -> None:
    """Images are pasted and dropped, a frame of the first clip begins the second, and the first one fills the form."""
    page, folder = notebook.page, notebook.lab.root / "shots"
    folder.mkdir()
    form = studio_in(notebook, "frame.ipynb", f"veo.configure(folder={str(folder)!r})")
    tile = form.get_by_role("button", name="Add first frame")
    give(form.get_by_role("textbox", name="Prompt"), "blue.png", picture((20, 40, 200)), "image/png", "paste")
    form.get_by_role("button", name="Remove first frame blue.png").click()
    give(tile, "red.png", picture((200, 30, 30)), "image/png")
    expect(form.get_by_role("img", name=re.compile("red.png"))).to_be_visible()
    form.get_by_role("textbox", name="Prompt").fill(PROMPT)
    form.get_by_text("4 s", exact=True).click()
    generate = form.get_by_role("button", name=re.compile("Generate"))
    generate.click()
    player, video = page.locator(".veo-studio .veo-player"), page.locator(".veo-studio video")
    # It starts by itself; only then does it stay where it is put.
    page.wait_for_function("() => document.querySelector('.veo-studio video')?.paused === false")
    assert says(notebook, "print(studio.jobs[0].request.first_frame.name)") == "red.png"
    first = next(folder.glob("*.mp4"))
    shown = frames(first)
    assert np.abs(shown[0][200:220, 600:680].mean((0, 1)) - (200, 30, 30)).max() < 30

    take(player, video, 40, "First frame of the next shot")
    expect(form.get_by_role("img", name=re.compile("frame0040"))).to_be_visible()
    form.get_by_role("textbox", name="Prompt").fill("It rolls away")
    # The pointer has rested where the button is now, and a press on what comes up under it does not count.
    page.mouse.move(0, 0)
    generate.click()
    expect(page.locator(".veo-job-row")).to_have_count(2)
    expect(page.locator(".veo-job-row").first).to_contain_text("Done")
    begin = frames(next(path for path in folder.glob("*.mp4") if path != first))[0]
    assert apart(begin, shown[40]) < apart(begin, shown[0]) / 2

    give(form, first.name, b"", "video/mp4")
    expect(form.get_by_role("textbox", name="Prompt")).to_have_value(PROMPT)
    expect(form.get_by_role("img", name=re.compile("red.png"))).to_be_visible()
    assert says(notebook, "print(studio.request == studio.jobs[1].request)") == "True"
    give(form, "recipe.json", next(folder.glob("*rolls*.json")).read_bytes(), "application/json")
    expect(form.get_by_role("textbox", name="Prompt")).to_have_value("It rolls away")
    says(notebook, "from PIL import Image; studio.first_frame = Image.new('RGB', (900, 1600), 'blue')")
    expect(form).to_contain_text("68 % cut")


def test_the_cast_is_written_into_the_prompt_by_click_by_keys_and_by_drag(notebook: Notebook) -> None:
    page = notebook.page
    cast = "veo.character('Mia', text='red scarf'), veo.character('Leo', text='a sailor')"
    notebook.write("cast.ipynb", LOAD, "studio = veo.Studio()\nstudio", cast)
    notebook.open("cast.ipynb")
    notebook.run(0)
    notebook.run(1)
    prompt = page.get_by_role("textbox", name="Prompt")
    expect(page.locator(".veo-face")).to_have_count(0)
    notebook.run(2)
    faces = page.locator(".veo-face")
    expect(faces).to_have_text(["LLeo", "MMia"])
    prompt.fill("A boat")
    faces.nth(1).click()
    expect(prompt).to_have_value("A boat @Mia ")
    expect(prompt).to_be_focused()
    page.keyboard.type("waves to @l")
    expect(page.get_by_role("option", name="Leo", selected=True)).to_be_visible()
    page.keyboard.press("Enter")
    expect(prompt).to_have_value("A boat @Mia waves to @Leo ")
    # The browser's own undo knows of it.
    page.evaluate("() => document.execCommand('undo')")
    expect(prompt).to_have_value("A boat @Mia waves to @l")
    prompt.fill("")
    drag(faces.nth(0), prompt)
    expect(prompt).to_have_value("@Leo ")
    notebook.picture("studio-cast", page.locator(".veo-studio"))
    prompt.press("ControlOrMeta+Enter")
    expect(page.locator(".veo-prompt")).to_contain_text("Leo (a sailor)")
    assert says(notebook, "print(veo.forget_character('Leo'), veo.forget_character('Mia'))") == "None None"
    expect(faces).to_have_count(0)
