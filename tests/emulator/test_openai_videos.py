"""Videos the way OpenAI, Azure and LiteLLM's proxy serve them."""

from __future__ import annotations

import base64
import io

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from veo_widgets.emulator import Emulator, Pace

FIELDS = {
    "id", "object", "status", "progress", "created_at", "completed_at", "expires_at", "model", "prompt", "seconds",
    "size", "remixed_from_video_id", "error",
}  # fmt: skip
BLUE = (30, 80, 200)


def shape_of(clip: bytes) -> tuple[int, int, float]:
    with av.open(io.BytesIO(clip)) as container:
        video = container.streams.video[0]
        return video.width, video.height, video.frames / 24


def first_frame(clip: bytes) -> Image.Image:
    with av.open(io.BytesIO(clip)) as container:
        return next(container.decode(video=0)).to_image()


def difference(one: Image.Image, other: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def test_a_video_from_create_to_clip(calls) -> None:
    calls.emulator.set_pace(Pace.polls(3))
    answer = calls.video_create("A cat", seconds="8", size="1280x720")
    created = answer.json()
    assert created.keys() == FIELDS
    assert created["id"].startswith("video_")
    assert (created["object"], created["status"], created["progress"]) == ("video", "queued", 0)
    assert (created["model"], created["prompt"]) == ("sora-2", "A cat")
    assert (created["seconds"], created["size"]) == ("8", "1280x720")
    assert int(answer.headers["openai-poll-after-ms"]) > 0
    early = calls.video_content(created["id"])
    assert (early.status_code, early.json()["error"]["code"]) == (404, "not_found")
    seen = [calls.video_get(created["id"]) for _ in range(4)]
    assert [one["status"] for one in seen] == ["in_progress"] * 3 + ["completed"]
    steps = [one["progress"] for one in seen]
    assert steps == sorted(set(steps))
    assert steps[-1] == 100
    assert seen[-1]["completed_at"] >= created["created_at"]
    assert seen[-1]["expires_at"] == seen[-1]["completed_at"] + 24 * 3600
    content = calls.video_content(created["id"])
    assert content.headers["content-type"] == "video/mp4"
    assert shape_of(content.content)[2] == 8
    part = calls.http.get(f"/v1/videos/{created['id']}/content", headers=calls.bearer | {"range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert [entry.kind for entry in calls.emulator.journal()] == [
        "create", "download", "poll", "poll", "poll", "poll", "download", "download",
    ]  # fmt: skip


def test_progress_goes_with_time(make_calls) -> None:
    now = [1_800_000_000.0]
    with Emulator(pace=Pace.seconds(), clips="small", clock=lambda: now[0]) as emulator:
        calls = make_calls(emulator)
        id_ = calls.video_create("---\nseconds: 100\n---\nA cat").json()["id"]
        told = []
        for _ in range(4):
            one = calls.video_get(id_)
            told.append((one["status"], one["progress"]))
            now[0] += 30
        assert told == [("queued", 0), ("in_progress", 30), ("in_progress", 60), ("in_progress", 90)]


MODELS = {
    "sora by default": ({"model": "sora-2"}, (720, 1280, 4)),
    "a large sora": ({"model": "sora-2-pro", "size": "1792x1024"}, (1792, 1024, 4)),
    "an alias": ({"model": "veo-3"}, (1280, 720, 8)),
    "a model of the catalog": ({"model": "gemini/veo-3.1-lite-generate-001", "seconds": "4"}, (1280, 720, 4)),
    "an omni": ({"model": "gemini-omni-1.2-flash", "seconds": "3.5", "size": "720x1280"}, (720, 1280, 3.5)),
}


@pytest.mark.parametrize(("asked", "shape"), MODELS.values(), ids=MODELS)
def test_each_model_has_its_sizes_and_defaults(calls, asked: dict, shape) -> None:
    done = calls.video_done(**asked)
    assert (done["status"], done["model"]) == ("completed", asked["model"])
    assert done["size"] == f"{shape[0]}x{shape[1]}"
    assert float(done["seconds"]) == shape[2]
    width, height, seconds = shape_of(calls.video_content(done["id"]).content)
    assert ((width > height), seconds) == ((shape[0] > shape[1]), shape[2])


def test_the_pixels_are_those_of_the_size(full) -> None:
    done = full.video_done(model="sora-2-pro", size="1024x1792")
    assert shape_of(full.video_content(done["id"]).content) == (1024, 1792, 4)


@pytest.mark.parametrize("root", ["/v1", "/openai/v1", ""])
def test_each_root_and_each_key_header_is_served(calls, root: str) -> None:
    body = {"prompt": "A cat", "model": "my-deployment"}
    for headers in (calls.bearer, {"api-key": "a-key"}):
        created = calls.http.post(f"{root}/videos?api-version=preview", json=body, headers=headers).json()
        assert created["model"] == "my-deployment"
        assert created["seconds"] == ("4" if root == "/openai/v1" else "8")
        assert calls.http.get(f"{root}/videos/{created['id']}", headers=headers).json()["status"] == "completed"


def test_a_form_with_a_picture_begins_with_it(full, make_image) -> None:
    data = make_image(BLUE, (720, 1280), "JPEG")
    fields = {"prompt": "It moves", "model": "sora-2", "seconds": "4", "size": "720x1280"}
    file = {"input_reference": ("start.jpg", data, "image/jpeg")}
    created = full.http.post("/v1/videos", data=fields, files=file, headers=full.bearer).json()
    full.video_get(created["id"])
    shown = first_frame(full.video_content(created["id"]).content)
    assert difference(shown, Image.open(io.BytesIO(data)).convert("RGB")) < 6
    noted = full.emulator.journal()[-3].body
    assert noted == fields | {"input_reference": f"start.jpg image/jpeg ({len(data)} bytes)"}


def test_json_names_a_picture_by_url(calls, make_image) -> None:
    data = base64.b64encode(make_image(BLUE, (720, 1280))).decode()
    inline = {"image_url": f"data:image/png;base64,{data}"}
    assert calls.video_create(input_reference=inline).status_code == 200
    assert calls.video_create(input_reference={"image_url": "https://example.org/a.png"}).status_code == 200
    small = base64.b64encode(make_image(BLUE, (64, 64))).decode()
    other = {"image_url": f"data:image/png;base64,{small}"}
    assert calls.video_create(input_reference=other).status_code == 400
    assert calls.video_create(model="veo-3", input_reference=other).status_code == 200


def test_a_form_of_several_lines_keeps_its_bytes(calls) -> None:
    prompt = "---\noutcome: filtered\n---\nA cat\r\n--not-a-boundary\r\n"
    fields = {"prompt": (None, prompt), "model": (None, "sora-2")}
    created = calls.http.post("/v1/videos", files=fields, headers=calls.bearer).json()
    assert calls.video_get(created["id"])["error"]["code"] == "moderation_blocked"


def test_of_a_field_given_twice_the_last_holds(calls) -> None:
    fields = [("prompt", (None, "A cat")), ("model", (None, "veo-3")), ("prompt", (None, "A dog"))]
    assert calls.http.post("/v1/videos", files=fields, headers=calls.bearer).json()["prompt"] == "A dog"
    plain = calls.http.post("/v1/videos", data={"prompt": ["A cat", "A dog"], "model": "veo-3"}, headers=calls.bearer)
    assert plain.json()["prompt"] == "A dog"


def test_a_form_may_be_large(calls) -> None:
    """A data URL in a field, and a file that does not fit into memory kept for one."""
    data = io.BytesIO()
    Image.effect_noise((1280, 720), 90).convert("RGB").save(data, "PNG", compress_level=0)
    picture = data.getvalue()
    assert len(picture) > 2_000_000
    fields = {"prompt": "It moves", "model": "veo-3"}
    url = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    for sent in (
        {"data": fields, "files": {"input_reference": ("start.png", picture, "image/png")}},
        {"data": fields, "files": {"input_reference[image_url]": (None, url)}},
        {"data": fields | {"input_reference[image_url]": url}},
    ):
        answer = calls.http.post("/v1/videos", headers=calls.bearer, **sent)
        assert (answer.status_code, answer.json().get("prompt")) == (200, "It moves"), answer.text


def test_litellm_says_processing_and_packs_its_ids(calls) -> None:
    created = calls.video_create("---\nstatus: processing\nids: litellm\npolls: 1\n---\nA cat", model="veo-3").json()
    assert (created["status"], created["progress"]) == ("processing", 0)
    packed = base64.b64decode(created["id"].removeprefix("video_")).decode()
    assert packed.startswith("litellm:custom_llm_provider:gemini;model_id:veo-3;video_id:models/veo-3.1-fast")
    assert calls.video_get(created["id"])["status"] == "processing"
    assert calls.video_get(created["id"].rstrip("="))["status"] == "completed"
    assert calls.video_content(created["id"]).content[4:8] == b"ftyp"


def test_videos_are_listed_in_pages(calls) -> None:
    ids = [calls.video_create(f"Cat {number}").json()["id"] for number in range(5)]
    calls.omni_create("Not a video of this wire")
    seen, after = [], {}
    while True:
        page = calls.http.get("/v1/videos", params={"limit": 2, "order": "asc", **after}, headers=calls.bearer).json()
        assert page["object"] == "list"
        assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], page["data"][-1]["id"])
        seen += [one["id"] for one in page["data"]]
        if not page["has_more"]:
            break
        after = {"after": page["last_id"]}
    assert seen == ids
    newest = calls.http.get("/v1/videos", headers=calls.bearer).json()
    assert [one["id"] for one in newest["data"]] == ids[::-1]
    assert {one["status"] for one in newest["data"]} == {"completed"}
    assert calls.emulator.journal()[-1].kind == "list"
    for query in ({"limit": 0}, {"limit": "all"}, {"order": "up"}):
        assert calls.http.get("/v1/videos", params=query, headers=calls.bearer).status_code == 400
    assert calls.http.get("/v1/videos", params={"after": "video_1"}, headers=calls.bearer).status_code == 404


def test_a_deleted_video_is_gone(calls) -> None:
    id_ = calls.video_done()["id"]
    gone = calls.http.delete(f"/v1/videos/{id_}", headers=calls.bearer).json()
    assert gone == {"id": id_, "deleted": True, "object": "video.deleted"}
    for answer in (calls.http.delete(f"/v1/videos/{id_}", headers=calls.bearer), calls.video_content(id_)):
        assert answer.status_code == 404


def test_an_old_video_has_expired(make_calls) -> None:
    now = [1_800_000_000.0]
    with Emulator(pace=Pace.at_once(), clips="small", clock=lambda: now[0]) as emulator:
        calls = make_calls(emulator)
        id_ = calls.video_done()["id"]
        now[0] += 24 * 3600
        assert calls.video_content(id_).status_code == 200
        now[0] += 1
        assert calls.video_content(id_).status_code == 404
        assert calls.video_get(id_)["status"] == "completed"


@pytest.mark.parametrize(("variant", "kind"), [("thumbnail", "webp"), ("spritesheet", "jpeg")])
def test_a_video_has_pictures(calls, variant: str, kind: str) -> None:
    id_ = calls.video_done("A cat", size="1280x720")["id"]
    answer = calls.video_content(id_, variant=variant)
    assert answer.headers["content-type"] == f"image/{kind}"
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.format == kind.upper()
        assert picture.size == ((160, 90) if variant == "thumbnail" else (800, 180))
    assert calls.video_content(id_, variant="poster").status_code == 400


def test_a_remix_shows_the_same_scene_in_other_words(calls) -> None:
    first = calls.video_done("A lighthouse", seconds="8", size="1280x720")
    path = f"/v1/videos/{first['id']}/remix"
    remix = calls.http.post(path, json={"prompt": "Make it night"}, headers=calls.bearer).json()
    assert remix["remixed_from_video_id"] == first["id"]
    assert (remix["seconds"], remix["size"], remix["prompt"]) == ("8", "1280x720", "Make it night")
    assert calls.video_get(remix["id"])["status"] == "completed"
    assert calls.http.post(path, json={}, headers=calls.bearer).json()["error"]["param"] == "prompt"
    missing = calls.http.post("/v1/videos/video_1/remix", json={"prompt": "On"}, headers=calls.bearer)
    assert missing.status_code == 404


def test_videos_are_edited_and_extended_by_id_and_as_files(calls) -> None:
    first = calls.video_done("A lighthouse", size="1280x720")
    clip = calls.video_content(first["id"]).content
    by_id = {"prompt": "Make it night", "video": {"id": first["id"]}}
    in_form = {"prompt": (None, "Make it night"), "video[id]": (None, first["id"])}
    as_file = {"prompt": (None, "Make it night"), "video": ("a.mp4", clip, "video/mp4")}
    seconds = {"json": by_id | {"seconds": "8"}}, {"files": in_form | {"seconds": (None, "8")}}
    for path, sent, length in (
        ("edits", {"json": by_id}, "4"),
        ("edits", {"files": in_form}, "4"),
        ("edits", {"files": as_file}, "4"),
        *(("extensions", one, "12") for one in seconds),
        ("extensions", {"files": as_file | {"seconds": (None, "20")}}, "24"),
    ):
        created = calls.http.post(f"/v1/videos/{path}", headers=calls.bearer, **sent).raise_for_status().json()
        assert created["seconds"] == length
        calls.video_get(created["id"])
        assert shape_of(calls.video_content(created["id"]).content) == (160, 90, float(length))
    for body in ({"prompt": "On"}, {"prompt": "On", "video": "a.mp4"}):
        assert calls.http.post("/v1/videos/edits", json=body, headers=calls.bearer).status_code == 400
    wrong = calls.http.post("/v1/videos/extensions", json=by_id | {"seconds": "5"}, headers=calls.bearer)
    assert wrong.json()["error"]["param"] == "seconds"
    running = calls.video_create("---\npolls: 9\n---\nA cat").json()["id"]
    early = {"prompt": "On", "video": {"id": running}}
    assert calls.http.post("/v1/videos/edits", json=early, headers=calls.bearer).status_code == 400


def test_an_extension_begins_with_its_source(full) -> None:
    first = full.video_done("A lighthouse over the sea", size="1280x720")
    body = {"prompt": "Then night falls", "seconds": "4", "video": {"id": first["id"]}}
    longer = full.http.post("/v1/videos/extensions", json=body, headers=full.bearer).json()
    full.video_get(longer["id"])
    clips = [full.video_content(one["id"]).content for one in (first, longer)]
    assert [shape_of(clip) for clip in clips] == [(1280, 720, 4), (1280, 720, 8)]
    assert difference(*(first_frame(clip) for clip in clips)) < 3


def test_videos_outlive_the_emulator(tmp_path, make_calls) -> None:
    with Emulator(pace=Pace.polls(1), clips="small", state_dir=tmp_path) as emulator:
        calls = make_calls(emulator)
        ids = [calls.video_create(f"Cat {number}").json()["id"] for number in range(3)]
        assert [calls.video_get(ids[0])["status"] for _ in range(2)] == ["in_progress", "completed"]
        clip = calls.video_content(ids[0]).content
        calls.http.delete(f"/v1/videos/{ids[2]}", headers=calls.bearer).raise_for_status()
    with Emulator(pace=Pace.polls(1), clips="small", state_dir=tmp_path) as emulator:
        calls = make_calls(emulator)
        listed = calls.http.get("/v1/videos?order=asc", headers=calls.bearer).json()["data"]
        assert [(one["id"], one["status"]) for one in listed] == [(ids[0], "completed"), (ids[1], "queued")]
        assert calls.video_content(ids[0]).content == clip
        assert calls.video_get(ids[1])["status"] == "in_progress"
