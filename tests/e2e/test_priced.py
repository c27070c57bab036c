"""Controls that cost money, in real JupyterLab with a real mouse and real keys: none buys what nobody meant to.

What counts is what the page sends, so a slow machine changes nothing: the second half of a double click says that it is
one, however late it comes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from veo_widgets.emulator import Emulator

from .conftest import Notebook
from .test_studio import says

LOAD = "%load_ext veo_widgets\nimport veo_widgets as veo\nveo.configure(provider='emulator', base_url={!r})"
BROKEN = "---\noutcome: filtered\n---\nA brawl"
# Every message of this page that may start a job, by its kind.
COUNT = """() => {
  const already = window.paying;
  window.paying = [];
  if (already) return;
  const send = WebSocket.prototype.send;
  const kinds = /"kind":"(generate|retry|resume|sequel|drafts|render)"/g;
  WebSocket.prototype.send = function (data) {
    const text = typeof data === "string" ? data : new TextDecoder().decode(data);
    if (text.includes("comm_msg")) window.paying.push(...[...text.matchAll(kinds)].map(found => found[1]));
    return send.call(this, data);
  };
}"""


@dataclass(frozen=True)
class Priced:
    """A control that costs money.

    Attributes:
        cell: what shows it.
        name: of its button.
        kind: of the message that it sends.
        reach: what is done before it is there.
        asks: whether it asks once more.
    """

    cell: str
    name: str
    kind: str
    reach: Callable[[Locator], None] = lambda _: None
    asks: bool = False


def type_prompt(root: Locator) -> None:
    root.get_by_role("textbox", name="Prompt").fill("A cat")


def begin_sequel(verb: str) -> Callable[[Locator], None]:
    def reach(root: Locator) -> None:
        root.get_by_role("button", name="More", exact=True).last.click()
        root.page.get_by_role("menuitem", name=f"{verb} …").click()
        root.get_by_role("form", name=f"{verb} the clip").get_by_role("textbox").fill("It falls asleep")

    return reach


def stop(root: Locator) -> None:
    root.get_by_role("button", name="Stop waiting").click()


def star(root: Locator) -> None:
    root.get_by_role("listitem").first.press("s")


SHOW = "veo.submit('A cat', seconds=4).wait()"
# All of them; a view that grows another gets a line here.
PRICED = {
    "form": Priced("veo.Form(duration_seconds=4)", "Generate", "generate", type_prompt),
    "studio": Priced("veo.Studio(duration_seconds=4)", "Generate", "generate", type_prompt),
    "again": Priced(f"%%veo --seconds 4 --wait\n{BROKEN}", "Generate again", "retry", asks=True),
    "again in the studio": Priced(
        f"try: veo.submit({BROKEN!r}, seconds=4).wait()\nexcept veo.VeoError: pass\nveo.Studio()",
        "Generate again",
        "retry",
        asks=True,
    ),
    "send again": Priced(
        "%%veo --seconds 4\n---\nfault: reset\non: create\n---\nA lost cat", "Send again", "retry", asks=True
    ),
    # Of a job that was held back, which is sent then.
    "resume": Priced(
        "%%veo --seconds 4\n---\nfault: status-429-bare\non: create\ntimes: 99\n---\nA cat in a queue",
        "Resume waiting",
        "resume",
        stop,
    ),
    "extend": Priced(f"veo.Player({SHOW})", "Extend · $", "sequel", begin_sequel("Extend")),
    "extend a job": Priced("%%veo --seconds 4 --wait\nA cat", "Extend · $", "sequel", begin_sequel("Extend")),
    "drafts": Priced("veo.compare('A cat', seeds=[1, 2], seconds=4)", "Generate 2 drafts", "drafts"),
    "render": Priced(f"veo.grid({SHOW})", "Render the starred one", "render", star, asks=True),
}


Opened = Callable[[str], Locator]


@pytest.fixture
def opened(notebook: Notebook, emulator: Emulator) -> Opened:
    """Opens the widget of a control in a notebook, with the control on screen."""

    def open_one(name: str) -> Locator:
        page, control, mark = notebook.page, PRICED[name], uuid4().hex
        # A prompt of its own: whatever is sent again says so.
        cell = re.sub(r"\b(cat|brawl)\b", rf"\1 {mark}", control.cell)
        notebook.write(f"{mark}.ipynb", LOAD.format(emulator.base_url), cell)
        notebook.open(f"{mark}.ipynb")
        notebook.command("notebook:run-all-cells")
        root = page.locator(".jp-OutputArea-output .veo-root").first
        root.wait_for()
        control.reach(root)
        priced(root, control.name).scroll_into_view_if_needed()
        page.evaluate(COUNT)
        return root

    return open_one


def priced(root: Locator, name: str) -> Locator:
    button = root.get_by_role("button", name=re.compile(f"^{re.escape(name)}"))
    # Waits until it listens, which is half a second after it has come up.
    button.hover()
    expect(button).to_be_enabled()
    return button


def sent(notebook: Notebook) -> list[str]:
    """What this page has sent that may start a job, once it has sent everything."""
    says(notebook, "1")
    found: list[str] = notebook.page.evaluate("window.paying")
    return found


def double_click(page: Page, at: Locator, gap: int) -> None:
    """Two presses on one spot, told as a double click, as of a real mouse."""
    box = at.bounding_box()
    assert box
    page.mouse.move(1, 1)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
    for count in (1, 2):
        page.mouse.down(click_count=count)
        page.mouse.up(click_count=count)
        if count == 1 and gap:
            page.wait_for_timeout(gap)


@pytest.mark.parametrize("name", PRICED)
def test_a_double_click_never_buys_twice_nor_what_came_up_under_it(
    notebook: Notebook, opened: Opened, name: str
) -> None:
    page, control = notebook.page, PRICED[name]
    root = opened(name)
    if control.asks:
        for gap in (0, 120, 300):
            double_click(page, priced(root, control.name), gap)
            assert sent(notebook) == []
            # The second half has confirmed nothing, and called nothing off.
            cancel = root.get_by_role("button", name="Cancel")
            expect(root.get_by_role("button", name="Confirm")).to_be_visible()
            cancel.click()
        # What has come up under a pointer that rests takes no click.
        page.mouse.move(1, 1)
        root.get_by_role("button", name=re.compile(f"^{control.name}")).click()
        double_click(page, priced(root, "Confirm"), 120)
    else:
        double_click(page, priced(root, control.name), 120)
    assert sent(notebook) == [control.kind]


@pytest.mark.parametrize("gap", [0, 300])
@pytest.mark.parametrize("name", ["form", "drafts"])
def test_a_double_click_pays_once_at_any_speed(notebook: Notebook, opened: Opened, name: str, gap: int) -> None:
    control = PRICED[name]
    root = opened(name)
    double_click(notebook.page, priced(root, control.name), gap)
    assert sent(notebook) == [control.kind]


@pytest.mark.parametrize("name", [name for name, control in PRICED.items() if control.asks])
def test_keys_confirm_only_on_purpose(notebook: Notebook, opened: Opened, name: str) -> None:
    page, control = notebook.page, PRICED[name]
    root = opened(name)
    for key in ("Enter", " "):
        priced(root, control.name).focus()
        page.wait_for_timeout(600)
        # Held down: the system repeats it.
        for _ in range(8):
            page.keyboard.down(key)
        page.keyboard.up(key)
        assert sent(notebook) == []
        cancel = root.get_by_role("button", name="Cancel")
        expect(cancel).to_be_focused()
        cancel.click()
        # And twice.
        priced(root, control.name).focus()
        page.wait_for_timeout(600)
        page.keyboard.press(key)
        page.keyboard.press(key)
        assert sent(notebook) == []
        if root.get_by_role("button", name="Confirm").count():
            root.get_by_role("button", name="Cancel").click()
    priced(root, control.name).focus()
    page.wait_for_timeout(600)
    page.keyboard.press("Enter")
    expect(root.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Tab")
    expect(root.get_by_role("button", name="Confirm")).to_be_focused()
    page.keyboard.press("Enter")
    assert sent(notebook) == [control.kind]


@pytest.mark.parametrize("name", ["form", "extend"])
def test_keys_held_down_in_a_text_pay_once(notebook: Notebook, opened: Opened, name: str) -> None:
    page, control = notebook.page, PRICED[name]
    root = opened(name)
    root.get_by_role("textbox").first.focus()
    page.keyboard.down("Control")
    for _ in range(8):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    page.keyboard.up("Control")
    assert sent(notebook) == [control.kind]
