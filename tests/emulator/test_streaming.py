"""An interaction as server-sent events: the create's answer, the later get, and streams that break."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from veo_widgets.emulator import Pace

Json = dict[str, Any]


def events_of(answer: httpx.Response) -> list[Json]:
    """What the frames of an answer say; each is named twice, and the last is the end."""
    assert answer.headers["content-type"].startswith("text/event-stream")
    *frames, end, rest = answer.text.split("\n\n")
    assert (end, rest) == ("event: done\ndata: [DONE]", "")
    events = []
    for frame in frames:
        name, data = frame.split("\n")
        events.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {events[-1]['event_type']}"
    return events


def streamed(calls, prompt: str = "A cat", **more: Any) -> list[Json]:
    return events_of(calls.omni_create(prompt, background=False, stream=True, **more).raise_for_status())


@pytest.mark.parametrize("more", [{}, {"background": True}], ids=["waiting", "background"])
def test_a_stream_tells_of_each_step_and_its_video(calls, more: Json) -> None:
    calls.emulator.set_pace(Pace.polls(2))
    events = events_of(calls.omni_create("A cat", **{"background": False, "stream": True, "delivery": "uri"} | more))
    assert [event["event_type"] for event in events] == [
        "interaction.created",
        "interaction.status_update",
        *["step.start", "step.delta", "step.stop"] * 2,
        "interaction.completed",
    ]
    created, completed = events[0]["interaction"], events[-1]["interaction"]
    assert (created["status"], completed["status"]) == ("in_progress", "completed")
    assert completed["id"] == created["id"] == events[1]["interaction_id"]
    assert completed["usage"]["total_output_tokens"] == 3 * 5792
    assert "steps" not in completed
    assert [event["step"] for event in events if "step" in event] == [{"type": "thought"}, {"type": "model_output"}]
    assert [event["index"] for event in events if "index" in event] == [0] * 3 + [1] * 3
    signature, video = (event["delta"] for event in events if "delta" in event)
    assert signature["type"] == "thought_signature"
    kept = calls.omni_get(created["id"])
    assert kept["steps"][1]["content"] == [video]
    assert calls.omni_clip(kept)[4:8] == b"ftyp"


def test_every_other_end_is_told(calls) -> None:
    filtered = streamed(calls, "---\noutcome: filtered\n---\nA cat")
    assert [event["delta"]["type"] for event in filtered if "delta" in event] == ["thought_signature", "text"]
    *_, error, failed = streamed(calls, "---\noutcome: failed\n---\nA cat")
    assert (error["event_type"], error["error"]["code"]) == ("error", "INTERNAL")
    assert failed["interaction"]["status"] == "failed"
    empty = streamed(calls, "---\noutcome: empty\n---\nA cat")
    assert [event["event_type"].partition(".")[0] for event in empty] == ["interaction"] * 3


def test_a_stream_is_read_again_from_where_it_was_left(calls) -> None:
    events = streamed(calls)
    path = f"/v1beta/interactions/{events[0]['interaction']['id']}"
    assert events_of(calls.http.get(path, params={"stream": "true"}, headers=calls.key)) == events
    rest = {"stream": "true", "last_event_id": events[3]["event_id"]}
    assert events_of(calls.http.get(path, params=rest, headers=calls.key)) == events[4:]
    refused = calls.http.get(path, params=rest | {"last_event_id": "?"}, headers=calls.key)
    assert (refused.status_code, refused.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


def test_a_cancelled_interaction_ends_its_stream(calls) -> None:
    calls.emulator.set_pace(Pace.polls(10**9))
    created = calls.omni_create("A cat").json()
    path = f"/v1beta/interactions/{created['id']}"
    with calls.http.stream("GET", path, params={"stream": "true"}, headers=calls.key) as answer:
        lines = (line for line in answer.iter_lines() if line.startswith("data: {"))
        seen = [json.loads(next(lines).removeprefix("data: ")) for _ in range(2)]
        calls.http.post(f"{path}/cancel", headers=calls.key).raise_for_status()
        seen += [json.loads(line.removeprefix("data: ")) for line in lines]
    assert [event["event_type"] for event in seen][2:] == ["interaction.completed"]
    assert seen[-1]["interaction"]["status"] == "cancelled"


def test_a_stream_can_break_off(calls) -> None:
    calls.emulator.script("create", "cut", share=0.3)
    body = {"model": "gemini-omni-1.2-flash", "input": "A cat", "stream": True}
    with calls.http.stream("POST", "/v1beta/interactions", json=body, headers=calls.key) as answer:
        parts = answer.iter_text()
        assert next(parts).startswith("event: interaction.created")
        with pytest.raises(httpx.RemoteProtocolError):
            list(parts)
