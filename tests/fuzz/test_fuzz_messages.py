"""Whatever a page sends, a widget with a real job does something harmless with it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veo_widgets.config.accounts import Settings
from veo_widgets.emulator import Emulator
from veo_widgets.notebook.widgets import JobView, Player
from veo_widgets.notebook.widgets.protocol import FROM_BROWSER, Message, read_message
from veo_widgets.session.client import Client
from veo_widgets.session.job import Job
from veo_widgets.storage.clips.poster import MAX_BYTES

from .replies import ANYTHING

# All but the one that costs money, which has tests of its own.
KINDS = st.sampled_from(sorted(set(FROM_BROWSER) - {"retry"}))
VALID = st.fixed_dictionaries({"kind": KINDS}) | st.fixed_dictionaries(
    {"kind": st.sampled_from(["need-bytes", "poster"]), "sample": st.integers(-1, 2)},
    optional={"request": st.text(max_size=70)},
)
ODD = st.dictionaries(st.sampled_from(["kind", "sample", "request", "job", "path"]), KINDS | ANYTHING, max_size=4)
CONTENT = VALID | ODD | ANYTHING
JPEG = b"\xff\xd8\xff"
BUFFERS = st.none() | st.lists(
    st.binary(max_size=20)
    | st.sampled_from([JPEG, JPEG + bytes(MAX_BYTES), memoryview(bytes(99_999)), "text", None, 7]),
    max_size=3,
)


@given(content=CONTENT, buffers=BUFFERS)
def test_every_message_is_valid_or_nothing(content: Any, buffers: Any) -> None:
    message = read_message(content, buffers)
    if message is not None:
        assert message.kind in FROM_BROWSER
        assert message.sample >= 0
        assert len(message.request) <= 64
        assert len(message.data) <= (MAX_BYTES if message.kind == "poster" else 0)


@pytest.fixture(scope="module")
def job(shared_emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    folder = tmp_path_factory.mktemp("messages")
    chosen = Settings(provider="emulator", base_url=shared_emulator.base_url, folder=folder / "clips")
    client = Client(chosen, home=folder / "home")
    yield client.submit("A cat", seconds=4).wait(600)
    client.close()


@pytest.mark.parametrize("widget", [JobView, Player])
@given(content=CONTENT, buffers=BUFFERS, state=st.dictionaries(st.sampled_from(["job", "clips", "_esm"]), ANYTHING))
def test_a_widget_outlives_every_message(
    job: Job, widget: Callable[[Job], Any], content: Any, buffers: Any, state: Any
) -> None:
    if (kind := content.get("kind") if isinstance(content, dict) else None) == "retry":
        return
    view = widget(job)
    before = view.get_state()
    view.set_state(state)
    view._on_message(view, content, buffers)
    for sample in (0, 10**30):
        view.handle(Message("need-bytes", sample, str(kind)))
    assert {**view.get_state(), "job": None} == {**before, "job": None}
    view.close()
    assert len(job.client.jobs()) == 1
