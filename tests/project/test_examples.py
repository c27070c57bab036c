"""Every example in documents and docstrings is run: ``python`` blocks in a real shell, ``sh`` blocks by the command,
``toml`` blocks by the reader of models.

Blocks of one page run one after the other, as a reader would. What needs an account, a terminal or another program is
in a ``text`` block.
"""

from __future__ import annotations

import inspect
import os
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import veo_widgets as veo
from veo_widgets.api import cli, functions
from veo_widgets.api.litellm import videos
from veo_widgets.domain import errors
from veo_widgets.domain.catalog import own_models_in
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client
from veo_widgets.session.groups.film_files import read_film

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
# Languages of blocks that are not run.
_SHOWN = {"", "text"}
# Changes asyncio for as long as the process lives, which other tests must not meet.
_LASTING = "allow_nested_loops"
_APART = "VEO_EXAMPLES_APART"


def blocks(text: str) -> list[tuple[str, str]]:
    """Language and code of each block that is run."""
    found = [(language, textwrap.dedent(code)) for _, language, code in _BLOCK.findall(text)]
    return [block for block in found if block[0] not in _SHOWN]


def pages() -> Iterator[tuple[str, str]]:
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


def docstrings() -> Iterator[tuple[str, str]]:
    yield from ((module.__name__, inspect.getdoc(module) or "") for module in (veo, errors, videos))
    for name in veo.__all__:
        thing = getattr(veo, name)
        yield name, inspect.getdoc(thing) or ""
        if inspect.isclass(thing):
            own = [kind for kind in thing.__mro__ if kind.__module__.startswith("veo_widgets")]
            members = {member: getattr(kind, member) for kind in own for member in vars(kind) if member[0] != "_"}
            yield from ((f"{name}.{member}", inspect.getdoc(value) or "") for member, value in members.items())


EXAMPLES = [(name, blocks(text)) for name, text in (*pages(), *docstrings()) if blocks(text)]


@pytest.fixture
def shell(
    make_client: Callable[..., Client], tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[InteractiveShell]:
    """A shell in a folder with what examples take for given."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cats.csv").write_text("animal,place\ncat,a garden\ndog,a kitchen\n")
    before, functions._default = functions._default, make_client(hasty=True)
    shell = InteractiveShell.instance(user_ns={"veo": veo})
    yield shell
    if "VeoMagics" in shell.magics_manager.registry:
        shell.run_line_magic("unload_ext", "veo_widgets")
    functions._default.close()
    functions._default = before
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


def run_in(shell: InteractiveShell, code: str) -> None:
    with capture_output() as seen:
        result = shell.run_cell(code)
    assert result.success, f"{code}\n{seen.stdout}{seen.stderr}"


def run_commands(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    for line in code.splitlines():
        command, *arguments = shlex.split(line)
        assert command == "veo"
        assert cli.main(arguments) == 0, f"{line}\n{capsys.readouterr()}"


def read_toml(block: str, name: str) -> None:
    """Models for `pyproject.toml`, or a film's file, whose name stands above it."""
    said = tomllib.loads(block)
    if "shots" in said:
        file = Path(block.partition("\n")[0].removeprefix("# "))
        file.write_text(block, "utf-8")
        assert len(read_film(file).parts) == len(said["shots"])
    else:
        assert own_models_in(said["tool"]["veo_widgets"]["models"], name)


@pytest.mark.parametrize(("name", "code"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_examples_run(
    shell: InteractiveShell,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
    name: str,
    code: list[tuple[str, str]],
) -> None:
    if any(_LASTING in block for _, block in code) and _APART not in os.environ:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", request.node.nodeid]
        apart = subprocess.run(
            command, check=False, cwd=ROOT, env={**os.environ, _APART: "1"}, capture_output=True, text=True, timeout=120
        )
        assert apart.returncode == 0, apart.stdout + apart.stderr
        return
    for language, block in code:
        if language == "sh":
            run_commands(block, capsys)
        elif language == "toml":
            read_toml(block, name)
        else:
            assert language == "python", f"{name}: a block is python, sh, toml or text"
            run_in(shell, block)
