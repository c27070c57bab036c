"""Whatever a service answers, a wire makes an operation of it or raises one of our errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veo_widgets.client.retries import pause
from veo_widgets.domain import job_transitions
from veo_widgets.domain.bookings import compare
from veo_widgets.domain.catalog import AGENT_PLATFORM, AZURE_OPENAI, GEMINI_API, OPENAI
from veo_widgets.domain.errors import ServiceError, VeoError
from veo_widgets.domain.job_record import JobRecord, JobState, Sample
from veo_widgets.domain.pricing import Cost, estimate, settled
from veo_widgets.domain.printable import printable
from veo_widgets.domain.request import VideoRequest
from veo_widgets.domain.safe_json import read_json
from veo_widgets.providers.registry import LITELLM, LITELLM_GEMINI, PROVIDERS, Endpoint, model_at
from veo_widgets.providers.wires import (
    Call,
    Field,
    Reply,
    described_models,
    listing,
    proxy_spend,
    server_schema,
    wire_for,
)
from veo_widgets.providers.wires.base import Wire
from veo_widgets.providers.wires.error_pages import page_words
from veo_widgets.providers.wires.http_errors import service_error
from veo_widgets.providers.wires.openai_videos import OpenAIVideos

from .replies import ANYTHING, ERRORS, PROXY_REPLIES, REPLIES, as_bytes, mutated

SPOKEN = [
    *(("predictLongRunning", surface) for surface in (GEMINI_API, AGENT_PLATFORM, LITELLM_GEMINI)),
    *(("interactions", surface) for surface in (GEMINI_API, AGENT_PLATFORM, LITELLM_GEMINI)),
    *(("openai_videos", surface) for surface in (OPENAI, AZURE_OPENAI, LITELLM)),
]
# As `read_json` hands texts on.
_CLEAN = st.text(st.characters(codec="utf-8"))
LIST = {
    "data": [
        {
            "id": "google/veo-3.1",
            "supported_durations": [4, 8],
            "supported_resolutions": ["720p", "4K"],
            "supported_aspect_ratios": ["16:9"],
            "supported_frame_images": ["first_frame"],
            "generate_audio": True,
            "seed": None,
            "pricing_skus": {
                "duration_seconds_with_audio": "0.4",
                "duration_seconds_4k": "0.6",
                "reference_images": "1",
            },
        }
    ]
}
DOCUMENTS = json.loads(Path(__file__).parents[1].joinpath("providers/said/fastapi_0_165.json").read_text("utf-8"))
OUTCOMES = {"running", "samples", "failed", "filtered", "empty"}
OMNI = model_at(PROVIDERS["gemini"], "gemini-omni-1.1-flash")
RECORD = JobRecord(
    id="abc", state=JobState.RUNNING, request=VideoRequest("A cat", "m"), provider="gemini", surface=GEMINI_API,
    wire="interactions", cost=Cost(0.8, seconds=8), created_at=1.0, updated_at=1.0, folder="/clips", operation="o",
)  # fmt: skip


def endpoint(surface: str) -> Endpoint:
    return Endpoint("gemini", surface, "https://h.example/v1", project="p", location="us-central1")


def ours(work: Callable[..., Any], *args: Any) -> Any:
    """The result, or None if it was refused with an error of ours, whose words a terminal can take."""
    try:
        return work(*args)
    except VeoError as error:
        check_words(error)
        return None


def check_words(error: VeoError) -> None:
    assert printable(str(error)) == str(error)
    assert len(str(error)) < 4000


def follow(wire: Wire, surface: str, reply: Reply) -> None:
    """What becomes of an answer to a poll: a record that can be written down, and calls to make."""
    operation = ours(wire.parse, reply)
    if operation is None:
        return
    assert operation.outcome in OUTCOMES
    assert (operation.outcome == "samples") == bool(operation.samples)
    operation = job_transitions.as_created(operation, "o")
    record = job_transitions.advance(RECORD, operation, 2.0)
    written = json.dumps({**record.to_json(), "cost": settled(record.cost, operation.usage, OMNI).to_json()})
    assert len(written.encode()) < 100_000
    for sample in (*operation.samples, *operation.expected):
        for other in ours(wire.others, sample, endpoint(surface)) or ():
            check_call(other)
        check_call(ours(wire.content, sample, endpoint(surface)))
        check_call(ours(wire.probe, sample, endpoint(surface)))


def check_call(call: Call | None) -> None:
    if call is not None:
        call.url.encode("ascii" if call.purpose != "content" else "utf-8")
        assert not {".", ".."} & set(call.url.partition("?")[0].split("/")[3:]) or call.purpose == "content"
        assert call.url.startswith(("https://", "http://"))


@pytest.mark.parametrize(("api", "surface"), SPOKEN)
@given(data=as_bytes(REPLIES))
def test_every_answer_is_read_or_refused(api: str, surface: str, data: bytes) -> None:
    wire = wire_for(api, surface)
    try:
        reply = Reply(200, read_json(data))
    except ValueError:
        return
    name = ours(wire.created, reply)
    if name is not None:
        assert isinstance(name, str)
        assert name
        check_call(ours(wire.poll, name, endpoint(surface)))
        check_call(ours(wire.cancel, name, endpoint(surface)))
    assert ours(wire.ready, reply) in {True, False, None}
    follow(wire, surface, reply)


@pytest.mark.parametrize(("api", "surface"), SPOKEN)
@given(
    data=as_bytes(ERRORS) | st.binary(max_size=50),
    status=st.sampled_from([300, 302, 400, 401, 402, 403, 404, 408, 409, 422, 429, 499, 500, 502, 503, 504, 599]),
    headers=st.dictionaries(
        st.sampled_from(["retry-after", "retry-after-ms", "openai-poll-after-ms", "x-request-id", "content-type"]),
        st.text(max_size=40) | st.sampled_from(["nan", "1e400", "-1", "Wed, 21 Oct 2026 07:28:00 GMT", "9" * 400]),
    ),
    purpose=st.sampled_from(["create", "poll", "content", "list"]),
)
def test_every_error_is_one_of_ours(
    api: str, surface: str, data: bytes, status: int, headers: dict[str, str], purpose: Any
) -> None:
    form = (Field("prompt", "A cat"),) if purpose == "create" else ()
    call = Call(purpose, "GET", "https://h.example", json={"prompt": "A cat"} if form else None, form=form)
    error = service_error("A service", status, headers, data, call=call, endpoint=endpoint(surface))
    assert isinstance(error, ServiceError)
    check_words(error)
    for question in ("create", "look"):
        wait = pause(question, error, tried=3)
        assert wait is None or 0 < wait < 7 * 3600
    assert not error.unread or (purpose == "create" and status in {400, 415, 422})
    verdict = wire_for(api, surface).verdict(error, "video_1")
    assert verdict is None or verdict.outcome != "running"
    assert verdict is None or verdict.outcome in OUTCOMES


_MARKUP = ("<html>", "<!doctype html>", "<title>", "</title>", "<h1 ", ">", "</h1>", "<Message>", "&amp;", "<?xml ")


@given(pieces=st.lists(st.sampled_from(_MARKUP) | st.text(max_size=30), max_size=30), times=st.sampled_from([1, 2000]))
def test_every_page_is_read_in_time_and_cut_short(pieces: list[str], times: int) -> None:
    words, _ = page_words("".join(pieces * times).encode("utf-8", "surrogatepass"))
    assert len(words) <= 20_000
    check_words(service_error("A service", 502, {}, "".join(pieces * times).encode("utf-8", "surrogatepass")))


@pytest.mark.parametrize("surface", [OPENAI, AZURE_OPENAI, LITELLM])
@given(body=mutated(REPLIES) | ANYTHING)
def test_every_list_is_read_or_refused(surface: str, body: Any) -> None:
    wire = wire_for("openai_videos", surface)
    assert isinstance(wire, OpenAIVideos)
    for item in (ours(wire.listed, Reply(200, body)) or ((), ""))[0]:
        assert item.id
        assert item.created_at is None or isinstance(item.created_at, float | int)
    names = ours(listing.listed, Reply(200, body)) or {}
    assert all(isinstance(text, str) for pair in names.items() for text in pair)
    ours(listing.only_video_model, Reply(200, body), PROVIDERS["litellm"])
    listing.offered(names, PROVIDERS["litellm"])


@given(body=mutated([LIST]) | ANYTHING)
def test_every_list_that_describes_its_models_is_read(body: Any) -> None:
    for model in described_models.described(Reply(200, body), PROVIDERS["openrouter"]):
        assert model.id.isprintable()
        assert all(isfinite(usd) and usd >= 0 for usd in model.usd_per_second.values())
        assert (estimate(VideoRequest("A cat"), model).usd or 0) >= 0


@given(body=mutated([*DOCUMENTS.values()]) | ANYTHING)
def test_every_document_of_a_server_names_parameters_or_none(body: Any) -> None:
    for param in server_schema.parameters(Reply(200, body)):
        assert param.name.isascii()
        assert param.kind in {"text", "choice", "integer", "number", "boolean"}
        assert json.dumps(asdict(param), allow_nan=False)


@given(body=mutated(PROXY_REPLIES) | ANYTHING)
def test_whatever_a_proxy_says_of_money_is_read_or_refused(body: Any) -> None:
    reply, asker = Reply(200, body), proxy_spend.Holder("", (), user="u")
    key, user = ours(proxy_spend.read_key, reply), ours(proxy_spend.read_user, reply)
    for holder in filter(None, (key, user, *(ours(proxy_spend.read_team, reply, "u") or ()))):
        assert all(isfinite(window.spent) and isfinite(window.limit or 0) for window in holder.windows)
        check_call(proxy_spend.log_page(1, 0.0, 1.0, holder, endpoint(LITELLM)))
    behind = ours(proxy_spend.read_deployments, reply) or {}
    assert all(isinstance(model, str) for models in behind.values() for model in models)
    lines = (ours(proxy_spend.read_log, reply, asker) or ([], False))[0]
    found = compare("A proxy", [("o", RECORD)], (), lines)
    assert printable(repr(found)) == repr(found)
    assert found._repr_html_()


@pytest.mark.parametrize(("api", "surface"), SPOKEN)
@given(
    uri=st.text(st.characters(codec="utf-8")) | st.sampled_from(["gs://../x", "gs://a/..", "gs://b/o?x#y", "files/.."])
)
def test_every_address_of_a_clip_is_asked_for_or_refused(api: str, surface: str, uri: str) -> None:
    check_call(ours(wire_for(api, surface).content, Sample(0, uri=uri), endpoint(surface)))
