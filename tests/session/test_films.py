"""Films over real sockets: what is sent and when, what is never sent twice, and what the film looks like."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import av
import pytest
from PIL import Image, ImageChops, ImageStat

from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain import errors
from veo_widgets.domain.job_record import JobState
from veo_widgets.emulator import Emulator, Entry, Pace
from veo_widgets.session.client import Client
from veo_widgets.session.groups.film import Film
from veo_widgets.session.groups.shots import Shot, shot
from veo_widgets.storage.films.stitching import last_frame

SHOTS = (shot("A train leaves"), shot("It crosses a bridge", "continue"), shot("A station"))


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client(hasty=True)


def creates(emulator: Emulator) -> list[Entry]:
    return [entry for entry in emulator.journal() if entry.kind == "create"]


def make(client: Client, *shots: Shot | str, name: str = "train", **common: Any) -> Film:
    return Film(client, name, shots or SHOTS, {"seconds": 4, **common})


def frames_of(path: Path, *wanted: int) -> list[Image.Image]:
    """These of a clip's frames; a negative number counts from the end."""
    count = length_of(path)
    numbers = [number % count for number in wanted]
    with av.open(str(path)) as clip:
        found = {at: frame.to_image() for at, frame in enumerate(clip.decode(video=0)) if at in numbers}
    return [found[number] for number in numbers]


def length_of(path: Path) -> int:
    """How many frames a clip has."""
    with av.open(str(path)) as clip:
        return sum(1 for packet in clip.demux(video=0) if packet.size)


def front(**keys: object) -> str:
    lines = "\n".join(f"{key}: {value}" for key, value in keys.items())
    return f"---\n{lines}\n---\nA cat"


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures, of 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def test_a_film_is_one_file_in_which_shots_go_on_from_each_other(tmp_path: Path) -> None:
    """The last frame of a clip is the first of the next, and is there once; an extension has its source in it."""
    with Emulator(pace=Pace.at_once()) as emulator:
        settings = Settings(provider="emulator", base_url=emulator.base_url, folder=tmp_path / "clips")
        with Client(settings, home=tmp_path / "home") as client:
            shots = (shot("A train leaves"), shot("A bridge", "continue"), shot("It arrives", "extend"))
            film = make(client, *shots, aspect_ratio="9:16").run().wait(600)
            first, second, third = (video.path for video in film.videos)
            sent = film.jobs[1].request.first_frame
            assert film.jobs[2].request.aspect_ratio == "9:16"
            path = film.path
    begins, ends = frames_of(first, 0, -1)
    assert difference(Image.open(io.BytesIO(sent.data)), ends) == 0
    # But for the timecode.
    assert difference(ends, *frames_of(second, 0)) < 2
    assert difference(ends, begins) > 4
    # 4 s, then 4 s and what was added to them, without the frame that both have.
    assert length_of(path) == 96 - 1 + 96 + 168
    at_the_joint, after_it = frames_of(path, 94, 95)
    assert difference(at_the_joint, *frames_of(first, 94)) == 0
    assert difference(after_it, *frames_of(third, 0)) == 0
    with av.open(str(path)) as opened:
        (sound,) = opened.streams.audio
        assert float(sound.duration * sound.time_base) == pytest.approx(length_of(path) / 24, abs=0.03)


def test_the_price_stands_before_anything_is_sent(client: Client, emulator: Emulator) -> None:
    film = make(client, *SHOTS, shot("It arrives", "extend", seconds=4))
    assert [(label, cost.usd, due) for label, cost, due in film.cost.lines] == [
        ("shot 1", 0.4, True),
        ("shot 2", 0.4, True),
        ("shot 3", 0.4, True),
        ("shot 4", 0.7, True),
    ]
    assert film.cost.usd == film.cost.due == pytest.approx(1.9)
    assert repr(film.cost).splitlines()[0] == "shot 1  $0.40  to pay"
    assert film.plan().states == {"to be sent": 2, "after shot 1": 1, "after shot 3": 1}
    assert repr(film).splitlines()[0].startswith("film 'train': 4 to be sent. $1.90 in all, $1.90 of it still to pay")
    assert emulator.journal() == []
    with pytest.raises(errors.VeoError, match="shot 1, shot 2, shot 3, shot 4 has no clip yet"):
        _ = film.path
    with pytest.raises(errors.VeoError, match="run\\(\\) sends what is missing"):
        film.wait()


@pytest.mark.parametrize(
    ("shots", "common", "words"),
    [
        ((shot("A", "continue"),), {}, "shot 1: transition: 'continue' needs a shot before"),
        (("A", shot("B", "continue", first_frame=b"")), {}, "shot 2: first_frame: the shot before decides it"),
        (("A", "B"), {"samples": 2}, "shot 1, shot 2: samples: 2 is not 1"),
        (("A", "B"), {"seconds": 5}, "shot 1, shot 2: duration_seconds: 5 is not a length"),
        (("A", shot("B", sedonds=4)), {}, "shot 2: sedonds: no such parameter.* Did you mean 'seconds'"),
        (("A", *[shot("B", "extend")] * 5), {}, "shot 6: transition: the clip would be 39 s long.* extends to 37 s"),
        (("A", shot("B", "extend")), {"resolution": "1080p", "seconds": 8}, "shot 2: resolution: '1080p' cannot be ex"),
        (("A", shot("B", "extend")), {"model": "veo-3.0-generate-001", "allow_retired": True}, "shot 2: .* extends no"),
        (("A", shot("B", "continue", reference_images=["no.png"])), {}, "shot 2: reference_images: cannot read"),
    ],
)
def test_every_broken_rule_is_named_and_nothing_is_sent(
    client: Client, emulator: Emulator, shots: tuple, common: dict, words: str
) -> None:
    film = make(client, *shots, **common)
    assert film.violations
    # However much of a reason a table has, what was meant is in it.
    assert ("Did you mean" in words) == ("Did you mean 'seconds'?" in repr(film.plan()))
    with pytest.raises(errors.InvalidRequestError, match=f"film 'train': nothing was sent(.|\\n)*{words}"):
        film.run()
    assert emulator.journal() == []


def test_what_is_no_film_is_said_at_once(client: Client) -> None:
    with pytest.raises(errors.InvalidRequestError, match="shots: there are none"):
        Film(client, "empty", [], {})
    with pytest.raises(errors.InvalidRequestError, match="'fade' is not one of cut, continue, extend"):
        shot("A", "fade")  # type: ignore[arg-type]
    with pytest.raises(errors.InvalidRequestError, match="max_running: 0"):
        make(client).run(max_running=0)


def test_running_it_again_sends_nothing(client: Client, emulator: Emulator) -> None:
    film = make(client).run().wait(600)
    clips, path = film.videos, film.path
    made = path.stat().st_mtime_ns
    again = make(client, seconds=4).run().wait(600)
    assert (again.videos, again.path, len(creates(emulator))) == (clips, path, 3)
    assert path.stat().st_mtime_ns == made
    assert again.video.sha256 == film.video.sha256
    assert again.video.recipe["jobs"] == [job.id for job in film.jobs]
    assert again.cost.due == 0
    assert len(make(client, name="another").run().wait(600).videos) == 3
    assert len(creates(emulator)) == 6


def test_an_edit_sends_what_changed_and_what_follows_from_it(client: Client, emulator: Emulator) -> None:
    old = make(client).run().wait(600)
    turned = make(client, SHOTS[2], *SHOTS[:2])
    assert turned.cost.due == 0
    edited = make(client, shot("A bus leaves"), *SHOTS[1:])
    assert [due for _, _, due in edited.cost.lines] == [True, True, False]
    edited.run().wait(600)
    assert [entry.body["instances"][0]["prompt"] for entry in creates(emulator)[3:]] == [
        "A bus leaves",
        "It crosses a bridge",
    ]
    assert edited.path != old.path
    assert edited.videos[2] == old.videos[2]


def test_equal_shots_have_a_clip_each(client: Client, emulator: Emulator) -> None:
    film = make(client, "A cat", "A cat", shot("On", "continue"), "A cat", shot("On", "continue")).run().wait(600)
    assert len({job.id for job in film.jobs}) == len(creates(emulator)) == 5


def test_independent_shots_run_at_once_and_dependent_ones_in_order(client: Client, emulator: Emulator) -> None:
    slow = front(polls=3)
    film = make(client, slow, shot("On", "continue"), slow, slow).run().wait(600)
    kinds = [entry.kind for entry in emulator.journal()]
    assert kinds[: kinds.index("poll") + 1].count("create") == 3
    assert creates(emulator)[3].body["instances"][0]["image"]["mimeType"] == "image/png"
    assert film.jobs[1].record.submitted_at >= film.jobs[0].record.finished_at


def test_so_many_run_at_once_and_no_more(client: Client) -> None:
    film = make(client, *[front(polls=1)] * 4).run(max_running=1).wait(600)
    spans = sorted((job.record.submitted_at, job.record.finished_at) for job in film.jobs)
    assert all(begin >= end for (_, end), (begin, _) in pairwise(spans))


@pytest.mark.parametrize("outcome", ["filtered", "failed"])
def test_a_shot_without_a_clip_is_told_and_sent_again_when_asked(
    client: Client, emulator: Emulator, outcome: str
) -> None:
    shots = (front(outcome=outcome), shot("On", "continue"), "A station")
    film = make(client, *shots).run()
    with pytest.raises(errors.VeoError, match=r"shot 1 has no clip\. .*run\(retry=True\)") as caught:
        film.wait(600)
    assert isinstance(caught.value.__cause__, errors.JobError)
    assert [entry.state for entry in film.plan().entries] == [outcome, "after shot 1", "succeeded"]
    assert "run(retry=True) sends 1 again." in repr(film)
    with pytest.raises(errors.VeoError, match="shot 1 has no clip"):
        make(client, *shots).run().wait(600)
    assert len(creates(emulator)) == 2
    again = make(client, *shots).run(retry=True)
    with pytest.raises(errors.VeoError, match="shot 1 has no clip"):
        again.wait(600)
    assert len(creates(emulator)) == 3
    assert again.jobs[0].record.retry_of in {job.id for job in client.jobs()} - {again.jobs[0].id}


def test_a_clip_that_is_gone_is_not_paid_for_again_unasked(client: Client, emulator: Emulator) -> None:
    film = make(client).run().wait(600)
    film.videos[0].path.unlink()
    with pytest.raises(errors.VeoError, match="Put it back, or run\\(retry=True\\)"):
        film.run().wait(600)
    assert film.plan().entries[0].state == "clip gone"
    assert len(creates(emulator)) == 3
    # The new clip is another one, so what goes on from it is made anew too.
    film.run(retry=True).wait(600)
    assert len(creates(emulator)) == 5
    assert len(film.videos) == 3


@pytest.mark.parametrize("choice", ["retry", "forget"])
def test_a_lost_answer_blocks_until_the_user_decides(client: Client, emulator: Emulator, choice: str) -> None:
    emulator.script(on="create", fault="reset")
    film = make(client, "A cat").run()
    with pytest.raises(errors.VeoError, match="shot 1 has no clip"):
        film.wait(600)
    (job,) = film.jobs
    assert job.state is JobState.UNKNOWN
    for retry in (False, True):
        with pytest.raises(errors.UnknownOutcomeError, match=rf"create of shot 1 was lost, so job {job.id} may run"):
            make(client, "A cat", "A dog").run(retry=retry)
    assert len(creates(emulator)) == 1
    getattr(job, choice)()
    assert len(make(client, "A cat", "A dog").run(retry=choice == "forget").wait(600).videos) == 2
    assert len(creates(emulator)) == 3


def test_a_shot_that_is_sent_again_by_hand_takes_its_place(client: Client, emulator: Emulator) -> None:
    film = make(client, "A cat", "A dog").run().wait(600)
    first, path = film.jobs[0], film.path
    again = first.retry().wait(600)
    assert film.jobs[0].id == again.id
    assert film.path != path
    with pytest.raises(errors.PlaceTakenError, match=f"this piece of 'film:train' already has job {again.id}"):
        first.retry()
    assert len(creates(emulator)) == 3


def test_the_whole_price_must_be_there_before_the_first_is_sent(
    make_client: Callable[..., Client], settings: Settings, emulator: Emulator
) -> None:
    client = make_client(replace(settings, provider="gemini", api_key=Secret("a-key")), hasty=True)
    common = {"model": "veo-3.1-fast-generate-preview", "allow_retired": True}
    client.budget(day=1.0)
    with pytest.raises(errors.BudgetError, match=r"these 3 requests take \$1\.20, but the limit for a day is \$1\.00"):
        make(client, **common).run()
    assert emulator.journal() == []
    client.budget(day=1.2)
    assert len(make(client, **common).run().wait(600).videos) == 3


def test_a_refused_key_is_asked_with_once(
    make_client: Callable[..., Client], settings: Settings, emulator: Emulator
) -> None:
    client = make_client(replace(settings, provider="gemini", api_key=Secret("wrong-key")), hasty=True)
    shots = [f"Cat {number}" for number in range(30)]
    film = make(client, *shots, model="veo-3.1-fast-generate-preview", allow_retired=True, seconds=4)
    client.budget(day=100)
    with pytest.raises(errors.VeoError, match="shot 1 has no clip"):
        film.run().wait(600)
    assert len(creates(emulator)) <= 4
    assert film.plan().states["not sent"] >= 26


def test_two_programs_share_a_film(make_client: Callable[..., Client], emulator: Emulator) -> None:
    films = [make(make_client(hasty=True)) for _ in range(2)]
    for film in films:
        film.run()
    first, second = (film.wait(600) for film in films)
    assert first.videos == second.videos
    assert first.path == second.path
    assert len(creates(emulator)) == 3


PROGRAM = """
import os, signal, sys, time
import veo_widgets as veo
veo.configure(provider="emulator", base_url=sys.argv[1], folder=sys.argv[2])
slow = "---\\npolls: 2\\n---\\n"
shots = [slow + "A", veo.shot(slow + "B", "continue"), veo.shot(slow + "C", "extend")]
film = veo.film("train", shots, seconds=4).run()
while sum(bool(job.record.operation) for job in film.jobs) < int(sys.argv[3]):
    time.sleep(0.005)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("shots", [1, 2, 3])
def test_a_killed_film_goes_on_where_it_was(
    make_client: Callable[..., Client], emulator: Emulator, tmp_path: Path, shots: int
) -> None:
    killed = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, emulator.base_url, str(tmp_path / "clips"), str(shots)],
        env={**os.environ, "VEO_WIDGETS_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert len(creates(emulator)) == shots
    slow = "---\npolls: 2\n---\n"
    film = make(make_client(hasty=True), slow + "A", shot(slow + "B", "continue"), shot(slow + "C", "extend"))
    assert len(film.jobs) == shots
    film.run().wait(600)
    assert len(creates(emulator)) == 3
    assert length_of(film.path) == 95 + 264


@pytest.mark.usefixtures("interruptible")
def test_the_end_of_waiting_is_not_the_end_of_the_film(
    make_client: Callable[..., Client], settings: Settings, slow_service: tuple[Emulator, Callable[[], None]]
) -> None:
    service, let_end = slow_service
    film = make(make_client(replace(settings, base_url=service.base_url), hasty=True), front(seconds=600)).run()
    with pytest.raises(errors.WaitTimeoutError, match=r"film 'train' is not done after 0\.05 s"):
        film.wait(0.05)
    threading.Timer(0.3, signal.raise_signal, (signal.SIGINT,)).start()
    with pytest.raises(KeyboardInterrupt, match="film 'train' keeps running"):
        film.wait()
    assert film.is_running
    let_end()
    assert film.wait(600).path == film.videos[0].path


def test_waiting_inside_a_running_loop(client: Client) -> None:
    async def main() -> int:
        films = [make(client, "A cat", name=str(number)).run() for number in range(3)]
        began = time.monotonic()
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await anyio.sleep(0.01)
                ticks += 1

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(tick)
            assert [len((await film).videos) for film in films] == [1, 1, 1]
            tasks.cancel_scope.cancel()
        return ticks if time.monotonic() - began > 0.1 else 9

    assert anyio.run(main) > 3


def test_what_a_notebook_shows(client: Client) -> None:
    film = make(client, "<b>A train</b>", "A station")
    assert "<b>" not in film._repr_html_()
    film.run().wait(600)
    html = film._repr_html_()
    assert html.count("<img") == 2
    assert html.count("<video") == 1
    assert film.path.name in html
    assert "&lt;b&gt;A train" in html
    assert "<th" in film.cost._repr_html_() or "<td" in film.cost._repr_html_()


def test_a_clip_that_goes_by_an_id_is_extended_too(make_client: Callable[..., Client], settings: Settings) -> None:
    client = make_client(replace(settings, provider="gemini", api_key=Secret("a-key")), hasty=True)
    film = make(client, "A train", shot("It arrives", "extend", seconds=5), model="gemini-omni-1.1-flash")
    film.run().wait(600)
    assert film.video == film.videos[-1]
    assert film.video.seconds == pytest.approx(9, abs=0.1)
    assert last_frame(film.path)


BARE = """
import sys
sys.modules["av"] = None
import veo_widgets as veo
veo.configure(provider="emulator", base_url=sys.argv[1], folder=sys.argv[2])
try:
    veo.film("train", ["A", veo.shot("B", "continue")], seconds=4).run()
except veo.VeoError as error:
    print(error)
film = veo.film("train", ["A", "B"], seconds=4).run().wait()
print(len(film.videos))
try:
    film.path
except veo.VeoError as error:
    print(error)
"""


def test_without_the_media_packages_clips_are_made_and_no_film(emulator: Emulator, tmp_path: Path) -> None:
    """What cannot go on without them is refused before the first shot is paid for."""
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", BARE, emulator.base_url, str(tmp_path / "clips")],
        env={**os.environ, "VEO_WIDGETS_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    missing = "A film needs an optional package: pip install 'veo-widgets[media]'"
    assert ran.stdout.splitlines() == [missing, "2", missing]
    assert len(creates(emulator)) == 2


def test_a_films_table_shows_what_tells_its_shots_apart(client: Client) -> None:
    film = make(client, shot("A cat", seed=3), shot("A dog", seed=4), resolution="720p")
    assert repr(film).splitlines()[1].split() == ["begins", "seed", "state", "price", "prompt", "clip"]
