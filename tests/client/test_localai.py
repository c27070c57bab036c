"""LocalAI's ``/video`` at the emulator: the answer to the create is the clip's address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain import errors
from veo_widgets.domain.job_record import JobState
from veo_widgets.domain.place_prices import PlacePrice
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client


@pytest.fixture
def localai(emulator: Emulator, tmp_path: Path) -> Settings:
    account = {"provider": "localai", "base_url": emulator.base_url, "api_key": Secret("a-localai-key")}
    return Settings(**account, folder=tmp_path / "veo_clips")


@pytest.fixture
def client(make_client: Callable[..., Client], localai: Settings) -> Client:
    return make_client(localai, hasty=True)


def test_a_clip_is_made_by_one_request_and_fetched_with_the_key(client: Client, emulator: Emulator) -> None:
    job = client.submit("A cat", model="wan", size="1280x720", seconds=4)
    (video,) = job.wait(600).videos
    assert video.seconds == pytest.approx(4, abs=0.1)
    create, *others = [entry for entry in emulator.journal() if entry.kind in {"create", "download"}]
    assert (create.path, create.body["width"], create.body["num_frames"]) == ("/video", 1280, 64)
    assert [(entry.kind, "authorization" in entry.headers) for entry in others] == [("download", True)]
    assert job.record.cost.usd == 0


def test_its_own_error_is_the_end_of_a_job_that_costs_nothing(client: Client) -> None:
    # Its answer is the clip: after an error there is nothing to look for, and sending it again costs nothing.
    with pytest.raises(errors.ServiceUnavailableError, match="the backend made no video"):
        client.submit("---\noutcome: failed\n---\nA cat", model="wan")
    (job,) = client.jobs()
    assert job.state is JobState.FAILED
    assert "pay" not in job.record.remark
    assert job.record.problem.charged == ""


def test_its_own_error_leaves_a_job_open_that_costs_something(
    make_client: Callable[..., Client], localai: Settings
) -> None:
    priced = make_client(replace(localai, price=PlacePrice.of("0.40/clip")), hasty=True)
    with pytest.raises(errors.UnknownOutcomeError, match="the backend made no video"):
        priced.submit("---\noutcome: failed\n---\nA cat", model="wan")
    assert [job.state for job in priced.jobs()] == [JobState.UNKNOWN]


def test_what_is_not_in_its_schema_goes_to_the_models_backend(client: Client, emulator: Emulator) -> None:
    client.submit("A cat", model="wan", extra={"step": 5, "params.lora": "style", "flow_shift": 3.0, "tiles": [1, 2]})
    (create,) = [entry for entry in emulator.journal() if entry.kind == "create"]
    assert create.body["step"] == 5
    assert create.body["params"] == {"lora": "style", "flow_shift": "3.0", "tiles": "[1, 2]"}
    assert not {"flow_shift", "tiles"} & set(create.body)
