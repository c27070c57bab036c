"""Jobs whose answer was lost: looked for, sent again or forgotten, as their user decides."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import anyio
import pytest

from veo_widgets.api.doctor import diagnose
from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain import errors
from veo_widgets.domain.job_record import JobState
from veo_widgets.emulator import Emulator
from veo_widgets.notebook.widgets import JobView
from veo_widgets.notebook.widgets.protocol import Message
from veo_widgets.session.client import Client
from veo_widgets.session.job import Job

from ..raw_server import Server, answer


@pytest.fixture
def gateway(make_client: Callable[..., Client], settings: Settings, emulator: Emulator) -> Client:
    """A client of a ``/v1/videos`` service, which lists what it keeps."""
    given = replace(settings, provider="openai", base_url=emulator.base_url + "/v1", api_key=Secret("sk-test-only"))
    return make_client(replace(given, model="sora-2"), hasty=True)


def creates(emulator: Emulator) -> int:
    return sum(entry.kind == "create" for entry in emulator.journal())


def lose(client: Client, emulator: Emulator, fault: str, prompt: str = "A cat") -> Job:
    """A job whose answer does not come; with ``cut`` and ``reset`` the service has begun it all the same."""
    emulator.script(on="create", fault=fault)
    with pytest.raises(errors.UnknownOutcomeError, match="nothing is chosen for you") as caught:
        client.submit(prompt, duration_seconds=4, allow_retired=True)
    return client.job(caught.value.job_id)


def test_a_job_that_the_service_has_is_found_and_brought_home(gateway: Client, emulator: Emulator) -> None:
    gateway.submit("A dog", duration_seconds=4, allow_retired=True).wait(600)
    job = lose(gateway, emulator, "cut")
    assert job.state is JobState.UNKNOWN
    assert job.look_for().wait(600).videos[0].bytes > 0
    assert job.record.problem is None
    assert creates(emulator) == 2
    assert "found again" in [detail for _, _, detail in job.events]


def test_a_job_that_never_began_stays_as_it_is(gateway: Client, emulator: Emulator) -> None:
    job = lose(gateway, emulator, "status-500")
    assert job.look_for().state is JobState.UNKNOWN
    assert "probably never started" in job.record.notice


def test_of_several_that_fit_the_user_takes_one(gateway: Client, emulator: Emulator) -> None:
    first, second = lose(gateway, emulator, "cut"), lose(gateway, emulator, "cut")
    assert first.look_for().state is JobState.UNKNOWN
    ids = first.record.notice.removeprefix("Several videos fit: ").partition(".")[0].split(", ")
    assert len(ids) == 2
    assert first.look_for(ids[0]).wait(600).state is JobState.SUCCEEDED
    # What is a job of ours by now fits no other.
    assert second.look_for().wait(600).record.operation == ids[1]
    assert creates(emulator) == 2


def test_a_video_of_another_day_is_not_taken_for_it(
    gateway: Client, make_client: Callable[..., Client], emulator: Emulator
) -> None:
    later = make_client(gateway.settings, hasty=True, now=lambda: time.time() + 86_400)
    lose(gateway, emulator, "cut")
    assert "probably never started" in lose(later, emulator, "reset").look_for().record.notice


def test_a_list_without_prompts_proves_nothing(make_client: Callable[..., Client], settings: Settings) -> None:
    now = time.time()
    listed = {"data": [{"id": "a1", "created_at": now}, {"id": "b2", "created_at": now - 86_400}]}
    with Server() as server:
        server.answers = {"/v1/videos/a1": answer(200, {"id": "a1", "status": "in_progress"})}
        given = replace(settings, provider="server", base_url=server.url + "/v1", model="wan")
        client = make_client(given, hasty=True)
        # The create's path says nothing: the answer is lost.
        with pytest.raises(errors.UnknownOutcomeError) as caught:
            client.submit("A cat", max_cost=1)
        job = client.job(caught.value.job_id)
        server.answers["/v1/videos"] = answer(200, listed)
        assert job.look_for().state is JobState.UNKNOWN
        assert job.record.notice == (
            "The service lists its videos without their prompts, so it cannot be told which is this one; from that "
            "time it has a1. look_for('ID') takes one of them."
        )
        assert job.look_for("a1").record.operation == "a1"
        assert [method for method, *_ in server.seen].count("POST") == 1


def test_a_job_is_looked_for_where_it_was_sent(make_client: Callable[..., Client], settings: Settings) -> None:
    with Server() as first, Server() as second:
        given = replace(settings, provider="server", base_url=first.url + "/v1", model="wan")
        client = make_client(given, hasty=True)
        with pytest.raises(errors.UnknownOutcomeError) as caught:
            client.submit("A cat", max_cost=1)
        elsewhere = make_client(replace(given, base_url=second.url + "/v1"), hasty=True)
        video = {"id": "a1", "status": "in_progress", "prompt": "A cat"}
        first.answers = {"/v1/videos": answer(200, {"data": [video]}), "/v1/videos/a1": answer(200, video)}
        assert elsewhere.job(caught.value.job_id).look_for().record.operation == "a1"
        assert second.seen == []


def test_a_missing_profile_is_told_with_the_address_of_its_job(
    make_client: Callable[..., Client], settings: Settings
) -> None:
    with Server() as server:
        given = replace(settings, provider="server", base_url=server.url + "/v1", model="wan", profile="studio")
        with pytest.raises(errors.UnknownOutcomeError) as caught:
            make_client(given, hasty=True).submit("A cat", max_cost=1)
        with pytest.raises(errors.ConfigError, match=rf"profile='studio', base_url='{server.url}/v1', …"):
            make_client(settings).job(caught.value.job_id).look_for()


def test_a_server_without_a_list_is_told_of_as_such(make_client: Callable[..., Client], settings: Settings) -> None:
    with Server() as server:
        given = replace(settings, provider="server", base_url=server.url + "/v1", model="wan")
        client = make_client(given, hasty=True)
        with pytest.raises(errors.UnknownOutcomeError) as caught:
            client.submit("A cat", max_cost=1)
        server.answers["/v1/videos"] = answer(404, {"detail": "Not Found"})
        with pytest.raises(errors.InvalidRequestError, match="its service keeps no list"):
            client.job(caught.value.job_id).look_for()
        with pytest.raises(errors.InvalidRequestError, match=f"{server.url[7:]} keeps no list of its videos"):
            client.remote_videos()


def test_where_nothing_is_listed_only_the_consoles_name_helps(client: Client, emulator: Emulator) -> None:
    job = lose(client, emulator, "cut")
    with pytest.raises(errors.InvalidRequestError, match=r"keeps no list.*look_for\('NAME'\)"):
        job.look_for()
    operation = next(entry for entry in emulator.journal() if entry.kind == "create").operation
    name = f"projects/emulator/locations/us-central1/publishers/google/models/{job.record.model}/operations/{operation}"
    assert job.look_for(name).wait(600).state is JobState.SUCCEEDED


def test_a_forgotten_job_is_over_and_may_have_cost(client: Client, emulator: Emulator) -> None:
    job = lose(client, emulator, "reset").forget()
    assert (job.state, job.record.problem.title) == (JobState.FAILED, "Forgotten")
    assert job.cost.usd == pytest.approx(0.4)
    with pytest.raises(errors.InvalidRequestError, match="only a job whose answer was lost"):
        job.forget()
    with pytest.raises(errors.InvalidRequestError, match="only a job whose answer was lost"):
        job.look_for()


def test_sending_again_is_a_new_job(client: Client, emulator: Emulator) -> None:
    job = lose(client, emulator, "reset")
    assert job.retry().wait(600).record.retry_of == job.id
    assert job.state is JobState.UNKNOWN
    assert creates(emulator) == 2


@pytest.mark.parametrize(("command", "state"), [("look", JobState.SUCCEEDED), ("forget", JobState.FAILED)])
def test_the_view_has_a_button_for_it(gateway: Client, emulator: Emulator, command: str, state: JobState) -> None:
    job = lose(gateway, emulator, "cut")
    view = JobView(job)
    assert (view.job["can"]["look"], view.job["can"]["forget"], view.job["can"]["retry"]) == (True, True, True)
    view.handle(Message(command, fields={"job": job.id}))
    while view.job["state"] != state:
        gateway.call(anyio.sleep, 0.02)
    assert not view.job["can"]["look"]
    view.close()


def test_the_view_follows_a_repeat_whose_answer_is_lost_too(client: Client, emulator: Emulator) -> None:
    job = lose(client, emulator, "cut")
    view = JobView(job)
    emulator.script(on="create", fault="cut")
    client.call(view._retry)
    assert view.job["state"] == JobState.UNKNOWN
    assert client.job(view.job["id"]).record.retry_of == job.id
    view.close()


@pytest.mark.parametrize("provider", ["gemini", "openai"])
def test_a_lost_answer_is_told_with_what_works_at_its_service(
    make_client: Callable[..., Client], settings: Settings, emulator: Emulator, provider: str
) -> None:
    path, model = ("/v1", "sora-2") if provider == "openai" else ("", "veo-3.1-generate-preview")
    given = replace(settings, provider=provider, base_url=emulator.base_url + path, api_key=Secret("sk-test-only"))
    job = lose(make_client(replace(given, model=model), hasty=True), emulator, "status-503")
    with pytest.raises(errors.UnknownOutcomeError) as caught:
        job.wait(600)
    told = str(caught.value)
    assert "answered HTTP 503: The service is currently unavailable" in told
    for words in ("refused", "try again later", "nothing is charged"):
        assert words not in told.lower()
    for words in (f"veo look {job.id}", f"veo retry {job.id}", f"veo forget {job.id}", "may be charged"):
        assert words in told
    assert ("keeps no list" in told and f"`veo look {job.id} NAME`" in told) == (provider == "gemini")


def test_resuming_and_the_doctor_count_what_is_lost_and_held(
    make_client: Callable[..., Client], settings: Settings, emulator: Emulator
) -> None:
    given = replace(settings, provider="gemini", api_key=Secret("AIza-x"), model="veo-3.1-generate-preview")
    client = make_client(given, hasty=True)
    assert "lost" not in repr(client.resume())
    prices = [lose(client, emulator, "reset", prompt).cost.usd for prompt in ("A cat", "A dog")]
    told = "The answer to 2 jobs was lost: see veo jobs, then veo look ID, veo retry ID or veo forget ID. "
    told += f"${sum(prices):.2f} of the budget is held for them."
    assert told in repr(client.resume())
    report = client.call(diagnose, client.asynchronous, {})
    assert told in repr(report)
    for job in client.jobs():
        job.forget()
    assert "lost" not in repr(client.resume())
