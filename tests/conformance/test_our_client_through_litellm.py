"""Our client through a real LiteLLM proxy: which of its two ways a request takes, and how its answers are read."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from PIL import Image

from veo_widgets.api.doctor import Report, diagnose
from veo_widgets.client.clock import Clock
from veo_widgets.client.transport.transport import Transport
from veo_widgets.config.accounts import Settings
from veo_widgets.config.credentials import Secret
from veo_widgets.domain import errors
from veo_widgets.domain.job_record import JobState
from veo_widgets.emulator import Emulator, Entry
from veo_widgets.session.client import Client, Job

from .clips import seconds_of
from .litellm_proxy import LiteLLMProxy, asked

Json = dict[str, Any]
PATIENCE = 600
WRONG_KEY = "sk-wrong"
# What the proxy's environment in conftest.py names.
OPERATORS_KEY = "the-operators-key"
VEO, VEO_2 = "veo-3.1-generate-preview", "veo-2.0-generate-001"
OMNI, LATER_OMNI = "gemini-omni-1.1-flash", "gemini-omni-1.2-flash"


def _picture(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 36), colour).save(buffer, "PNG")
    return buffer.getvalue()


RED, BLUE = _picture("red"), _picture("blue")


async def _hasty_sleep(seconds: float) -> None:
    await anyio.sleep(min(seconds, 0.05))


class Tap(httpx.AsyncHTTPTransport):
    """The network, with a list of what went into it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._desk.before_sending(request)
        self._desk.sent.append(request)
        return await super().handle_async_request(request)


@dataclass
class Desk:
    """Where requests to the proxy are made, and what left this process meanwhile."""

    proxy: LiteLLMProxy
    folder: Path
    sent: list[httpx.Request] = field(default_factory=list)
    before_sending: Callable[[httpx.Request], None] = lambda _request: None
    clients: list[Client] = field(default_factory=list)

    def client(self, key: str = "", **more: Any) -> Client:
        """A client on the desk's one ledger."""
        account = {"provider": "litellm", "base_url": self.proxy.base_url, "api_key": Secret(key or self.proxy.key)}
        settings = Settings(**{**account, **more}, folder=self.folder / "veo_clips")
        home, clock = self.folder / "home", Clock(sleep=_hasty_sleep)
        self.clients.append(Client(settings, home=home, transport=lambda: Transport(Tap(self)), clock=clock))
        return self.clients[-1]

    def submit(self, prompt: str = "A cat", *, key: str = "", **values: Any) -> Job:
        """Submit with a client of its own; retired models are allowed, and an operator's names have no known price."""
        return self.client(key).submit(prompt, **{"allow_retired": True, "max_cost": 5, **values})

    def close(self) -> None:
        for client in self.clients:
            client.close()

    @property
    def paths(self) -> set[str]:
        """The beginnings of the paths that were asked for at the proxy; nobody else may have been asked at all."""
        assert {str(request.url.copy_with(raw_path=b"/")).rstrip("/") for request in self.sent} == {self.proxy.base_url}
        return {"/".join(request.url.path.split("/")[:3]) for request in self.sent}


@pytest.fixture
def emulator(emulator_behind_proxy: Emulator) -> Emulator:
    return emulator_behind_proxy


@pytest.fixture
def desk(litellm_proxy: LiteLLMProxy, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(litellm_proxy, tmp_path)
    yield made
    made.close()


def only_create(emulator: Emulator) -> Entry:
    """The one create that the emulator has seen, after a look at who sent it and everything else."""
    entries = emulator.journal()
    # The second fetches the proxy's token for the Agent Platform.
    assert {entry.headers["user-agent"].partition("/")[0] for entry in entries} <= {"litellm", "python-requests"}
    (create,) = [entry for entry in entries if entry.kind == "create"]
    assert create.status == 200
    return create


def operations(emulator: Emulator) -> int:
    """How many the emulator has made."""
    return sum(bool(entry.operation) for entry in emulator.journal() if entry.kind == "create")


def reached(body: Any, path: str) -> Any:
    """What is at a place in JSON, such as ``instances.0.prompt``."""
    for name in path.split("."):
        body = body[int(name) if name.isdigit() else name]
    return body


UNIFIED = {
    "text": ({"model": "veo"}, {}),
    "agent-platform": ({"model": "veo-vertex", "seconds": 4}, {"durationSeconds": 4}),
    "prefix": ({"model": "litellm_proxy/veo", "seconds": 4}, {"durationSeconds": 4}),
    "openai-names": (
        {"model": "veo", "size": "720x1280", "seconds": "4"},
        {"aspectRatio": "9:16", "resolution": "720p", "durationSeconds": 4},
    ),
    "our-names": (
        {"model": "veo-once", "aspect_ratio": "16:9", "resolution": "1080p", "duration_seconds": 8},
        {"aspectRatio": "16:9", "resolution": "1080p", "durationSeconds": 8},
    ),
    "first-frame": (
        {"model": "veo", "first_frame": RED, "size": "1280x720", "seconds": 4},
        {"aspectRatio": "16:9", "resolution": "720p", "durationSeconds": 4},
    ),
}


@pytest.mark.parametrize(("values", "parameters"), UNIFIED.values(), ids=UNIFIED)
def test_the_unified_route_carries_it(desk: Desk, emulator: Emulator, values: Json, parameters: Json) -> None:
    job = desk.submit(**values)
    assert job.state is JobState.QUEUED
    (video,) = job.wait(PATIENCE).videos
    assert (job.state, job.record.wire, job.record.surface) == (JobState.SUCCEEDED, "openai_videos", "litellm")
    assert desk.paths == {"/v1/videos"}
    # Eight seconds are the service's own choice.
    assert seconds_of(str(video.path)) == pytest.approx(parameters.get("durationSeconds", 8), abs=0.1)
    create = only_create(emulator)
    assert create.body["parameters"] == parameters
    image = create.body["instances"][0].get("image", {})
    assert image.get("mimeType") == ("image/png" if "first_frame" in values else None)


def test_a_videos_server_behind_the_proxy_gets_what_no_catalog_knows(desk: Desk, emulator: Emulator) -> None:
    said = {"size": "832x480", "seconds": 5, "seed": 7, "extra": {"cfg": 5.5, "lora": {"a": [1]}, "metadata.a": 1}}
    (video,) = desk.submit(model="litellm_proxy/openai/wan", **said).wait(PATIENCE).videos
    sent = {"seconds": "5", "size": "832x480", "seed": "7", "cfg": "5.5", "lora": '{"a": [1]}', "metadata": {"a": "1"}}
    assert only_create(emulator).body == {"model": "wan", "prompt": "A cat", **sent}
    assert (video.width, video.height) == (832, 480)


# What the refusals of `ProxiedVideos` rest on.
def test_the_proxy_loses_fields_on_the_way_to_google_and_keeps_its_own(desk: Desk, emulator: Emulator) -> None:
    def sent(model: str, **fields: Any) -> dict[str, Any]:
        emulator.reset()
        body = {"model": model, "prompt": "A cat", "seconds": "4", **fields}
        address, key = f"{desk.proxy.base_url}/v1/videos", {"authorization": f"Bearer {desk.proxy.key}"}
        httpx.post(address, json=body, headers=key, timeout=600).raise_for_status()
        return only_create(emulator).body

    fields = {"cfg": 5, "gone": None, "metadata": {"a": 1}, "seed": 7}
    assert sent("veo", **fields)["parameters"] == {"durationSeconds": 4}
    assert sent("veo-vertex", **fields)["parameters"] == {"durationSeconds": 4}
    expected = {"model": "wan", "prompt": "A cat", "seconds": "4", "cfg": "5", "seed": "7"}
    assert sent("openai/wan", **fields) == expected


# LiteLLM up to 1.106.2 left the deployment out of the id in a status, and with it the deployment's address and key.
def test_a_clip_of_a_gateway_behind_the_proxy_is_fetched(desk: Desk, emulator: Emulator) -> None:
    (video,) = desk.submit(model="gateway", seconds=4).wait(600).videos
    assert video.seconds == pytest.approx(4, abs=0.1)
    assert only_create(emulator)


THROUGH = {
    "negative-prompt": ({"model": VEO, "negative_prompt": "rain"}, "parameters.negativePrompt", "rain"),
    "last-frame": (
        {"model": VEO, "first_frame": RED, "last_frame": BLUE},
        "instances.0.lastFrame.mimeType",
        "image/png",
    ),
    "references": (
        {"model": VEO, "reference_images": [RED, BLUE]},
        "instances.0.referenceImages.1.referenceType",
        "ASSET",
    ),
    "samples": ({"model": VEO_2, "samples": 2, "seconds": 5}, "parameters.sampleCount", 2),
    "people": ({"model": VEO, "person_generation": "allow_all"}, "parameters.personGeneration", "allow_all"),
    "4k": ({"model": VEO, "resolution": "4k"}, "parameters.resolution", "4k"),
    "seed": ({"model": LATER_OMNI, "seed": 3, "seconds": 3}, "generation_config.seed", 3),
    "omni": ({"model": OMNI, "seconds": 3}, "response_format.duration", "3s"),
}


@pytest.mark.parametrize(("values", "place", "value"), THROUGH.values(), ids=THROUGH)
def test_what_the_unified_route_loses_goes_through_to_gemini(
    desk: Desk, emulator: Emulator, values: Json, place: str, value: object
) -> None:
    job = desk.submit(**values)
    videos = job.wait(PATIENCE).videos
    assert len(videos) == values.get("samples", 1)
    assert [seconds_of(str(video.path)) for video in videos] == [
        pytest.approx(values.get("seconds", 8), abs=0.1) for _ in videos
    ]
    assert job.record.surface == "litellm-gemini"
    # Google's addresses are the emulator's here, and still nobody but the proxy was asked.
    assert {sample.uri.partition("/v1beta/")[0] for sample in job.record.samples} == {emulator.base_url}
    assert desk.paths == {"/gemini/v1beta"}
    assert reached(only_create(emulator).body, place) == value


def test_the_tap_and_the_journal_would_see_a_bypass(desk: Desk, emulator: Emulator) -> None:
    """The two witnesses of the tests above, held against a client that does go past the proxy."""
    direct = desk.client("a-key", provider="gemini", base_url=emulator.base_url)
    direct.submit("A cat", model=OMNI, seconds=3).wait(PATIENCE)
    with pytest.raises(AssertionError):
        assert desk.paths
    with pytest.raises(AssertionError):
        only_create(emulator)


@pytest.mark.parametrize("values", [{"model": "veo"}, {"model": VEO, "negative_prompt": "rain"}, {"model": OMNI}])
def test_each_side_of_the_proxy_has_a_key_of_its_own(desk: Desk, emulator: Emulator, values: Json) -> None:
    desk.submit(seconds=4, **values).wait(PATIENCE)
    ours = {name: set() for name in ("authorization", "x-goog-api-key")}
    for request in desk.sent:
        for name, seen in ours.items():
            seen.update({request.headers[name]} if name in request.headers else ())
        assert "key=" not in str(request.url)
    assert set.union(*ours.values()) <= {desk.proxy.key, f"Bearer {desk.proxy.key}"}
    assert all({"authorization", "x-goog-api-key"} & set(request.headers) for request in desk.sent)
    # The emulator refuses whoever has no key; the operator's comes in a header, or out of sight in the query.
    entries = asked(emulator)
    assert {entry.status for entry in entries} == {200}
    unified = values["model"] == "veo"
    assert {"x-goog-api-key" in entry.headers for entry in entries} == {unified}
    assert not any("authorization" in entry.headers for entry in entries)


def test_an_operation_is_extended_and_edited_through_the_proxy(desk: Desk, emulator: Emulator) -> None:
    veo = desk.submit(model=VEO, negative_prompt="rain", resolution="720p").wait(PATIENCE)
    omni = desk.submit(model=OMNI, seconds=3).wait(PATIENCE)
    extended, edited = veo.extend("It goes on"), omni.edit("Make it night")
    assert extended.wait(PATIENCE).videos[0].seconds == pytest.approx(15, abs=0.1)
    assert edited.wait(PATIENCE).videos[0].seconds == pytest.approx(3, abs=0.1)
    assert edited.request.edit_from == omni.record.operation
    assert desk.paths == {"/gemini/v1beta"}
    assert [entry.kind for entry in emulator.journal()].count("create") == 4


def test_omni_is_cancelled_through_the_proxy(desk: Desk, emulator: Emulator) -> None:
    job = desk.submit("---\npolls: 10000\n---\nA cat", model=OMNI, seconds=3)
    job.cancel()
    with pytest.raises(errors.GenerationFailedError, match="Cancelled"):
        job.wait(PATIENCE)
    assert job.cost.usd == 0
    assert [entry.kind for entry in emulator.journal()].count("cancel") == 1


@pytest.mark.parametrize("values", [{"model": "veo"}, {"model": VEO, "negative_prompt": "rain"}])
def test_another_kernel_takes_the_job_up(desk: Desk, emulator: Emulator, values: Json) -> None:
    job = desk.submit("---\npolls: 20\n---\nA cat", seconds=4, **values)
    desk.close()
    assert "download" not in [entry.kind for entry in emulator.journal()]
    (resumed,) = desk.client().resume()
    assert resumed.id == job.id
    assert len(resumed.wait(PATIENCE).videos) == 1
    assert only_create(emulator)


# LiteLLM answers 500 for a filtered or an empty result of its unified route, and calls a failed one completed and loses
# its error, which the pass-through tells.
ENDS = {
    "filtered": (errors.GenerationFilteredError, JobState.FILTERED, "safety filter.*61493863.*violence"),
    "failed": (
        errors.GenerationFailedError,
        JobState.FAILED,
        "could not make.*internal server issue.*code 13",
    ),
    "empty": (errors.GenerationFailedError, JobState.FAILED, "No clip came back"),
}
# To the Agent Platform the proxy keeps the error of a failed one, and of the others only that there is no clip.
VERTEX_ENDS = {
    "filtered": "as for a clip that was filtered",
    "failed": "code 13 INTERNAL",
    "empty": "No clip came back",
}
WAYS = {
    "unified": {"model": "veo-once", "seconds": 4},
    "through": {"model": VEO, "seconds": 4, "negative_prompt": "rain"},
    "omni": {"model": OMNI, "seconds": 4},
}


@pytest.mark.parametrize("outcome", ENDS)
@pytest.mark.parametrize("way", ["unified", "through"])
def test_an_end_without_a_clip_is_called_by_its_name(desk: Desk, emulator: Emulator, way: str, outcome: str) -> None:
    kind, state, words = ENDS[outcome]
    job = desk.submit(f"---\noutcome: {outcome}\n---\nA cat", **WAYS[way])
    with pytest.raises(kind, match=words):
        job.wait(PATIENCE)
    assert (job.state, job.cost.usd, list(job.videos)) == (state, 0, [])
    assert only_create(emulator)


@pytest.mark.parametrize("outcome", VERTEX_ENDS)
def test_an_end_at_the_agent_platform_is_not_asked_for_again(desk: Desk, emulator: Emulator, outcome: str) -> None:
    job = desk.submit(f"---\noutcome: {outcome}\npolls: 0\n---\nA cat", model="veo-vertex", seconds=4)
    with pytest.raises(errors.GenerationFailedError, match=VERTEX_ENDS[outcome]):
        job.wait(PATIENCE)
    assert (job.state, job.cost.usd) == (JobState.FAILED, 0)


def test_a_verb_that_the_proxy_lacks_is_refused_and_not_called_lost(desk: Desk, emulator: Emulator) -> None:
    first = desk.submit(model="veo-once", seconds=4)
    first.wait(PATIENCE)
    with pytest.raises(errors.BadRequestError, match="not supported for Gemini") as caught:
        first.extend("It goes on", seconds=4, max_cost=5)
    assert caught.value.request_id
    assert only_create(emulator)


def _without_word_of_repeats(request: httpx.Request) -> None:
    request.headers.pop("x-litellm-num-retries", None)


# The operation is made, and then its answer is spoilt on the way to the proxy. (Where the connection breaks without a
# byte of an answer, it is LiteLLM's HTTP client that sends the POST again, once, whatever the header says.)
SPOILT: dict[str, Json] = {
    "cut": {"fault": "cut"},
    "500": {"fault": "answer", "status": 500, "body": '{"error": {"message": "An internal error has occurred."}}'},
}


@pytest.mark.parametrize("spoilt", SPOILT.values(), ids=SPOILT)
def test_the_proxys_router_repeats_no_create(desk: Desk, emulator: Emulator, spoilt: Json) -> None:
    emulator.script(on="create", times=9, **spoilt)
    with pytest.raises(errors.UnknownOutcomeError):
        desk.submit(model="veo", seconds=4)
    assert {request.headers["x-litellm-num-retries"] for request in desk.sent if request.method == "POST"} == {"0"}
    assert operations(emulator) == 1


@pytest.mark.parametrize("spoilt", SPOILT.values(), ids=SPOILT)
def test_without_that_word_it_would(desk: Desk, emulator: Emulator, spoilt: Json) -> None:
    emulator.script(on="create", times=9, **spoilt)
    desk.before_sending = _without_word_of_repeats
    with pytest.raises(errors.UnknownOutcomeError):
        desk.submit(model="veo", seconds=4)
    assert operations(emulator) > 1


@pytest.mark.parametrize("values", WAYS.values(), ids=WAYS)
def test_every_create_says_that_it_is_not_to_be_repeated(desk: Desk, emulator: Emulator, values: Json) -> None:
    desk.submit(**values)
    assert only_create(emulator)
    assert [request.headers.get("x-litellm-num-retries") for request in desk.sent if request.method == "POST"] == ["0"]


# An interaction that ends with nothing is a filter's work: wire reference of the interactions.
@pytest.mark.parametrize(
    ("outcome", "kind", "state"),
    [
        ("filtered", errors.GenerationFilteredError, JobState.FILTERED),
        ("failed", errors.GenerationFailedError, JobState.FAILED),
        ("empty", errors.GenerationFilteredError, JobState.FILTERED),
    ],
)
def test_omni_s_ends_come_through_the_proxy(
    desk: Desk, emulator: Emulator, outcome: str, kind: type[errors.JobError], state: JobState
) -> None:
    job = desk.submit(f"---\noutcome: {outcome}\n---\nA cat", **WAYS["omni"])
    with pytest.raises(kind):
        job.wait(PATIENCE)
    assert (job.state, job.cost.usd, list(job.videos)) == (state, 0, [])
    assert only_create(emulator)


@pytest.mark.parametrize("values", WAYS.values(), ids=WAYS)
def test_a_wrong_key_is_told_and_nothing_is_created(desk: Desk, emulator: Emulator, values: Json) -> None:
    with pytest.raises(errors.AuthenticationError, match=r"LiteLLM proxy refused: .*Check the key") as caught:
        desk.submit(key=WRONG_KEY, **values)
    assert WRONG_KEY not in str(caught.value)
    assert asked(emulator) == []
    assert [job.state for job in desk.clients[-1].jobs()] == [JobState.FAILED]
    assert len(desk.sent) == 1


UNKNOWN = {
    "operators": ({"model": "nope"}, errors.BadRequestError, "Invalid model name passed in model=nope"),
    "operators-with-more": ({"model": "veo", "negative_prompt": "rain"}, errors.InvalidRequestError, "operator knows"),
    "none": ({}, errors.ConfigError, "no model was named"),
}


@pytest.mark.parametrize(("values", "kind", "words"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_model_is_named(
    desk: Desk, emulator: Emulator, values: Json, kind: type[errors.VeoError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        desk.submit(**values)
    assert not [entry for entry in emulator.journal() if entry.status < 400]
    creates = [request for request in desk.sent if request.method == "POST"]
    assert len(creates) == (0 if issubclass(kind, errors.InvalidRequestError | errors.ConfigError) else 1)


@pytest.mark.parametrize("way", WAYS)
def test_an_overload_proves_nothing_so_the_create_is_sent_once(desk: Desk, emulator: Emulator, way: str) -> None:
    emulator.script("create", "status-503")
    with pytest.raises(errors.UnknownOutcomeError, match=r"may be (charged|running)"):
        desk.submit(**WAYS[way])
    assert [entry.status for entry in emulator.journal() if entry.kind == "create"] == [503]


def test_no_key_is_written_anywhere(desk: Desk, emulator: Emulator, tmp_path: Path) -> None:
    marked = "A cat with a conspicuous hat"
    jobs = [desk.submit(marked, **values).wait(PATIENCE) for values in WAYS.values()]
    with pytest.raises(errors.AuthenticationError):
        desk.submit(marked, key=WRONG_KEY, **WAYS["unified"])
    shown = "".join(repr(job.record) + repr(job.events) + repr(job.client.settings) for job in jobs)
    desk.close()
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    # The search does find what is there.
    assert marked.encode() in written
    for key in (desk.proxy.key, WRONG_KEY, OPERATORS_KEY):
        assert key.encode() not in written
        assert key not in shown + repr(emulator.journal())


def test_the_doctor_sees_a_proxy_a_wrong_key_and_none_at_all(desk: Desk) -> None:
    def examined(**settings: Any) -> Report:
        client = desk.client(**settings)
        return client.call(partial(diagnose, client.asynchronous, {}, patience=PATIENCE))

    assert examined(model="veo").problems == ()
    # Of several models one has to be named.
    (several,) = examined().problems
    assert "it lists several: veo, veo-once, veo-vertex, gateway" in several.message
    (refused,) = examined(key=WRONG_KEY, model="veo").problems
    assert (refused.topic, WRONG_KEY in repr(refused)) == ("key", False)
    (down,) = examined(base_url="http://127.0.0.1:9", model="veo").problems
    assert (down.topic, "nothing answers there" in down.message) == ("endpoint", True)


def test_what_the_proxy_does_not_hand_on_is_told(desk: Desk, emulator: Emulator) -> None:
    job = desk.submit(model="gateway", seconds=4).wait(PATIENCE)
    # Whichever picture is asked for, LiteLLM 1.106 answers with the clip.
    with pytest.raises(errors.DownloadError, match="something else than a picture as the thumbnail"):
        job.thumbnail()
    with pytest.raises(errors.InvalidRequestError, match="remix_from: cannot be sent"):
        job.remix("Make it night")
    with pytest.raises(errors.InvalidRequestError, match="deletes none"):
        job.delete_remote()
    # It lists its own account at OpenAI alone, which is out of reach here.
    with pytest.raises(errors.ServiceError, match="OpenAIException"):
        job.client.remote_videos("litellm")
    only_create(emulator)
