"""Prompts, names and sentences that would do something to a terminal, a page or a table are text everywhere."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from veo_widgets.api import cli
from veo_widgets.api.doctor.report import Finding, Report
from veo_widgets.client.remote_videos import RemoteVideo, RemoteVideos
from veo_widgets.config import log
from veo_widgets.domain.errors import InvalidReplyError, VeoError
from veo_widgets.domain.job_record import JobRecord, JobState, Operation
from veo_widgets.domain.job_transitions import advance
from veo_widgets.domain.media import Video
from veo_widgets.domain.printable import printable
from veo_widgets.domain.problems import Problem
from veo_widgets.notebook.widgets import saved_output
from veo_widgets.providers.wires.openai_videos import Listed
from veo_widgets.session.client import Client
from veo_widgets.session.job import Job, Jobs
from veo_widgets.storage.clips.library import clip_name

# Clears the screen, sets the title, writes over the line, turns it round; C1's own forms; a bell, a link, a zero byte.
EVIL = "\x1b[2J\x1b]0;title\x07\rover\u202egnp.exe\u2066\x9b31m\x9d8;;http://x\x9c\u2028\u2029\x00\ud800end"
PAGE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><!--"
SQL = "'); DROP TABLE jobs; --"
UNFIT = set(EVIL) - set("title;over[2J]0gnp.exe31m8:/htpxend")


def is_fit(text: str) -> bool:
    return not UNFIT & set(text)


def test_what_is_unfit_is_written_out_and_all_else_stays() -> None:
    assert is_fit(printable(EVIL))
    assert printable("\x1b[2J\u202e\x9b\ud800") == "\\x1b[2J\\u202e\\x9b\\ud800"
    kept = "Größe\tعربى \u200f עברית 日本語 👩\u200d👩\u200d👧\nnew line"
    assert printable(kept) == kept


def test_messages_problems_and_notices_are_fit() -> None:
    assert is_fit(str(VeoError(f"It said {EVIL}")))
    assert is_fit(str(InvalidReplyError(EVIL)))
    assert is_fit(Problem("No clip", EVIL, "").message)
    assert len(Problem("No clip", "x" * 10**6, "").message) < 3000


@pytest.fixture
def job(client: Client) -> Job:
    return client.submit(f"A cat {EVIL} {PAGE} {SQL}", seconds=4).wait(600)


def test_a_prompt_that_means_harm_is_a_prompt(job: Job, client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    record = job.record
    assert PAGE in record.request.prompt
    assert SQL in record.request.prompt
    assert job.videos[0].path.name.isascii()
    assert set(clip_name(record, 0)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert len(client.jobs()) == 1
    for text in (repr(job), repr(client.jobs()), cli.describe(job), saved_output.bundle(record)["text/plain"]):
        assert is_fit(text)
    for page in (client.jobs()._repr_html_(), saved_output.bundle(record)["text/html"], job.videos[0]._repr_html_()):
        assert "<script" not in page
        assert "<img src=x" not in page
    print(client.cost(), job.state)
    assert is_fit(capsys.readouterr().out)


def test_a_service_s_sentence_is_fit_wherever_it_is_shown(job: Job, client: Client) -> None:
    record: JobRecord = replace(job.record, state=JobState.RUNNING, videos=())
    ended = advance(record, Operation("o", "failed", message=f"{EVIL}{PAGE}", code=EVIL), 1.0)
    withheld = advance(record, Operation("o", "filtered", withheld=1, reasons=(EVIL + PAGE,)), 1.0)
    for one in (ended, withheld):
        assert is_fit(saved_output.bundle(one)["text/plain"])
        assert "<script" not in saved_output.bundle(one)["text/html"]
        assert is_fit(repr(Jobs(client, [one])))
    listed = Listed(f"video_{EVIL}", EVIL, EVIL, EVIL)
    assert is_fit(repr(RemoteVideos([RemoteVideo(listed, "openai", "openai", "")], EVIL)))
    assert is_fit(repr(Report((Finding("topic", "problem", EVIL, EVIL),))))
    assert "<script" not in Report((Finding("topic", "problem", PAGE),))._repr_html_()


def test_a_folder_s_name_is_fit(job: Job, client: Client) -> None:
    folder = Path("/clips") / printable(EVIL).replace("/", "") / "\x1b[2J"
    video = Video(folder / "clip.mp4", seconds=1, width=1, height=1)
    record = replace(job.record, videos=(video,), folder=str(folder))
    assert is_fit(saved_output.bundle(record)["text/plain"])
    assert is_fit(repr(Jobs(client, [record])))


@pytest.mark.parametrize("make", [str, ValueError], ids=["text", "exception"])
def test_the_log_is_fit(tmp_path: Path, make: Callable[[str], object]) -> None:
    log.log("debug", tmp_path / "log")
    try:
        logging.getLogger("veo_widgets").warning("It said %s", make(EVIL))
        logging.getLogger("veo_widgets").error("It failed", exc_info=ValueError(EVIL))
    finally:
        log.log("off")
    written = (tmp_path / "log").read_text("utf-8")
    assert "It said" in written
    assert "It failed" in written
    assert is_fit(written)
