"""One table of verbs behind the magic, the command and the functions."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

import veo_widgets as veo
from veo_widgets.api import cli, functions
from veo_widgets.api.commands import VERBS, read
from veo_widgets.config.settings import Settings
from veo_widgets.domain.errors import InvalidRequestError, VeoError
from veo_widgets.domain.tables import Table
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client

# Where the function has another name, because a module has the verb's.
_FUNCTIONS = {"config": "configuration", "nest": "allow_nested_loops"}


def test_every_verb_is_a_function_and_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert {_FUNCTIONS.get(name, name) for name in VERBS} <= set(veo.__all__)
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    shown = capsys.readouterr().out
    for verb in VERBS.values():
        assert bool(re.search(rf"^    {verb.name} ", shown, re.MULTILINE)) is not bool(verb.only_here)
        if verb.only_here:
            assert cli.main([verb.name, *(["gemini"] if verb.name == "use" else [])]) == 1
            assert verb.only_here in capsys.readouterr().err


def test_words_are_read_in_order_and_flags_anywhere() -> None:
    verb, values = read(["cost", "--csv", "a b.csv", "7"], VERBS)
    assert (verb.name, values) == ("cost", {"days": 7, "csv": "a b.csv"})
    assert read(["budget", "day", "20"], VERBS)[1] == {"limits": ["day", "20"]}
    assert read(["models"], VERBS)[1] == {}
    for wrong in (["job"], ["job", "a", "b"], ["models", "--retird"], ["cost", "many"]):
        with pytest.raises(InvalidRequestError, match="It is written"):
            read(wrong, VERBS)


def test_models_are_listed_with_what_they_can_and_cost() -> None:
    rows = {(row[0], row[1]): row for row in functions.models().rows}
    fast = rows["veo-3.1-fast-generate-001", "agent_platform"]
    assert fast[3:7] == ("4, 6, 8", "16:9, 9:16", "720p 0.1, 1080p 0.12, 4k 0.3", 4)
    assert ("veo-3.0-generate-001", "gemini") not in rows
    assert ("veo-3.0-generate-001", "gemini") in {(row[0], row[1]) for row in functions.models(retired=True).rows}
    assert {row[1] for row in functions.models("gemini").rows} == {"gemini"}
    assert len(functions.models("emulator")) >= 4


def test_tables_are_text_and_html_and_say_what_a_frame_needs() -> None:
    table = Table(("a", "b"), [("<x>", None), ("\x1b[2J", 2)], "Two rows.")
    assert repr(table) == "a        b\n<x>\n\\x1b[2J  2\nTwo rows."
    assert "&lt;x&gt;" in table._repr_html_()
    assert repr(Table(("a",), [], "Nothing.")) == "Nothing."
    try:
        frame = table.to_frame()
    except VeoError as error:
        assert "pip install pandas" in str(error)  # noqa: PT017 (either is right)
    else:
        assert list(frame.columns) == ["a", "b"]


def test_copies_never_overwrite_another_clip(make_client: Callable[..., Client], tmp_path: Path) -> None:
    client = make_client()
    first, second = (client.submit(f"Cat {number}", seconds=4, samples=1).wait(600) for number in (1, 2))
    target = tmp_path / "copies" / "cat.mp4"
    assert first.save(target) == [target]
    assert first.save(target) == [target]
    (other,) = second.save(target)
    assert other == target.with_name(second.videos[0].path.name)
    assert target.read_bytes() == first.videos[0].path.read_bytes()
    assert first.save(tmp_path / "veo_clips") == [first.videos[0].path]
    assert not list(tmp_path.rglob("*.part"))
    running = client.submit("---\npolls: 99\n---\nA cat", seconds=4)
    with pytest.raises(InvalidRequestError, match="has no clip to save"):
        running.save(target)


def test_every_table_becomes_a_data_frame_when_asked(make_client: Callable[..., Client]) -> None:
    before, functions._default = functions._default, make_client()
    assert repr(veo.resume()) == "No job is open."
    limits = veo.budget(unknown=2).to_frame().set_index("budget")
    assert (limits["limit"]["day"], limits["left"]["day"], limits["limit"]["unknown"]) == (20.0, 20.0, 2.0)
    assert "provider" in set(veo.doctor().to_frame()["topic"])
    for table in (veo.jobs(), veo.cost(), veo.models(), veo.configuration()):
        assert len(table.to_frame().columns) > 2
    functions._default = before


CELLS = ("%load_ext veo_widgets", "%%veo --seconds 4 --wait --into job\nA cat")


@pytest.mark.parametrize("kind", ["ipynb", "py"])
def test_what_ipython_runs_makes_clips_too(emulator: Emulator, tmp_path: Path, kind: str) -> None:
    script = tmp_path / f"made.{kind}"
    if kind == "ipynb":
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS]), script)
    else:
        script.write_text(TransformerManager().transform_cell(CELLS[0]) + TransformerManager().transform_cell(CELLS[1]))
    environment = {
        **os.environ,
        "VEO_WIDGETS_HOME": str(tmp_path / "home"),
        "VEO_PROVIDER": "emulator",
        "VEO_EMULATOR_URL": emulator.base_url,
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }
    command = [sys.executable, "-m", "IPython", "--colors=nocolor", script.name]
    ran = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert "$0.40 · emulator: nothing was charged" in ran.stdout, ran.stdout + ran.stderr
    assert len(list((tmp_path / "veo_clips").glob("*.mp4"))) == 1


def test_what_is_configured_is_shown(make_client: Callable[..., Client], settings: Settings) -> None:
    before, functions._default = functions._default, make_client()
    assert repr(veo.configuration()).splitlines()[2].split()[:2] == ["provider", "emulator"]
    functions._default = before
