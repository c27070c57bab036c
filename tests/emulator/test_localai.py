"""LocalAI's ``/video``: the answer to a create is the clip's address."""

from __future__ import annotations


def made(calls, prompt: str = "A cat", **more: object):
    return calls.http.post("/video", json={"model": "wan", "prompt": prompt, **more}, headers=calls.bearer)


def test_the_answer_has_the_clip_s_address_which_wants_the_key(calls) -> None:
    answer = made(calls, num_frames=64, fps=16, width=1280, height=720).raise_for_status().json()
    assert answer.keys() == {"created", "id", "data"}
    (item,) = answer["data"]
    assert item["url"].startswith(f"{calls.emulator.base_url}/generated-videos/")
    assert calls.http.get(item["url"]).status_code == 401
    assert calls.http.get(item["url"], headers=calls.bearer).content[4:8] == b"ftyp"
    kinds = [(entry.kind, bool(entry.operation)) for entry in calls.emulator.journal()]
    assert kinds == [("create", True), ("download", False), ("download", True)]


def test_what_is_refused_is_refused_in_its_words(calls) -> None:
    form = calls.http.post("/video", files={"prompt": (None, "A cat")}, headers=calls.bearer)
    failed = made(calls, "---\noutcome: failed\n---\nA cat")
    nobodys = calls.http.get("/generated-videos/nothing.mp4", headers=calls.bearer)
    told = [(one.status_code, one.json()["error"].keys()) for one in (form, failed, nobodys)]
    assert told == [(status, {"code", "message", "type"}) for status in (415, 500, 404)]


def test_it_says_who_it_is(calls) -> None:
    assert calls.http.get("/version").json()["version"].startswith("v4.9.0")
    assert calls.http.get("/readyz").status_code == 200
