"""Extra parameters and sizes that no catalog has, over real sockets: what each way sends, keeps and restores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from veo_widgets.client.async_client import AsyncClient
from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain import catalog, errors, snippets
from veo_widgets.emulator import Emulator
from veo_widgets.session import recipes
from veo_widgets.session.client import Client
from veo_widgets.session.groups.batch import Batch
from veo_widgets.session.groups.film import Film
from veo_widgets.session.groups.shots import shot

EXTRA = {"num_inference_steps": 30, "guidance_scale": 5.0, "lora": {"a": [1, None]}, "style": "oil", "on": True}
FORM = {
    "num_inference_steps": "30",
    "guidance_scale": "5.0",
    "lora": '{"a": [1, null]}',
    "style": "oil",
    "on": "true",
}
WAN = "Wan-AI/Wan2.2-T2V-A14B"


@pytest.fixture
def server(emulator: Emulator, tmp_path: Path) -> Settings:
    """A server of one's own, whose model nobody has described."""
    key = Secret("sk-of-the-server-of-this-test")
    return Settings(provider="server", base_url=f"{emulator.base_url}/v1", api_key=key, folder=tmp_path / "veo_clips")


@pytest.fixture
def client(make_client: Callable[..., Client], server: Settings) -> Client:
    made = make_client(server, hasty=True)
    made.budget(unknown=1, day=100)
    return made


def sent(emulator: Emulator) -> list[dict[str, Any]]:
    return [entry.body for entry in emulator.journal() if entry.kind == "create"]


def test_a_clip_of_a_server_of_ones_own_from_request_to_recipe(
    client: Client, emulator: Emulator, make_client: Callable[..., Client], server: Settings
) -> None:
    values = {"size": "832x480", "seconds": 5, "seed": 7, "negative_prompt": "rain", "extra": EXTRA}
    plan = client.plan("A cat", model=WAN, **values)
    assert "guidance_scale 5.0" in repr(plan)
    job = client.submit("A cat", model=WAN, **values)
    clip = job.wait().videos[0]
    whole = {
        "model": WAN,
        "prompt": "A cat",
        "seconds": "5",
        "size": "832x480",
        "negative_prompt": "rain",
        "seed": "7",
        **FORM,
    }
    assert sent(emulator) == [whole]
    assert [*sent(emulator)[0]][-5:] == [*FORM]
    assert (clip.width, clip.height, clip.seconds) == (832, 480, 5.0)
    # What another program, the file beside the clip and code made from it say is the same request.
    again = make_client(server, hasty=True)
    kept = again.job(job.id).record.request
    assert kept == job.record.request
    assert [*kept.extra.items()] == [*EXTRA.items()]
    recipe = recipes.load(clip.path)
    assert recipe.request == kept
    assert type(recipe.request.extra["guidance_scale"]) is float
    code = snippets.python(clip.recipe["request"])
    assert eval(f"dict({code.removeprefix('veo.submit(').split(',', 1)[1]}")["extra"] == EXTRA
    cell = snippets.magic(clip.recipe["request"])
    assert "--size 832x480" in cell
    assert "--extra guidance_scale=5.0" in cell
    assert ["guidance_scale", "5.0"] in snippets.settings(clip.recipe["request"])


def test_a_new_job_of_an_old_request_says_the_same(client: Client, emulator: Emulator) -> None:
    job = client.submit("A cat", model=WAN, extra=EXTRA, size="832x480")
    job.wait()
    client.submit_plan(client.plan(job.record.request.prompt, **without_prompt(job))).wait()
    job.edit("Make it night", extra={"strength": 0.5}).wait()
    first, second, edit = sent(emulator)
    assert first == second
    assert (edit["strength"], edit["prompt"]) == ("0.5", "Make it night")


def without_prompt(job: Any) -> dict[str, Any]:
    return {name: value for name, value in job.record.request.said().items() if name != "prompt"}


def test_the_asynchronous_client_sends_them_too(server: Settings, emulator: Emulator, tmp_path: Path) -> None:
    async def main() -> None:
        async with AsyncClient(server, home=tmp_path / "home") as client:
            job = await client.submit("A cat", model=WAN, extra={"steps": 4}, max_cost=1)
            await client.wait(job.id)

    anyio.run(main)
    assert [body["steps"] for body in sent(emulator)] == ["4"]


def test_rows_say_them_in_columns(client: Client, emulator: Emulator, tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    lines = ["animal,extra.guidance_scale,EXTRA.lora,extra,size", 'cat,5.5,"{""a"": 1}",steps=3,832x480', "dog,,,,"]
    table.write_text("\n".join(lines))
    batch = Batch(client, table, "A {animal}", "", {"model": WAN, "extra": ["fps=16", "guidance_scale=1"]})
    assert "not used" not in str(batch.cost)
    batch.run().wait()
    cat, dog = sorted(sent(emulator), key=lambda body: body["prompt"])
    plain = {"model": WAN}
    assert cat == plain | {
        "prompt": "A cat",
        "size": "832x480",
        "fps": "16",
        "guidance_scale": "5.5",
        "steps": "3",
        "lora": '{"a": 1}',
    }
    assert dog == plain | {"prompt": "A dog", "fps": "16", "guidance_scale": "1"}
    # The same rows are the same requests, and are not paid for again.
    assert (
        Batch(client, table, "A {animal}", "", {"model": WAN, "extra": {"fps": 16, "guidance_scale": 1}}).run().wait()
    )
    assert len(sent(emulator)) == 2


def test_a_column_that_may_be_meant_for_the_server_is_told_how_to_be_sent(client: Client) -> None:
    batch = Batch(client, [{"animal": "cat", "guidance_scale": 5, "note": "x"}], "A {animal}", "", {"model": WAN})
    told = "not used: guidance_scale, note; to send one as a field of the service's own, name it extra.NAME"
    assert told in str(batch.cost)


@pytest.fixture
def wan() -> Iterator[None]:
    """A model of one's own, for as long as a test runs."""
    declared = [
        {"name": "guidance_scale", "kind": "number", "minimum": 1, "maximum": 20},
        {"name": "lines", "kind": "choice", "choices": ["480", "720"]},
        {"name": "steps", "kind": "integer"},
    ]
    catalog.describe("session", catalog.own_models_in([{"id": WAN, "price": 0, "extra": declared}], "this test"))
    yield
    catalog.describe("session", ())


def test_what_a_model_declares_is_a_column_by_its_own_name(client: Client, emulator: Emulator, wan: None) -> None:
    rows = [{"Guidance Scale": 5.5, "lines": 480, "steps": None, "note": "x"}, {"extra.steps": "4", "lines": None}]
    batch = Batch(client, rows, "A cat", "", {"model": WAN})
    assert "not used: note" in str(batch.cost)
    assert "Guidance" not in str(batch.cost)
    batch.run().wait()
    bodies = sorted(sent(emulator), key=len)
    plain = {"model": WAN, "prompt": "A cat"}
    assert bodies == [plain | {"steps": "4"}, plain | {"guidance_scale": "5.5", "lines": "480"}]
    assert all(record.cost.usd == 0 for record in (job.record for job in client.jobs(5)))


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"guidance_scale": 50}, "extra.guidance_scale: 50 is not from 1 to 20"),
        ({"guidance_scale": "high"}, "extra.guidance_scale: 'high' is not a number"),
        ({"steps": 2.5}, "extra.steps: 2.5 is not a whole number"),
        ({"lines": 1080}, "extra.lines: '1080' is not one of 480, 720"),
    ],
)
def test_what_a_model_declares_is_checked(
    client: Client, emulator: Emulator, wan: None, extra: dict, words: str
) -> None:
    with pytest.raises(errors.InvalidRequestError, match=words):
        client.submit("A cat", model=WAN, extra=extra)
    assert emulator.journal() == []


def test_a_row_that_cannot_be_read_is_told_and_nothing_is_sent(client: Client, emulator: Emulator) -> None:
    batch = Batch(client, [{"extra.a": float("inf")}, {"extra.a": 1}], "A cat", "", {"model": WAN})
    with pytest.raises(errors.InvalidRequestError, match=r"row 1: extra\.a: inf is not JSON"):
        batch.run()
    assert sent(emulator) == []


def test_shots_of_a_film_have_their_own_over_those_of_all(client: Client, emulator: Emulator) -> None:
    shots = [shot("A cat", extra={"cfg": 3}), "A dog"]
    Film(client, "film", shots, {"model": WAN, "extra": {"cfg": 1, "steps": 2}}).run().wait()
    # They are made at the same time.
    assert {body["prompt"]: (body["cfg"], body["steps"]) for body in sent(emulator)} == {
        "A cat": ("3", "2"),
        "A dog": ("1", "2"),
    }


def test_what_an_extra_parameter_costs_is_unknown(
    make_client: Callable[..., Client], emulator: Emulator, tmp_path: Path
) -> None:
    account = {"provider": "agent_platform", "base_url": emulator.base_url, "api_key": Secret("key-of-the-platform")}
    client = make_client(Settings(**account, folder=tmp_path / "veo_clips"), hasty=True)
    values = {"model": "veo-3.1-generate-001", "extra": {"resizeMode": "crop", "labels.team": "films"}}
    plan = client.plan("A cat", **values)
    assert (plan.cost.usd, "resizeMode" in plan.cost.note) == (None, True)
    with pytest.raises(errors.BudgetError):
        client.submit("A cat", **values)
    assert sent(emulator) == []
    job = client.submit("A cat", **values, max_cost=2)
    job.wait()
    (body,) = sent(emulator)
    assert body["parameters"]["resizeMode"] == "crop"
    assert body["labels"] == {"team": "films"}


def test_google_refuses_what_it_does_not_know_by_name(
    make_client: Callable[..., Client], emulator: Emulator, tmp_path: Path
) -> None:
    account = {"provider": "gemini", "base_url": emulator.base_url, "api_key": Secret("key-of-the-developer")}
    client = make_client(Settings(**account, folder=tmp_path / "veo_clips"), hasty=True)
    values = {"max_cost": 9, "extra": {"cameraPath": "orbit"}}
    with pytest.raises(errors.BadRequestError, match="cameraPath"):
        client.submit("A cat", model="veo-3.0-generate-preview", **values)
    assert [body["parameters"]["cameraPath"] for body in sent(emulator)] == ["orbit"]
    with pytest.raises(errors.BadRequestError, match="cameraPath"):
        client.submit("A cat", model="gemini-omni-1.2-flash", **values)
    assert sent(emulator)[-1]["generation_config"]["cameraPath"] == "orbit"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"guidance_scale": 5}, r"guidance_scale: no such parameter.* extra=\{'guidance_scale': …\}"),
        ({"extra": {"n": 3}}, "extra.n: samples is sent there"),
        ({"extra": {"seconds": 3}}, "extra.seconds: seconds is a parameter by itself"),
        ({"extra": {"a": object()}}, "extra.a: an object is not JSON"),
        ({"size": "wide"}, "size: 'wide' is not a width and a height"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_a_sentence(
    client: Client, emulator: Emulator, values: dict, words: str
) -> None:
    with pytest.raises(errors.InvalidRequestError, match=words) as refused:
        client.submit("A cat", model=WAN, **values)
    assert "\n" not in str(refused.value)
    assert emulator.journal() == []


@pytest.mark.parametrize("said", [{"size": "832x480"}, {"resolution": "480p"}, {"aspect_ratio": "1:1"}])
def test_a_listed_model_says_what_it_makes_instead(
    make_client: Callable[..., Client], settings: Settings, emulator: Emulator, said: dict
) -> None:
    client = make_client(replace(settings), hasty=True)
    with pytest.raises(errors.InvalidRequestError, match=r"is not a (size|resolution|ratio) of .*allowed: "):
        client.submit("A cat", model="veo-3.1-generate-001", **said)
    assert emulator.journal() == []
