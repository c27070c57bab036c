"""Scripted trouble, state that outlives a process, and the command line."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from veo_widgets.emulator import Emulator, Pace


@pytest.mark.parametrize(
    ("fault", "status", "name"),
    [
        ("status-503", 503, "UNAVAILABLE"),
        ("status-500", 500, "INTERNAL"),
        ("status-504", 504, "DEADLINE_EXCEEDED"),
        ("status-429", 429, "RESOURCE_EXHAUSTED"),
        ("status-429-bare", 429, "RESOURCE_EXHAUSTED"),
        ("status-429-day", 429, "RESOURCE_EXHAUSTED"),
        ("status-429-spend", 429, "RESOURCE_EXHAUSTED"),
    ],
)
def test_a_scripted_status_strikes_once_and_starts_nothing(calls, fault: str, status: int, name: str) -> None:
    calls.emulator.script(on="create", fault=fault)
    answer = calls.dev_create()
    assert (answer.status_code, answer.json()["error"]["status"]) == (status, name)
    delays = [part.get("retryDelay") for part in answer.json()["error"].get("details", [])]
    assert ("1s" in delays) == (fault in {"status-429", "status-429-day"})
    [entry] = calls.emulator.journal()
    assert (entry.fault, entry.operation) == (fault, "")
    assert calls.dev_create().status_code == 200


def test_a_reset_comes_after_the_operation_was_made(calls) -> None:
    calls.http.post("/_admin/script", json={"on": "create", "fault": "reset"}).raise_for_status()
    with pytest.raises(httpx.TransportError):
        calls.dev_create()
    [entry] = calls.emulator.journal()
    assert entry.status == 0
    name = f"models/{entry.model}/operations/{entry.operation}"
    assert calls.dev_poll(name)["done"] is True


@pytest.mark.parametrize("fault", ["reset-early", "reset-midway"])
def test_a_reset_before_the_end_of_the_request_starts_nothing(calls, fault: str) -> None:
    calls.emulator.script(on="arrival", fault=fault, match=":predictLongRunning")
    with pytest.raises(httpx.TransportError):
        calls.dev_create("A cat " * 20_000)
    [entry] = calls.emulator.journal()
    assert (entry.fault, entry.operation, entry.status) == (fault, "", 0)
    assert calls.dev_create().status_code == 200


def test_a_rule_waits_for_what_it_matches(calls) -> None:
    calls.emulator.script(on="create", fault="status-503", match="dog", times=2)
    told = [calls.dev_create(prompt).status_code for prompt in ("A cat", "A dog", "A cat", "A dog", "A dog")]
    assert told == [200, 503, 200, 503, 200]


def test_polls_meet_trouble_too(calls) -> None:
    name = calls.dev_create().json()["name"]
    calls.emulator.script(on="poll", fault="html")
    page = calls.http.get(f"/v1beta/{name}", headers=calls.key)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    calls.emulator.script(on="poll", fault="expired")
    assert calls.http.get(f"/v1beta/{name}", headers=calls.key).status_code == 404
    calls.emulator.script(on="poll", fault="status", status=502)
    assert calls.http.get(f"/v1beta/{name}", headers=calls.key).status_code == 502
    calls.emulator.script(on="poll", fault="slow", seconds=3600)
    with pytest.raises(httpx.ReadTimeout):
        calls.http.get(f"/v1beta/{name}", headers=calls.key, timeout=httpx.Timeout(None, read=0.2))
    calls.emulator.script(on="poll", fault="slow", seconds=0.05)
    assert calls.dev_poll(name)["done"] is True


def test_a_download_is_cut_redirected_or_expired(calls) -> None:
    [uri] = calls.dev_uris()
    whole = calls.http.get(uri, headers=calls.key).content
    calls.emulator.script(on="download", fault="cut")
    with calls.http.stream("GET", uri, headers=calls.key) as answer:
        assert answer.headers["content-length"] == str(len(whole))
        got: list[bytes] = []
        with pytest.raises(httpx.RemoteProtocolError):
            got.extend(answer.iter_bytes())
    assert b"".join(got) == whole[: len(whole) // 2]
    calls.emulator.script(on="download", fault="redirect")
    moved = calls.http.get(uri, headers=calls.key)
    assert moved.status_code == 302
    assert moved.headers["location"].startswith("http://localhost:")
    assert calls.http.get(moved.headers["location"]).content == whole
    assert calls.http.get(f"{uri}&redirect=1", headers=calls.key).status_code == 302
    calls.emulator.script(on="download", fault="expired", status=404)
    assert calls.http.get(uri, headers=calls.key).status_code == 404
    calls.emulator.script(on="file", fault="status-503")
    assert calls.http.get(uri.partition(":download")[0], headers=calls.key).status_code == 503


def test_a_body_is_of_another_length_than_it_says(calls) -> None:
    [uri] = calls.dev_uris()
    whole = calls.http.get(uri, headers=calls.key).content
    fifth = len(whole) // 5
    calls.emulator.script(on="download", fault="cut", share=0.2)
    with pytest.raises(httpx.RemoteProtocolError, match=f"received {fifth} bytes, expected {len(whole)}"):
        calls.http.get(uri, headers=calls.key)
    calls.emulator.script(on="download", fault="cut-silently", share=0.2)
    answer = calls.http.get(uri, headers=calls.key)
    assert "content-length" not in answer.headers
    assert answer.content == whole[:fifth]
    for fault in ("truncated", "wrong-length"):
        calls.emulator.script(on="download", fault=fault, share=0.2)
        answer = calls.http.get(uri, headers=calls.key)
        assert (int(answer.headers["content-length"]), answer.content) == (fifth, whole[:fifth])


def test_an_answer_dribbles_is_packed_or_is_another(calls) -> None:
    name = calls.dev_create().json()["name"]
    calls.emulator.script(on="poll", fault="dribble", seconds=0.1)
    with calls.http.stream("GET", f"/v1beta/{name}", headers=calls.key) as answer:
        pieces = list(answer.iter_raw())
    assert len(pieces) > 1
    assert json.loads(b"".join(pieces))["name"] == name
    calls.emulator.script(on="poll", fault="gzip")
    answer = calls.http.get(f"/v1beta/{name}", headers=calls.key)
    assert (answer.headers["content-encoding"], answer.json()["name"]) == ("gzip", name)
    calls.emulator.script(on="poll", fault="answer", body="[1", status=203)
    answer = calls.http.get(f"/v1beta/{name}", headers=calls.key)
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (203, "[1", "application/json")


def test_a_prompt_brings_its_own_fault(calls) -> None:
    text = "---\nfault: status-503\ntimes: 2\n---\nA cat"
    assert [calls.dev_create(text).status_code for _ in range(3)] == [503, 503, 200]
    [uri] = calls.dev_uris("---\nfault: expired\n---\nA cat")
    assert [calls.http.get(uri, headers=calls.key).status_code for _ in range(2)] == [403, 200]
    name = calls.dev_create("---\nfault: status-500\non: poll\n---\nA cat").json()["name"]
    assert calls.http.get(f"/v1beta/{name}", headers=calls.key).status_code == 500
    assert calls.dev_poll(name)["done"] is True


def test_an_outcome_is_scripted(calls) -> None:
    calls.http.post("/_admin/script", json={"on": "create", "outcome": "filtered"}).raise_for_status()
    assert "videos" not in calls.ap_done()["response"]
    assert calls.ap_done()["response"]["videos"]


@pytest.mark.parametrize(
    "rule",
    [{"on": "create", "fault": "flood"}, {"on": "lunch", "fault": "reset"}, {"on": "poll"}, {"onn": "poll"},
     {"on": "poll", "outcome": "empty"}, {"on": "create", "outcome": "lost"},
     {"on": "create", "fault": "reset-early"}, {"on": "arrival", "fault": "html"},
     {"on": "download", "fault": "cut", "share": 1.5}],
)  # fmt: skip
def test_a_rule_that_cannot_come_true_is_refused(calls, rule) -> None:
    assert calls.http.post("/_admin/script", json=rule).status_code == 400


def test_pace_health_and_reset_by_http(calls) -> None:
    assert calls.http.post("/_admin/pace", json={"pace": "polls:1"}).json() == {"pace": "polls:1"}
    assert calls.http.post("/_admin/pace", json={"pace": "soon"}).status_code == 400
    name = calls.dev_create().json()["name"]
    assert ["done" in calls.dev_poll(name) for _ in range(2)] == [False, True]
    assert calls.http.get("/_admin/health").json()["ok"] is True
    calls.http.post("/_admin/reset")
    assert calls.emulator.journal() == []
    assert calls.http.get(f"/v1beta/{name}", headers=calls.key).status_code == 404


@pytest.mark.parametrize("text", ["polls:-1", "polls", "seconds:0", "seconds:fast", "later", "at-once:1"])
def test_a_pace_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="at-once, polls:N or seconds:SPEED"):
        Pace.parse(text)


def test_state_outlives_the_emulator(tmp_path, make_calls, make_picture) -> None:
    image = make_picture((10, 90, 200), (64, 36))
    with Emulator(pace=Pace.at_once(), clips="small", state_dir=tmp_path) as emulator:
        calls = make_calls(emulator)
        name = calls.dev_create("A cat", instance={"image": image}).json()["name"]
        stored = calls.ap_done("A cat", storageUri="gs://films/out")["response"]["videos"][0]["gcsUri"]
        [uri] = calls.dev_uris("A dog")
        clip = calls.http.get(uri, headers=calls.key).content
    for rendered in (tmp_path / "clips").glob("*.mp4"):
        rendered.unlink()
    with Emulator(pace=Pace.at_once(), clips="small", state_dir=tmp_path) as emulator:
        calls = make_calls(emulator)
        assert calls.dev_poll(name)["done"] is True
        path = uri.removeprefix(uri[: uri.index("/v1beta")])
        assert calls.http.get(path, headers=calls.key).content == clip
        folder, _, sample = stored.removeprefix("gs://films/").rpartition("/")
        object_path = f"/storage/v1/b/films/o/{folder.replace('/', '%2F')}%2F{sample}?alt=media"
        assert calls.http.get(object_path, headers=calls.bearer).status_code == 200


def test_hundreds_of_connections_at_once(calls) -> None:
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    http = httpx.Client(base_url=calls.emulator.base_url, headers=calls.key, timeout=None, limits=limits)

    def one(number: int) -> bytes:
        body = {"instances": [{"prompt": f"Cat {number}"}]}
        name = http.post("/v1beta/models/veo-3.1-generate-preview:predictLongRunning", json=body).json()["name"]
        reply = http.get(f"/v1beta/{name}").json()["response"]["generateVideoResponse"]
        return http.get(reply["generatedSamples"][0]["video"]["uri"]).content

    with http, ThreadPoolExecutor(200) as pool:
        clips = list(pool.map(one, range(200)))
    assert len(set(clips)) == 200


def test_starting_and_stopping_is_quick_and_may_be_repeated() -> None:
    emulator = Emulator(clips="small")
    assert repr(emulator) == "<Emulator, not running>"
    emulator.start()
    assert emulator.start().base_url in repr(emulator)
    assert httpx.get(f"{emulator.base_url}/_admin/health", timeout=None).status_code == 200
    emulator.stop()
    emulator.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{emulator.base_url}/_admin/health", timeout=None)


def test_stopping_does_not_wait_for_a_clip_and_leaves_no_piece_of_one(make_calls, tmp_path) -> None:
    before = set(threading.enumerate())
    emulator = Emulator(pace=Pace.seconds(), state_dir=tmp_path).start()
    make_calls(emulator).dev_create("A cat", resolution="4k", durationSeconds=8).raise_for_status()
    emulator.stop()
    assert [thread.name for thread in set(threading.enumerate()) - before] == []
    assert list((tmp_path / "clips").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_its_address_and_ends_well(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "veo_widgets.emulator", "--pace", "at-once", "--clips", "small"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        address = process.stdout.readline().strip()
        assert httpx.get(f"{address}/_admin/health", timeout=None).json() == {
            "ok": True,
            "emulator": True,
            "pace": "at-once",
        }
        process.send_signal(number)
        rest = process.communicate()
    assert (process.returncode, rest) == (0, ("", ""))


def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "veo_widgets.emulator", "--port", str(port)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        with pytest.raises(OSError, match="in use"):
            Emulator(port).start()
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.count("\n") == 1
    assert str(port) in ended.stderr
