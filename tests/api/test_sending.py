"""`veo make` and `veo film`, as programs: the price first, nothing without an answer, nothing paid for twice."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from tests.terminals import pieces_from
from veo_widgets.config.settings import Settings
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client
from veo_widgets.session.groups.film_files import read_film
from veo_widgets.session.groups.shots import shot
from veo_widgets.session.groups.title_cards import title_card

from .test_cli import veo

# The programs inherit whether Ctrl-C is heard.
pytestmark = pytest.mark.usefixtures("interruptible")
BOARD = """
seconds = 4

[[shots]]
title = "The Train"
seconds = 1

[[shots]]
prompt = "A train leaves"
start = 0.5
captions = [[1, 2, "All aboard!"]]

[[shots]]
prompt = "It crosses a bridge"
begins = "continue"
seconds = 6
fade = 0.5
"""


def creates(emulator: Emulator) -> int:
    return [entry.kind for entry in emulator.journal()].count("create")


def environment(folder: Path, emulator: Emulator, **more: str) -> dict[str, str]:
    """One in which the emulator's is a service like others, which charges."""
    return {
        **os.environ,
        "VEO_WIDGETS_HOME": str(folder / "home"),
        "VEO_PROVIDER": "gemini",
        "GOOGLE_API_KEY": "a-key",
        "GOOGLE_GEMINI_BASE_URL": emulator.base_url,
        "VEO_MODEL": "veo-3.1-fast-generate-preview",
        **more,
    }


def in_terminal(
    words: list[str], typed: str, folder: Path, said: dict[str, str], interrupted_at: str = ""
) -> tuple[int, str, str]:
    """Exit code, standard output and what is seen on a terminal, where `typed` is answered or Ctrl-C is pressed."""
    ours, its = pty.openpty()
    os.write(ours, typed.encode())
    command = [sys.executable, "-W", "error", "-m", "veo_widgets.api.cli", *words]
    with subprocess.Popen(command, stdin=its, stdout=subprocess.PIPE, stderr=its, cwd=folder, env=said) as process:
        os.close(its)
        seen = b""
        for piece in pieces_from(ours):
            seen += piece
            if interrupted_at and interrupted_at.encode() in seen:
                process.send_signal(signal.SIGINT)
                interrupted_at = ""
        out = process.stdout.read().decode()
    os.close(ours)
    return process.returncode, out, seen.decode()


def test_a_clip_is_made_told_of_and_opened(settings: Settings, emulator: Emulator, tmp_path: Path) -> None:
    words = ["make", "A cat", "--seconds", "4", "--output", "cat.mp4"]
    dry = veo(tmp_path, settings, *words, "--dry-run")
    assert dry.stdout.startswith("'A cat': ")
    assert creates(emulator) == 0
    browser = tmp_path / "browser"
    browser.write_text(
        f"#!{sys.executable}\nimport sys, pathlib\npathlib.Path({str(tmp_path / 'seen')!r}).write_text(sys.argv[1])\n"
    )
    browser.chmod(0o755)
    command = [sys.executable, "-W", "error", "-m", "veo_widgets.api.cli", *words, "--open"]
    said = {**os.environ, "VEO_WIDGETS_HOME": str(tmp_path / "home"), "VEO_EMULATOR_URL": settings.base_url or ""}
    made = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
        cwd=tmp_path,
        env={**said, "BROWSER": str(browser)},
    )
    assert "$0.40" in made.stderr
    assert "(the emulator is free)" in made.stderr
    assert f"  clip   {tmp_path / 'cat.mp4'}\n  size" in made.stdout
    assert (tmp_path / "seen").read_text() == (tmp_path / "cat.mp4").as_uri()
    assert creates(emulator) == 1
    command[command.index("A cat")] = "A dog"
    nothing = {**said, "PATH": str(tmp_path / "empty")}
    made = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600, cwd=tmp_path, env=nothing)
    assert made.stderr.endswith("No program here opens it.\n")


def test_nothing_is_sent_without_an_answer(emulator: Emulator, tmp_path: Path) -> None:
    said = environment(tmp_path, emulator)
    words = ["make", "A cat", "--seconds", "4", "--allow-retired"]
    command = [sys.executable, "-W", "error", "-m", "veo_widgets.api.cli", *words]
    asked = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        cwd=tmp_path,
        env=said,
        stdin=subprocess.DEVNULL,
    )
    assert asked.returncode == 1
    assert "$0.40" in asked.stderr
    assert "yes: nobody can be asked here, so nothing was sent; --yes sends it" in asked.stderr
    code, out, seen = in_terminal(words, "n\n", tmp_path, said)
    assert (code, out) == (1, "")
    assert "Send it? [y/N]" in seen
    assert "Nothing was sent." in seen
    code, out, seen = in_terminal(words, "", tmp_path, said, interrupted_at="Send it?")
    assert (code, out) == (130, "")
    assert seen.endswith("\r\nNothing was sent.\r\n")
    assert creates(emulator) == 0


def test_an_answer_sends_it_and_the_bar_leaves_one_line(emulator: Emulator, tmp_path: Path) -> None:
    said = environment(tmp_path, emulator)
    code, out, seen = in_terminal(["make", "A cat", "--seconds", "4", "--allow-retired"], "y\n", tmp_path, said)
    assert code == 0, seen
    assert creates(emulator) == 1
    assert "  length 4 s\n" in out
    last = seen.split("\r\n")[-2]
    assert last.rstrip().rpartition("\r")[2].startswith("A cat: succeeded · $0.40")
    assert "a-key" not in seen + out


def test_ctrl_c_says_how_to_go_on(settings: Settings, emulator: Emulator, tmp_path: Path) -> None:
    said = {**os.environ, "VEO_WIDGETS_HOME": str(tmp_path / "home"), "VEO_EMULATOR_URL": settings.base_url or ""}
    command = [sys.executable, "-W", "error", "-m", "veo_widgets.api.cli"]
    words = ["make", "---\npolls: 1000000\n---\nA cat", "--seconds", "4"]
    process = subprocess.Popen([*command, *words], cwd=tmp_path, env=said, stderr=subprocess.PIPE, text=True)

    def interrupt() -> None:
        while process.poll() is None:
            if any(entry.kind == "poll" for entry in emulator.journal()):
                process.send_signal(signal.SIGINT)
                return

    watching = threading.Thread(target=interrupt)
    watching.start()
    told = process.communicate(timeout=600)[1]
    watching.join()
    assert process.returncode == 130
    assert "jobs keep running. `veo resume` picks them up." in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("make",), 2, "the following arguments are required: PROMPT"),
        (("make", "A", "cat"), 1, "make: the prompt goes in quotes; write veo make 'A cat'."),
        (("make", "A cat", "--seconds", "5000"), 1, "5000"),
        (("make", "A cat", "--output", f"{'n' * 300}.mp4"), 1, "is too long for the name of a file"),
        (("make", "A cat", "--output", "bad.toml/x.mp4"), 1, "as 'bad.toml' is a file, and no folder"),
        (("make", "A cat", "--output", "bad.toml"), 1, "as 'bad.toml' is a file, and no folder"),
        (("make", "A cat", "--secnds", "5"), 2, "unrecognized arguments"),
        (("film", "no.toml"), 1, "no.toml': it cannot be read (No such file or directory)."),
        (("film", "bad.toml"), 1, "it is not TOML that can be read"),
        (("film", "empty.toml"), 1, "it has no [[shots]]"),
        (("film", "both.toml"), 1, "row 2 needs a prompt, for a shot, or a title, for a card"),
        (("film", "late.toml"), 1, "late.toml, row 1: end: 1 is not after start=2"),
        (("film", "loud.toml"), 1, "loudness: 99 is not between -70 and -5"),
        (("film", "odd.toml"), 1, "[render] has 'volume', which is not one of loudness, music,"),
        (("film", "loud.toml", "--dry-run"), 1, "loudness: 99 is not between -70 and -5"),
        (("film", "good.toml", "--render", "film.mov"), 1, "path: 'film.mov' does not end in .mp4"),
        (("film", "wrong.toml"), 1, "film 'wrong': nothing was sent."),
    ],
)
def test_mistakes_are_said_before_anything_is_sent(
    settings: Settings, emulator: Emulator, tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    boards = {
        "bad": "shots = [",
        "empty": "seconds = 4",
        "both": '[[shots]]\nprompt = "A"\n[[shots]]\nprompt = "A"\ntitle = "B"',
        "late": '[[shots]]\nprompt = "A"\nstart = 2\nend = 1',
        "loud": '[[shots]]\nprompt = "A"\n[render]\nloudness = 99',
        "odd": '[[shots]]\nprompt = "A"\n[render]\nvolume = 99',
        "good": '[[shots]]\nprompt = "A"',
        "wrong": '[[shots]]\nprompt = "A"\nseconds = 5000',
    }
    for name, text in boards.items():
        (tmp_path / f"{name}.toml").write_text(text)
    answer = veo(tmp_path, settings, *words)
    assert answer.returncode == code
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
    assert creates(emulator) == 0


def test_a_board_means_what_python_means(tmp_path: Path) -> None:
    (tmp_path / "song.wav").write_bytes(b"")
    (tmp_path / "cat.png").write_bytes(b"")
    (tmp_path / "train.toml").write_text(
        BOARD + 'first_frame = "cat.png"\n[render]\nmusic = "song.wav"\naspect_ratio = "9:16"\n', "utf-8-sig"
    )
    board = read_film(tmp_path / "train.toml")
    assert board.name == "train"
    assert board.common == {"seconds": 4}
    assert board.render == {"music": str(tmp_path / "song.wav"), "aspect_ratio": "9:16"}
    assert board.parts == (
        title_card("The Train", seconds=1),
        shot("A train leaves", start=0.5, captions=[(1, 2, "All aboard!")]),
        shot("It crosses a bridge", "continue", seconds=6, fade=0.5, first_frame=str(tmp_path / "cat.png")),
    )


@pytest.mark.parametrize(
    ("said", "name"), [("", "train"), ('name = ""', "train"), ('name = "Night train"', "Night train")]
)
def test_a_film_without_a_name_has_its_files(said: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "train.toml").write_text(f"{said}\n{BOARD}")
    assert read_film(tmp_path / "train.toml").name == name


def test_a_film_is_made_once_rendered_and_made_on(
    settings: Settings, emulator: Emulator, make_client: Callable[..., Client], tmp_path: Path
) -> None:
    board = tmp_path / "train.toml"
    board.write_text(BOARD)
    dry = veo(tmp_path, settings, "film", "train.toml", "--dry-run")
    assert dry.stdout.startswith("film 'train': 2 to be sent. $1.00 in all")
    assert creates(emulator) == 0
    made = veo(tmp_path, settings, "film", "train.toml", "--render", "film.mp4")
    assert made.returncode == 0, made.stderr
    assert made.stderr.startswith("film 'train': 2 of 2 shots to send, $1.00 (the emulator is free)")
    assert made.stdout == f"{tmp_path / 'film.mp4'}\n"
    with av.open(str(tmp_path / "film.mp4")) as film:
        assert float(film.duration / 1e6) == pytest.approx(1 + 3.5 + 6 - 0.5, abs=0.05)
    assert "All aboard!" in (tmp_path / "film.vtt").read_text()
    assert len(json.loads((tmp_path / "film.json").read_text())["jobs"]) == 2
    again = veo(tmp_path, settings, "film", "train.toml", "--render", "film.mp4")
    assert again.stderr.startswith("film 'train': 0 of 2 shots to send")
    assert creates(emulator) == 2
    board.write_text(BOARD.replace("It crosses a bridge", "It enters a tunnel"))
    changed = veo(tmp_path, settings, "film", "train.toml")
    assert changed.stderr.startswith("film 'train': 1 of 2 shots to send, $0.60")
    assert creates(emulator) == 3


def test_a_shot_that_is_sent_again_has_its_price(emulator: Emulator, tmp_path: Path) -> None:
    said = environment(tmp_path, emulator)
    (tmp_path / "f.toml").write_text(
        'seconds = 4\nallow_retired = true\n[[shots]]\nprompt = "---\\noutcome: failed\\n---\\nA cat"'
    )
    code, _, seen = in_terminal(["film", "f.toml"], "y\n", tmp_path, said)
    assert (code, creates(emulator)) == (1, 1), seen
    assert "1 of 1 shots to send, $0.40" in seen
    code, _, seen = in_terminal(["film", "f.toml"], "", tmp_path, said)
    assert (code, creates(emulator)) == (1, 1)
    assert "0 of 1 shots to send" in seen
    assert "veo film f.toml --retry also sends what has failed again." in seen
    code, _, seen = in_terminal(["film", "f.toml", "--retry"], "n\n", tmp_path, said)
    assert (code, creates(emulator)) == (1, 1)
    assert "1 of 1 shots to send, $0.40" in seen
    assert "Nothing was sent." in seen
