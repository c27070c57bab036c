"""Every fault of the table over real sockets: what becomes of the job, of the money, and of the folder."""

from __future__ import annotations

import random
import threading
import warnings
from collections.abc import Callable
from dataclasses import asdict, replace
from io import BytesIO
from pathlib import Path

import anyio
import pytest
from PIL import Image as Picture

from veo_widgets.client.clock import Clock
from veo_widgets.config.accounts import Settings
from veo_widgets.config.credentials import Secret
from veo_widgets.domain import errors
from veo_widgets.domain.job_record import JobState
from veo_widgets.domain.place_prices import PlacePrice
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client

from ..conftest import swift
from .checks import check_files, check_requests
from .fault_table import CREATE, DOWNLOAD, END, POLL, Fault, Way
from .gateway_table import ANSWERS, CLIPS, MADE, REFUSED, WORDS

CASES = [
    pytest.param(fault, way, id=f"{fault.what}-{way.name}")
    for fault in (*CREATE, *POLL, *END, *DOWNLOAD, *MADE, *REFUSED, *ANSWERS, *WORDS, *CLIPS)
    for way in fault.ways
]


def noise() -> bytes:
    """A picture that is larger than what sockets hold."""
    buffer = BytesIO()
    Picture.frombytes("RGB", (640, 360), random.Random(0).randbytes(640 * 360 * 3)).save(buffer, "PNG")
    return buffer.getvalue()


def outcome(
    client: Client, fault: Fault, way: Way, ahead: list[float], is_set: threading.Event
) -> errors.VeoError | None:
    """What `submit` and `wait` raise. Once the job is waited for, the clock is set ahead, and `is_set`."""
    said = {**way.said, **fault.said}
    if "first_frame" in said:
        said["first_frame"] = noise()
    prompt = f"---\n{fault.script}\n---\nA cat" if fault.script else "A cat"
    try:
        job = client.submit(prompt, model=way.model, allow_retired=True, **said)
        waiting = job.start_waiting(0.5 if fault.raises == "WaitTimeoutError" else 600)
        # What was begun before is under way when this comes back.
        client.call(anyio.sleep, 0)
        ahead[0] = fault.later
        is_set.set()
        try:
            waiting.result()
        finally:
            job.waited(waiting)
    except errors.VeoError as error:
        return error
    finally:
        is_set.set()
    return None


@pytest.mark.parametrize(("fault", "way"), CASES)
def test_a_fault_ends_as_the_table_says(
    fault: Fault,
    way: Way,
    make_client: Callable[..., Client],
    settings: Settings,
    emulator: Emulator,
    tmp_path: Path,
) -> None:
    for rule in fault.rules:
        emulator.script(**asdict(rule))
    ahead, is_set = [0.0], threading.Event()
    # What comes after the create waits until the job is waited for, however late that is on a slow machine: what was
    # given up before is begun anew by `wait`, and a clock that is set ahead has to be so before the first poll.
    held = fault.later or (fault.rules and all(rule.on in {"poll", "download"} for rule in fault.rules))
    quick = swift(600, is_set.is_set if held else lambda: True)
    clock = Clock(lambda: quick.now() + ahead[0], quick.sleep)
    given = replace(settings, provider=way.provider, base_url=emulator.base_url + way.path, api_key=Secret("sk-canary"))
    given = replace(given, price=PlacePrice.of(way.price) if way.price else None)
    client = make_client(given, clock=clock)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", UserWarning)
        raised = outcome(client, fault, way, ahead, is_set)
    (job,) = client.jobs()
    assert (type(raised).__name__ if raised else "", job.state) == (fault.raises, fault.state), raised
    told = str(raised)
    for words in fault.words:
        assert words in told
        told = told.partition(words)[2]
    check_words(fault, str(raised))
    assert not fault.warns or any(fault.warns in str(one.message) for one in warned)
    check_requests(fault, emulator, polls=way.polls)
    check_money(client, fault)
    check_files(tmp_path, fault)
    if not job.state.is_final and fault.raises != "WaitTimeoutError":
        assert job.wait(600).state is JobState.SUCCEEDED


def check_words(fault: Fault, told: str) -> None:
    """Nobody is told that nothing is charged, or invited to pay once more, where the service may have begun."""
    if fault.state == "unknown" or fault in REFUSED:
        assert "othing is charged" not in told
    if fault.state == "unknown":
        assert "refused" not in told
        assert "try again" not in told.lower()


def check_money(client: Client, fault: Fault) -> None:
    """What has ended without a clip is free; what nobody knows or could not fetch keeps its price, as open jobs do."""
    (job,) = client.jobs()
    if fault.state in {"failed", "filtered"} and not fault.kept:
        assert job.cost.usd == 0
    else:
        assert job.cost.usd is None or job.cost.usd > 0
