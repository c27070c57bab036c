"""Relative paths in settings mean one place, wherever the program goes: one ledger, one folder of clips."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from veo_widgets.config.environment import read_environment
from veo_widgets.config.precedence import settings_in_force
from veo_widgets.config.settings import Settings, clips_folder, home
from veo_widgets.domain.paths import fixed
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Path]:
    """A working folder, with another in it to go to."""
    before = Path.cwd()
    folder = tmp_path / "here"
    (folder / "there").mkdir(parents=True)
    os.chdir(folder)
    yield folder
    os.chdir(before)


def test_a_relative_path_is_made_absolute_once(here: Path) -> None:
    said = f"data-{here.parent.name}"
    assert fixed(said, "folder") == here / said
    os.chdir("there")
    assert fixed(said, "folder") == here / said
    assert fixed(f"other-{said}", "folder") == here / "there" / f"other-{said}"


def test_the_home_is_where_it_was_when_first_read_and_a_changed_one_is_read_anew(here: Path) -> None:
    name = f"home-{here.parent.name}"
    assert home({"VEO_WIDGETS_HOME": name}) == here / name
    os.chdir("there")
    assert home({"VEO_WIDGETS_HOME": name}) == here / name
    assert home({"VEO_WIDGETS_HOME": f"./{name}"}) == here / "there" / name
    assert home({"VEO_WIDGETS_HOME": str(here)}) == here


@pytest.mark.parametrize("of", ["VEO_FOLDER", "pyproject.toml", "Settings"])
def test_the_folder_of_clips_stays(here: Path, of: str) -> None:
    name = f"clips-{here.parent.name}"
    environ = {"VEO_FOLDER": name} if of == "VEO_FOLDER" else {}
    if of == "pyproject.toml":
        (here / "pyproject.toml").write_text(f'[tool.veo_widgets]\nfolder = "{name}"\n', "utf-8")
    given = Settings(folder=Path(name)) if of == "Settings" else Settings()
    for folder in (".", "there"):
        os.chdir(folder)
        assert clips_folder(settings_in_force(given, Settings(), read_environment(environ))) == here / name


def test_a_client_keeps_to_its_folders(here: Path, emulator: Emulator) -> None:
    given = Settings(provider="emulator", base_url=emulator.base_url, folder=Path("clips"))
    with Client(given, home=Path("home")) as client:
        os.chdir("there")
        job = client.submit("A cat", seconds=4).wait(600)
        assert job.videos[0].path.parent == here / "clips"
    assert (here / "home" / "ledger.sqlite3").exists()
    assert list((here / "there").iterdir()) == []


def test_the_shots_of_a_film_go_where_the_film_was_made(here: Path, emulator: Emulator) -> None:
    from veo_widgets.session.groups.film import Film
    from veo_widgets.session.groups.shots import Shot

    given = Settings(provider="emulator", base_url=emulator.base_url)
    with Client(given, home=Path("home")) as client:
        film = Film(client, "f", ["A cat", Shot("It jumps", "continue")], {"output": "films", "seconds": 4})
        os.chdir("there")
        film.run().wait(600)
        assert {job.videos[0].path.parent for job in film.jobs} == {here / "films"}


PROGRAM = """
import os
import veo_widgets as veo
from veo_widgets.api import functions
veo.budget(day=2)
veo.configure(provider="emulator", folder="clips")
print(veo.submit("A cat", seconds=4).wait(600).videos[0].path)
os.chdir("there")
functions._default.close()
functions._default = None
print(len(veo.jobs()), veo.budget().limits["day"])
from veo_widgets.notebook.magics.left_over import left_over
left_over()
veo.configure(folder="clips")
print(functions.client().settings.folder)
print(veo.configuration())
"""


def test_a_program_that_goes_elsewhere_keeps_its_ledger(here: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        env={**os.environ, "VEO_WIDGETS_HOME": "data"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    clip, known, folder, *table = ended.stdout.splitlines()
    assert Path(clip).parent == here / "clips"
    assert known == "1 2.0"
    # What is said anew is meant from where it is said.
    assert Path(folder) == here / "there" / "clips"
    assert any(str(here / "data" / "ledger.sqlite3") in line for line in table)
    assert list((here / "there").iterdir()) == []


def test_a_magic_setting_stays(here: Path) -> None:
    program = """
import os
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "veo_widgets")
shell.run_line_magic("config", "VeoMagics.folder = 'clips'")
from veo_widgets.api import functions
os.chdir("there")
shell.run_line_magic("config", "VeoMagics.requests_per_minute = 7")
print(functions.client().settings.folder)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "VEO_WIDGETS_HOME": "data"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1] == str(here / "clips")
