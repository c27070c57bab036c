"""A model of one's own in real JupyterLab: described, chosen in the form, free, and restored from its clip's file."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from ..conformance.server_process import ServerProcess
from ..made_clips import Made
from .conftest import Notebook
from .test_studio import give, says

PROMPT = "A paper boat in a gutter after rain"
SERVER = """
import veo_widgets as veo
from veo_widgets.emulator import Emulator
server = Emulator(clips="small")
server.start()
veo.configure(provider="sglang", base_url=server.base_url, api_key="key-of-the-gpu-box")
"""
MODEL = """
veo.add_model(
    "Lightricks/LTX-own",
    provider="sglang",
    price=0,
    durations_s=[4, 8],
    resolutions=["720p", "1080p"],
    aspect_ratios=["16:9", "9:16"],
    extra=[
        {"name": "guidance_scale", "kind": "number", "minimum": 1, "maximum": 20, "default": 5,
         "help": "How closely the clip follows the prompt."},
        {"name": "num_inference_steps", "kind": "integer", "label": "Steps", "minimum": 1, "maximum": 100},
        {"name": "sampler", "kind": "choice", "choices": ["euler", "unipc"], "default": "unipc"},
    ],
)
studio = veo.Studio()
studio
"""
OPENROUTER = """
import veo_widgets as veo
veo.configure(provider="openrouter", base_url="{address}/api/v1", api_key="{key}")
studio = veo.Studio()
studio
"""
EXTRA = {"guidance_scale": 7.5, "num_inference_steps": 30, "sampler": "euler", "shift": 3}


def choose(page: Page, form: Locator, letters: str) -> Locator:
    """Choose a model by keys, as one finds one of many: a few letters, down, Enter; returns the field."""
    model = form.get_by_role("combobox", name="Model")
    model.click()
    offered = page.get_by_role("listbox", name="Model")
    expect(offered).to_be_visible()
    model.fill(letters)
    expect(offered.get_by_role("option")).to_have_count(1)
    model.press("ArrowDown")
    model.press("Enter")
    return model


def fill(form: Locator) -> None:
    """Say a value of each kind, and one of a parameter that nobody has described."""
    guidance = form.get_by_role("textbox", name="Guidance scale")
    expect(guidance).to_have_attribute("placeholder", "default: 5")
    guidance.fill("70")
    expect(form.locator("[data-parameter='extra.guidance_scale']")).to_contain_text("1 to 20")
    guidance.fill("7.5")
    form.get_by_role("textbox", name="Steps").fill("30")
    form.get_by_role("combobox", name="Sampler").select_option("euler")
    form.get_by_role("button", name="More").click()
    added = form.get_by_role("combobox", name="Add a parameter")
    added.fill("shift")
    added.press("Enter")
    shift = form.get_by_role("textbox", name="shift")
    expect(shift).to_be_focused()
    shift.fill("3")
    expect(form.locator("[data-parameter='extra.shift']")).to_contain_text("not of this model")


def test_a_model_of_ones_own_from_the_form_to_the_clip_and_back(notebook: Notebook) -> None:
    page = notebook.page
    notebook.write("own_model.ipynb", SERVER, MODEL)
    notebook.open("own_model.ipynb")
    notebook.command("notebook:run-all-cells")
    form = page.locator(".veo-form")
    form.wait_for()
    form.get_by_role("textbox", name="Prompt").fill(PROMPT)
    model = choose(page, form, "ltx")
    expect(model).to_have_value("Lightricks/LTX-own")
    button = form.get_by_role("button", name=re.compile("Generate"))
    expect(button).to_contain_text("free")
    expect(form).to_contain_text("no budget is touched")
    fill(form)
    expect(button).to_contain_text("free")
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        notebook.theme(theme)
        notebook.picture(f"own-model-{theme.rpartition(' ')[2].lower()}", page.locator(".veo-studio"))
    spent = says(notebook, "print(veo.cost().usd)")
    button.click()
    video = page.locator(".veo-studio video")
    video.wait_for()
    # Below a long form; a clip is loaded when it comes into sight.
    video.scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('.veo-studio video').readyState >= 2")
    sent = "print(json.dumps([entry.body for entry in server.journal() if entry.kind == 'create']))"
    [body] = json.loads(says(notebook, f"import json; {sent}"))
    assert body["model"] == "Lightricks/LTX-own"
    # In a form every field is text, and what sglang has no field for goes into one of them as JSON.
    fields = {**body, **json.loads(body["extra_body"])}
    assert {name: str(fields[name]) for name in EXTRA} == {name: str(value) for name, value in EXTRA.items()}
    assert says(notebook, "print(studio.job.record.cost.usd, veo.cost().usd)") == f"0.0 {spent}"
    expect(page.locator(".veo-studio")).to_contain_text("your own server")
    # The form starts anew, and the clip's own file brings everything back.
    clip = Path(says(notebook, "print(studio.job.videos[0].path)"))
    says(notebook, "studio.request = type(studio.request)()")
    expect(form.get_by_role("textbox", name="Prompt")).to_have_value("")
    form.get_by_role("button", name="Builder").click()
    form.get_by_role("button", name="A paper boat").click()
    expect(form.get_by_role("textbox", name="Prompt")).to_have_value("A paper boat.")
    give(form, clip.name, clip.read_bytes()[:64], "video/mp4")
    expect(form.get_by_role("textbox", name="Prompt")).to_have_value(PROMPT)
    expect(model).to_have_value("Lightricks/LTX-own")
    expect(form.get_by_role("textbox", name="Guidance scale")).to_have_value("7.5")
    expect(form.get_by_role("combobox", name="Sampler").locator("option:checked")).to_have_text("euler")
    expect(form.get_by_role("textbox", name="shift")).to_have_value("3")
    assert json.loads(says(notebook, "print(json.dumps(studio.request.extra))")) == EXTRA


def test_the_lengths_and_prices_of_openrouter_s_list_are_in_the_form(notebook: Notebook, tmp_path: Path) -> None:
    clip = Made(seconds=1, flash=0.5, size=(64, 36)).write(tmp_path / "clip.mp4")
    key = "sk-or-v1-of-the-form"
    with ServerProcess(
        "like_openrouter", tmp_path, clip, key=key, models=["google/veo-3.1", "alibaba/wan-2.6"]
    ) as server:
        notebook.write("openrouter.ipynb", OPENROUTER.format(address=server.base_url, key=key))
        notebook.open("openrouter.ipynb")
        notebook.command("notebook:run-all-cells")
        form = notebook.page.locator(".veo-form")
        form.wait_for()
        form.get_by_role("textbox", name="Prompt").fill(PROMPT)
        choose(notebook.page, form, "wan")
        button = form.get_by_role("button", name=re.compile("Generate"))
        # Five seconds at 720p, which are the model's defaults.
        expect(button).to_contain_text("0.50")
        form.get_by_role("radio", name="10 s").check(force=True)
        expect(button).to_contain_text("1.00")
        expect(form.get_by_role("radio", name="8 s")).to_have_count(0)
        button.click()
        notebook.page.locator(".veo-studio video").wait_for()
        (create,) = server.creates()
        assert create["fields"] == {
            "model": "alibaba/wan-2.6",
            "prompt": PROMPT,
            "duration": 10,
            "resolution": "720p",
            "aspect_ratio": "16:9",
        }
        assert says(notebook, "print(studio.job.record.cost.usd)") == "0.25"
