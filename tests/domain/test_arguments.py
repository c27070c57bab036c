"""Public functions called as their names invite: they work, or refuse in a sentence."""

from __future__ import annotations

import asyncio
import datetime as dt
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import veo_widgets as veo
from veo_widgets.api import functions
from veo_widgets.domain import arguments, errors
from veo_widgets.session.client import Client
from veo_widgets.session.job import Job

# Looking a wrong value up would ask for a key, or end the test run's own loop.
LEFT_OUT = {"login", "allow_nested_loops", "VeoError"}
# No other test may name it: given as a key, it is taken out of every text from then on.
NOWHERE = Path("a-clip-that-lies-nowhere.mp4")


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Iterator[Client]:
    before, functions._default = functions._default, make_client()
    yield functions._default
    functions._default = before


@pytest.fixture
def job(client: Client) -> Job:
    return client.submit("A cat", seconds=4).wait(600)


@pytest.fixture
def wrong(job: Job) -> dict[str, Any]:
    return {
        "None": None,
        "number": 7,
        "negative": -1,
        "fraction": 2.5,
        "not a number": float("nan"),
        "switch": True,
        "text": "no such thing",
        "empty": "",
        "surrogate": "\ud800",
        "zero byte": "a\0b",
        "bytes": b"x",
        "list": [1, 2],
        "texts": ["a", "b"],
        "dict": {"a": 1},
        "job": job,
        "path": NOWHERE,
        "object": object(),
    }


@pytest.fixture(autouse=True)
def kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the functions keep, such as models, is kept in a folder of the test's own."""
    monkeypatch.setenv("VEO_WIDGETS_HOME", str(tmp_path / "home"))


def call(function: Callable[..., Any], *given: Any, **named: Any) -> errors.VeoError | None:
    """The error of a call, which must be one of ours if there is one."""

    async def wait() -> None:
        result = function(*given, **named)
        if inspect.isawaitable(result):
            await result

    try:
        if inspect.iscoroutinefunction(function):
            asyncio.run(wait())
        else:
            function(*given, **named)
    except errors.VeoError as error:
        return error
    return None


PUBLIC = [
    name
    for name in veo.__all__
    if name not in LEFT_OUT and callable(getattr(veo, name)) and not inspect.isclass(getattr(veo, name))
]


@pytest.mark.parametrize("name", PUBLIC)
def test_every_function_refuses_wrong_arguments_in_words(
    name: str, wrong: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    function = getattr(veo, name)
    parameters = inspect.signature(function).parameters.values()
    needed = [one.name for one in parameters if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD]
    for value in wrong.values():
        call(function, value)
        call(function, value, value)
        for one in parameters:
            if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY) and one.name != "client":
                rest = {key: "A cat" for key in needed if key != one.name}
                call(function, **{**rest, one.name: value})
    assert needed == [] or isinstance(call(function), errors.InvalidRequestError)
    veo.log("off")


MAKERS = ["AsyncClient", "Batch", "Client", "Film", "Form", "Grid", "Image", "Job", "JobView", "Player", "Studio"]


@pytest.mark.parametrize("name", [*MAKERS, "Video"])
def test_every_class_refuses_wrong_arguments_in_words(name: str, wrong: dict[str, Any]) -> None:
    for value in wrong.values():
        call(getattr(veo, name), value)


@pytest.mark.parametrize(
    "parameter",
    ["seconds", "seed", "samples", "first_frame", "reference_images", "extend_from", "model", "provider", "max_cost"],
)
def test_every_parameter_of_a_request_is_refused_in_words(parameter: str, wrong: dict[str, Any]) -> None:
    for value in wrong.values():
        call(veo.plan, "A cat", **{parameter: value})


@pytest.mark.parametrize(
    ("function", "given", "sentence"),
    [
        ("submit", (7,), "prompt: 7 is not text."),
        ("jobs", ("filtered",), "limit: 'filtered' is not a whole number from 1."),
        ("wait", ([1],), "job: a list is not a job or its id."),
        ("load", (None,), "path: None is not the path of a file or a folder."),
        (
            "budget",
            (20,),
            "budget: too many positional arguments. Call it as budget(user=None, project=None, **values).",
        ),
        ("film", ("train", {"a": 1}), "shots: a dict is not a shot; give veo.shot(…), veo.title_card(…) or a prompt."),
        (
            "Player",
            (7,),
            "clips: 7 is not a job, a clip, a film, a batch, a file's path, a job's id, or several of them",
        ),
        ("Player", ("cat.mp4",), "clips: there is no file 'cat.mp4'."),
        ("grid", (["zzzz"],), "shown: 'zzzz' is neither a file nor a job's id."),
        ("retry", (None,), "job: None is not a job or its id."),
        ("Studio", (7,), "prompt: 7 is not a prompt, a recipe, a request or a job."),
    ],
)
def test_a_refusal_says_what_is_wrong(client: Client, function: str, given: tuple[Any, ...], sentence: str) -> None:
    error = call(getattr(veo, function), *given)
    assert isinstance(error, errors.InvalidRequestError)
    assert sentence in str(error)


def test_one_is_as_good_as_several(job: Job) -> None:
    assert [found.id for found in veo.as_completed(job)] == [job.id]
    assert len(veo.film("one", "A cat", seconds=4).pieces) == 1


def test_a_player_and_a_grid_take_whatever_has_clips(client: Client, job: Job, tmp_path: Path) -> None:
    film = veo.film("pair", ["A cat", "A dog"], seconds=4)
    with pytest.raises(errors.VeoError, match="there is nothing to show yet"):
        veo.Player(film)
    film.run().wait(600)
    copy = job.videos[0].path.rename(tmp_path / "a copy.mp4")
    assert [clip["name"] for clip in veo.Player(film).clips] == [film.path.name]
    assert [clip["name"] for clip in veo.Player(str(copy)).clips] == ["a copy.mp4"]
    assert veo.Player(copy).clips[0]["seconds"] == 4
    assert len(veo.Player(film.jobs, job.id).clips) == 3
    shown = veo.grid([film.jobs[0].id], film, copy, film.videos)
    assert [cell["sample"] for cell in shown.cells] == [0, 1, 2, 3, 4]
    (tmp_path / "notes.txt").write_text("not a clip")
    with pytest.raises(errors.InvalidRequestError, match=r"'notes.txt' is neither an MP4 nor a WebM"):
        veo.Player(tmp_path / "notes.txt")


def test_a_form_begins_as_a_clip_was_asked_for(job: Job) -> None:
    recipe = veo.load(job.videos[0].path)
    for given in (recipe, recipe.request, job, veo.plan("A cat", seconds=4)):
        form = veo.Form(given, name=type(given).__name__)
        assert (form.request.prompt, form.request.duration_seconds) == ("A cat", 4)
    assert veo.Studio(recipe, name="own", seconds=6).request.duration_seconds == 6


def test_jobs_are_found_by_state_prompt_model_and_time(client: Client, job: Job) -> None:
    filtered = client.submit("---\noutcome: filtered\n---\nA CAT in Rome", seconds=4)
    other = client.submit("A dog", model="veo-3.1-lite-generate-001", seconds=4)
    list(veo.as_completed([filtered, other]))

    def found(**wanted: Any) -> list[str]:
        return [one.id for one in veo.jobs(**wanted)]

    assert found(state="filtered") == [filtered.id]
    assert found(state=["filtered", "succeeded"]) == [other.id, filtered.id, job.id]
    assert found(state="open") == []
    assert found(search="cat") == [filtered.id, job.id]
    assert found(search="rome CAT") == [filtered.id]
    assert found(model="emulator/veo-3.1-lite") == [other.id]
    day = dt.datetime.now().astimezone().date() - dt.timedelta(days=1)
    assert found(since=dt.timedelta(hours=1), limit=1) == [other.id]
    assert found(since=day) == found(since=day.isoformat()) == [other.id, filtered.id, job.id]
    assert found(since=dt.datetime(2999, 1, 1, tzinfo=dt.UTC)) == []
    assert repr(veo.jobs(search="giraffe")) == "No job matches."
    for wrong in ({"state": "filterd"}, {"state": 7}, {"since": "yesterday"}, {"since": 7}, {"search": 7}):
        with pytest.raises(errors.InvalidRequestError):
            veo.jobs(**wrong)


def test_only_public_names_are_listed() -> None:
    assert dir(veo) == sorted(veo.__all__)


def test_a_number_that_is_a_switch_is_no_count() -> None:
    assert [arguments.COUNT.fits(value) for value in (1, None, 0, True, 1.0, "1")] == [True, True, *[False] * 4]
