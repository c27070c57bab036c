"""The `veo` command, as a program."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain import errors
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client


def veo(folder: Path, settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "VEO_WIDGETS_HOME": str(folder / "home"), "VEO_EMULATOR_URL": settings.base_url or ""}
    command = [sys.executable, "-W", "error", "-m", "veo_widgets.api.cli", *words]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=600, env=environment, cwd=folder
    )


def job_clip(told: str) -> Path:
    """The clip that a job's lines name."""
    return Path(next(line.removeprefix("  clip   ") for line in told.splitlines() if line.startswith("  clip")))


def test_jobs_are_listed_shown_and_waited_for(client: Client, settings: Settings, tmp_path: Path) -> None:
    assert veo(tmp_path, settings, "jobs").stdout == "No jobs yet.\n"
    assert veo(tmp_path, settings, "resume").stdout == "No job is open.\n"
    job = client.submit("A cat", seconds=4)
    client.close()
    waited = veo(tmp_path, settings, "wait", job.id)
    assert waited.returncode == 0, waited.stderr
    digest = hashlib.sha256(job_clip(waited.stdout).read_bytes()).hexdigest()
    facts = f"  length 4 s\n  sha256 {digest}\n  price  $0.40 (what it would have cost; the emulator is free)\n"
    assert facts in waited.stdout
    assert veo(tmp_path, settings, "show").stdout == waited.stdout
    assert f"{job.id}  succeeded" in veo(tmp_path, settings, "jobs", "1").stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_output_that_finds_no_room_is_said_in_one_sentence(client: Client, settings: Settings, tmp_path: Path) -> None:
    client.submit("A cat", seconds=4).wait()
    environment = {**os.environ, "VEO_WIDGETS_HOME": str(tmp_path / "home")}
    with Path("/dev/full").open("w") as full:
        listed = subprocess.run(
            [sys.executable, "-m", "veo_widgets.api.cli", "jobs"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=600,
            env=environment,
        )
    told = "veo: The output cannot be written: No space left on device. Jobs stay; `veo jobs` lists them.\n"
    assert (listed.returncode, listed.stderr) == (1, told)


def test_the_newest_job_is_shared(client: Client, settings: Settings, tmp_path: Path) -> None:
    clip = client.submit("A cat", seconds=4).wait(600).videos[0].path
    client.close()
    shared = veo(tmp_path, settings, "share", "cats")
    assert (shared.returncode, shared.stdout) == (0, "shared as\ncats\n"), shared.stderr
    assert (tmp_path / "cats" / "clips" / clip.name).read_bytes() == clip.read_bytes()
    assert veo(tmp_path, settings, "share", "cat.avi").stderr.startswith(
        "veo: path: 'cat.avi' has an ending that nothing"
    )


def test_the_library_is_a_table(client: Client, settings: Settings, tmp_path: Path) -> None:
    assert veo(tmp_path, settings, "library").stdout == "No job matches.\n"
    cat, dog = (client.submit(prompt, seconds=4).wait(600) for prompt in ("A cat", "A dog"))
    client.call(client.asynchronous.shelf, lambda shelf: shelf.star([cat.id], on=True))
    dog.videos[0].path.unlink()
    client.close()
    every = veo(tmp_path, settings, "library").stdout.splitlines()
    assert [line.split()[0] for line in every] == ["job", dog.id, cat.id]
    assert every[1].endswith("(clip missing)")
    for words in (["CAT"], ["--starred"], ["--state", "succeeded", "cat", "a"], ["--model", "veo", "--starred"]):
        assert [line.split()[:2] for line in veo(tmp_path, settings, "library", *words).stdout.splitlines()[1:]] == [
            [cat.id, "*"]
        ]
    wrong = veo(tmp_path, settings, "library", "--state", "done")
    assert (wrong.returncode, wrong.stderr.startswith("veo: state: 'done' is not one of")) == (1, True)


def test_a_reader_that_has_seen_enough_ends_it_without_a_word(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    client.submit("A cat", seconds=4).wait(600)
    client.close()
    said = {**os.environ, "VEO_WIDGETS_HOME": str(tmp_path / "home"), "VEO_EMULATOR_URL": settings.base_url or ""}
    command = [sys.executable, "-W", "error", "-m", "veo_widgets.api.cli", "library"]
    ours, its = os.pipe()
    os.close(ours)
    for more in ({}, {"PYTHONUNBUFFERED": "1"}):
        piped = subprocess.run(
            command, stdout=its, stderr=subprocess.PIPE, text=True, check=False, timeout=600, env={**said, **more}
        )
        assert (piped.returncode, piped.stderr) == (141, "")
    os.close(its)


def test_help_is_told_and_jobs_are_searched(client: Client, settings: Settings, tmp_path: Path) -> None:
    assert "usage: veo" in veo(tmp_path, settings, "help").stdout
    assert "usage: veo jobs" in veo(tmp_path, settings, "help", "jobs").stdout
    job = client.submit("---\noutcome: filtered\n---\nA cat", seconds=4)
    with pytest.raises(errors.GenerationFilteredError):
        job.wait(600)
    assert job.id in veo(tmp_path, settings, "jobs", "filtered", "--search", "CAT").stdout
    assert veo(tmp_path, settings, "jobs", "5", "failed").stdout == "No job matches.\n"
    wrong = veo(tmp_path, settings, "jobs", "filterd").stderr
    assert "'filterd' is neither a number of jobs nor one of submitting" in wrong
    assert "Did you mean 'filtered'?" in wrong


def test_resume_brings_every_job_to_its_end(
    make_client: Callable[..., Client], settings: Settings, tmp_path: Path
) -> None:
    client = make_client()
    good = client.submit("---\npolls: 2\n---\nA cat", seconds=4)
    bad = client.submit("---\npolls: 2\noutcome: failed\n---\nA cat", seconds=4)
    client.close()
    resumed = veo(tmp_path, settings, "resume")
    assert resumed.returncode == 1
    assert f"{good.id}  succeeded" in resumed.stdout
    assert bad.id in resumed.stderr
    assert make_client().job(good.id).videos
    with pytest.raises(errors.GenerationFailedError):
        make_client().job(bad.id).wait(600)


def test_a_file_of_rows_becomes_clips(settings: Settings, emulator: Emulator, tmp_path: Path) -> None:
    rows, out = tmp_path / "cats.csv", tmp_path / "out.csv"
    rows.write_text('place,seconds\nRome,4\n"---\noutcome: failed\n---\nOslo",6\n')
    words = ("batch", str(rows), "--prompt", "{place} by night", "--seed", "3", "--provider", "emulator")
    dry = veo(tmp_path, settings, *words, "--dry-run")
    assert dry.stdout.startswith("batch 'cats': 2 to be sent. $1.00 in all")
    assert emulator.journal() == []
    made = veo(tmp_path, settings, *words, "--csv", str(out))
    assert made.returncode == 1, made.stderr
    assert made.stderr.startswith("batch 'cats': $1.00 in all, $1.00 of it still to pay")
    assert "row 1  Rome                      4        succeeded" in made.stdout
    assert "6        failed" in made.stdout
    assert out.read_text().startswith("place,seconds,job,state,usd,clip,problem\nRome,4,")
    assert veo(tmp_path, settings, *words).returncode == 1
    assert [entry.kind for entry in emulator.journal()].count("create") == 2
    assert veo(tmp_path, settings, *words, "--retry").returncode == 1
    assert [entry.kind for entry in emulator.journal()].count("create") == 3


def test_budgets_are_set_and_costs_are_shown(
    make_client: Callable[..., Client], settings: Settings, tmp_path: Path
) -> None:
    client = make_client(replace(settings, provider="gemini", api_key=Secret("a-key")), hasty=True)
    client.submit("A cat", model="veo-3.1-fast-generate-preview", allow_retired=True, seconds=4).wait(600)
    client.close()
    limits = veo(tmp_path, settings, "budget", "day", "3").stdout.splitlines()
    assert ["day", "$3.00", "$0.40", "$0.00", "$2.60", "set"] in map(str.split, limits)
    mine = veo(tmp_path, settings, "budget", "month", "9", "--project", "ads").stdout
    assert " ".join(mine.splitlines()[-2].split()) == "month, project ads $9.00 $0.00 $0.00 $9.00 set"
    costs = veo(tmp_path, settings, "cost", "2", "--csv", str(tmp_path / "spend.csv"))
    assert costs.stdout.startswith("$0.40 for 1 job.")
    head = "day,model,provider,notebook,state,jobs,usd,unpriced,free,user,project\n"
    assert (tmp_path / "spend.csv").read_text().startswith(head)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("budget", "day"), 1, "budget: 'day' has no amount"),
        (("budget", "session", "3"), 1, "session: it would end with the command"),
        (("budget", "user", "ada"), 1, "user: no such budget"),
        (("budget", "unknown", "3", "--user", "ada"), 1, "unknown: it cannot be set for a user"),
        (("cost", "--by", "usr"), 1, "by: 'usr' is not one of day, model, notebook, state, user, project, provider."),
        (("cost", "--by", "user", "--compare", "litellm"), 1, "by: a comparison has no groups"),
        (("cost", "0"), 1, "days: 0 is not a number of days"),
        (("cost", "--compare", "gemini"), 1, "compare: 'gemini' keeps no log of costs that can be asked"),
        (("cost", "--compare", "litelm"), 1, "Did you mean 'litellm'?"),
        (("show", "nope"), 1, "job: 'nope' fits no job"),
        (("show",), 1, "no jobs yet"),
        (("batch", "no.csv"), 1, "rows: cannot read 'no.csv'"),
        (("batch", "no.csv", "A {x}"), 1, "the prompt needs its flag; write veo batch no.csv --prompt 'A {x}'."),
        (("batch", "no.csv", "A", "{x}", "--retry"), 1, "veo: batch: the prompt needs its flag; write veo batch no"),
        (("batch", "no.csv", "--retri"), 2, "unrecognized arguments: --retri"),
        (("dance",), 2, "invalid choice"),
    ],
)
def test_mistakes_are_said_in_a_line(
    client: Client, settings: Settings, tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    answer = veo(tmp_path, settings, *words)
    assert answer.returncode == code
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
