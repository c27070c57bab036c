"""Create, poll and download in the words of both services."""

from __future__ import annotations

import io
import json
import re
from urllib.parse import quote

import av
import pytest

from veo_widgets.emulator import Emulator, Pace


def test_the_developer_api_from_create_to_clip(calls) -> None:
    calls.emulator.set_pace(Pace.polls(2))
    created = calls.dev_create("A cat")
    assert created.status_code == 200
    assert set(created.json()) == {"name"}
    name = created.json()["name"]
    assert re.fullmatch(r"models/veo-3.1-fast-generate-preview/operations/[a-z0-9]+", name)
    assert [calls.dev_poll(name) for _ in range(2)] == [{"name": name}] * 2
    done = calls.dev_poll(name)
    assert done["done"] is True
    [sample] = done["response"]["generateVideoResponse"]["generatedSamples"]
    uri = sample["video"]["uri"]
    assert re.fullmatch(calls.emulator.base_url + r"/v1beta/files/[a-z0-9]+:download\?alt=media", uri)
    clip = calls.http.get(uri, headers=calls.key)
    assert clip.headers["content-type"] == "video/mp4"
    assert clip.content[4:8] == b"ftyp"
    short = calls.http.get("/v1beta/operations/" + name.rpartition("/")[2], headers=calls.key)
    assert short.json()["done"] is True


def test_the_agent_platform_answers_bytes(calls) -> None:
    done = calls.ap_done("A cat", sampleCount=3)
    assert done["done"] is True
    videos = done["response"]["videos"]
    assert done["response"]["raiMediaFilteredCount"] == 0
    assert [video["mimeType"] for video in videos] == ["video/mp4"] * 3
    clips = calls.ap_clips("A cat", sampleCount=3)
    assert len(set(clips)) == 3
    assert {clip[4:8] for clip in clips} == {b"ftyp"}


def test_the_agent_platform_stores_where_it_is_told(calls) -> None:
    done = calls.ap_done("A cat", sampleCount=2, storageUri="gs://films/out/")
    uris = [video["gcsUri"] for video in done["response"]["videos"]]
    assert all(re.fullmatch(rf"gs://films/out/\d+/sample_{i}\.mp4", uri) for i, uri in enumerate(uris))
    path = f"/storage/v1/b/films/o/{quote(uris[1].removeprefix('gs://films/'), safe='')}"
    assert calls.http.get(path, params={"alt": "media"}).status_code == 401
    clip = calls.http.get(path, params={"alt": "media"}, headers=calls.bearer)
    assert clip.content[4:8] == b"ftyp"
    part = calls.http.get(path, params={"alt": "media"}, headers={**calls.bearer, "range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert calls.http.get(path, headers=calls.bearer).json()["size"] == str(len(clip.content))
    missing = calls.http.get("/storage/v1/b/films/o/out%2F1%2Fsample_0.mp4?alt=media", headers=calls.bearer)
    assert missing.status_code == 404


def test_an_operation_is_polled_under_its_own_model_only(calls) -> None:
    name = calls.ap_create().json()["name"]
    other = "/v1/projects/films/locations/us-central1/publishers/google/models/veo-3.1-generate-001"
    path = f"{other}:fetchPredictOperation"
    assert calls.http.post(path, json={"operationName": name}, headers=calls.bearer).status_code == 400
    assert calls.http.get(f"/v1/{name}", headers=calls.bearer).status_code == 404
    assert calls.http.get(f"/v1beta/{name}", headers=calls.key).status_code == 404


def test_express_mode_needs_no_project(calls) -> None:
    path = "/v1beta1/publishers/google/models/veo-3.1-fast-generate-001"
    body = {"instances": [{"prompt": "A cat"}], "parameters": {"durationSeconds": 4}}
    created = calls.http.post(f"{path}:predictLongRunning", json=body, headers=calls.key)
    name = created.json()["name"]
    done = calls.http.post(f"{path}:fetchPredictOperation", json={"operationName": name}, headers=calls.key)
    assert done.json()["response"]["videos"]
    long = f"/v1beta1/{name.rpartition('/operations/')[0]}:fetchPredictOperation"
    assert calls.http.post(long, json={"operationName": name}, headers=calls.key).json()["done"] is True


def test_a_range_is_part_of_the_whole(calls) -> None:
    [uri] = calls.dev_uris()
    whole = calls.http.get(uri, headers=calls.key).content
    wanted = {"bytes=10-19": whole[10:20], "bytes=100-": whole[100:], "bytes=-7": whole[-7:]}
    for header, expected in wanted.items():
        part = calls.http.get(uri, headers={**calls.key, "range": header})
        assert (part.status_code, part.content) == (206, expected)
    assert part.headers["content-range"] == f"bytes {len(whole) - 7}-{len(whole) - 1}/{len(whole)}"
    assert calls.http.get(uri, headers={**calls.key, "range": f"bytes={len(whole)}-"}).status_code == 416


def test_a_file_is_found_by_any_spelling_of_its_address(calls) -> None:
    [uri] = calls.dev_uris()
    whole = calls.http.get(uri, headers=calls.key).content
    assert calls.http.get(f"/v1beta/files/{uri}", headers=calls.key).content == whole
    about = calls.http.get(uri.partition(":download")[0], headers=calls.key).json()
    assert about["sizeBytes"] == str(len(whole))
    assert (about["state"], about["mimeType"]) == ("ACTIVE", "video/mp4")
    assert calls.http.get(uri).status_code == 403
    assert calls.http.get("/v1beta/files/nosuchfile:download?alt=media", headers=calls.key).status_code == 403


def test_files_are_gone_after_two_days(make_calls) -> None:
    now = [1_800_000_000.0]
    with Emulator(pace=Pace.at_once(), clips="small", clock=lambda: now[0]) as emulator:
        calls = make_calls(emulator)
        [uri] = calls.dev_uris()
        now[0] += 2 * 24 * 3600 - 1
        assert calls.http.get(uri, headers=calls.key).status_code == 200
        now[0] += 2
        assert calls.http.get(uri, headers=calls.key).status_code == 403


def test_time_decides_when_the_pace_is_seconds(make_calls) -> None:
    now = [1_800_000_000.0]
    with Emulator(pace=Pace.seconds(20), clips="small", clock=lambda: now[0]) as emulator:
        calls = make_calls(emulator)
        name = calls.dev_create().json()["name"]
        now[0] += 11 / 20 - 0.01
        assert calls.dev_poll(name) == {"name": name}
        now[0] += 360 / 20
        # Only the rendering is still waited for, and that runs by itself.
        while "done" not in calls.dev_poll(name):
            pass


@pytest.mark.parametrize("outcome", ["filtered", "failed", "empty", "partial"])
def test_outcomes_on_the_developer_api(calls, outcome: str) -> None:
    model = "veo-2.0-generate-001"
    text = f"---\noutcome: {outcome}\nreason: celebrity\ncode: 8\n---\nA cat"
    name = calls.dev_create(text, model=model, sampleCount=2, durationSeconds=5).json()["name"]
    done = calls.dev_poll(name)
    assert done["done"] is True
    if outcome == "failed":
        assert done["error"]["code"] == 8
        assert "response" not in done
        return
    if outcome == "empty":
        assert done["response"] == {}
        return
    reply = done["response"]["generateVideoResponse"]
    assert reply["raiMediaFilteredCount"] == {"filtered": 2, "partial": 1}[outcome]
    assert reply["raiMediaFilteredReasons"][0].endswith("Support codes: 29310472")
    assert len(reply.get("generatedSamples", [])) == {"filtered": 0, "partial": 1}[outcome]


def test_outcomes_on_the_agent_platform(calls) -> None:
    filtered = calls.ap_done("---\noutcome: filtered\nsupport_code: 61493863\n---\nA cat", sampleCount=2)["response"]
    assert filtered["raiMediaFilteredCount"] == 2
    assert "videos" not in filtered
    assert "61493863" in filtered["raiMediaFilteredReasons"][0]
    partial = calls.ap_done("---\noutcome: partial\n---\nA cat", sampleCount=3)["response"]
    assert (partial["raiMediaFilteredCount"], len(partial["videos"])) == (1, 2)
    assert calls.ap_done("---\noutcome: failed\ncode: 3\n---\nA cat")["error"]["code"] == 3
    assert calls.ap_done("---\noutcome: empty\n---\nA cat")["response"] == {}


def test_front_matter_sets_the_polls_of_one_request(calls) -> None:
    name = calls.dev_create("---\npolls: 3\n---\nA cat").json()["name"]
    assert ["done" in calls.dev_poll(name) for _ in range(4)] == [False, False, False, True]


def test_models_are_listed_in_pages(calls) -> None:
    whole = calls.http.get("/v1beta/models", headers=calls.key).json()["models"]
    paged, token = [], ""
    while True:
        query = {"pageSize": 2} | ({"pageToken": token} if token else {})
        page = calls.http.get("/v1beta/models", params=query, headers=calls.key).json()
        assert len(page["models"]) <= 2
        paged += page["models"]
        token = page.get("nextPageToken")
        if not token:
            break
    assert paged == whole
    assert len(whole) > 2
    one = calls.http.get("/v1/models/veo-3.1-generate-preview", headers=calls.key).json()
    assert one["supportedGenerationMethods"] == ["predictLongRunning"]
    path = "/v1/publishers/google/models/veo-3.1-generate-001"
    assert calls.http.get(path, headers=calls.bearer).json()["launchStage"] == "GA"


def test_a_service_account_gets_a_token(calls, tmp_path) -> None:
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "a.b.c"}
    answer = calls.http.post("/token", data=grant).json()
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 3600
    assert calls.http.post("/token", data={"grant_type": "password"}).status_code == 400


def test_small_clips_have_the_length_asked_for(calls) -> None:
    first, second = calls.dev_clip("A cat"), calls.dev_clip("A dog")
    assert first != second
    with av.open(io.BytesIO(first)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].frames) == (160, 96)
    [uri] = calls.dev_uris("A cat")
    longer = calls.dev_clip("on", instance={"video": {"uri": uri, "encoding": "video/mp4"}}, durationSeconds=8)
    with av.open(io.BytesIO(longer)) as container:
        assert container.streams.video[0].frames == (4 + 7) * 24


def test_the_journal_masks_keys_and_shortens_media(calls, make_picture) -> None:
    image = make_picture((200, 30, 30))
    calls.dev_create("A cat", instance={"image": image})
    calls.http.get("/v1beta/models?key=canary-query&pageSize=1")
    calls.http.post("/token", headers={"authorization": "Bearer canary-bearer"})
    entries = calls.http.get("/_admin/journal").json()
    assert [entry["kind"] for entry in entries] == ["create", "models", "token"]
    assert [entry["status"] for entry in entries] == [200, 200, 400]
    assert [entry["n"] for entry in entries] == [1, 2, 3]
    assert entries[0]["model"] == "veo-3.1-fast-generate-preview"
    assert entries[0]["operation"]
    assert entries[0]["headers"]["x-goog-api-key"] == "***"
    assert entries[1]["path"] == "/v1beta/models?pageSize=1"
    assert entries[2]["headers"]["authorization"] == "Bearer ***"
    text = json.dumps(entries)
    assert "canary" not in text
    assert image["bytesBase64Encoded"] not in text
    assert entries[0]["body"]["instances"][0]["prompt"] == "A cat"
