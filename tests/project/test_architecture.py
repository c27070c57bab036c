"""Who may import what, and what importing costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import veo_widgets

PACKAGE = Path(veo_widgets.__file__).parent

# One library, one room.
LIBRARIES = {
    "httpx": {"connections.py"},
    "sqlite3": {"ledger_file.py", "ledger_rescue.py", "ledger_schema.py"},
    "platformdirs": {"config.py"},
    "azure": {"credentials.py"},
    "google": {"google_login.py"},
    "anywidget": {"widgets/_base.py"},
    "traitlets": {
        "magics/shell_magics.py",
        "widgets/_base.py",
        "widgets/form.py",
        "widgets/grid_view.py",
        "widgets/job_view.py",
        "widgets/player.py",
        "widgets/studio.py",
    },
    "IPython": {
        "widgets/display.py",
        "magics/awaiting.py",
        "magics/extension.py",
        "magics/matching.py",
        "magics/shell_magics.py",
    },
    "jupyter_core": {"server_files.py"},
    "av": {"containers.py", "film_pictures.py", "film_sound.py", "poster.py", "reels.py", "stitching.py"},
    "PIL": {"arrays.py", "film_pictures.py", "pictures.py", "poster.py"},
    "numpy": {"arrays.py"},
    "matplotlib": set(),
    "torch": set(),
    "starlette": set(),
    "uvicorn": set(),
    "requests": set(),
    "nest_asyncio": set(),
    "nest_asyncio2": {"nesting.py"},
}


def modules() -> list[Path]:
    """Every module but the emulator's, which is a program of its own."""
    return [path for path in sorted(PACKAGE.rglob("*.py")) if "emulator" not in path.parts]


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_library_is_used_in_its_own_room_only(library: str) -> None:
    users = {path.relative_to(PACKAGE).as_posix() for path in modules() if library in imported(path)}
    assert users == LIBRARIES[library]


def test_nothing_but_its_starter_knows_the_emulator() -> None:
    users = {
        path.relative_to(PACKAGE).as_posix() for path in modules() if "veo_widgets.emulator" in path.read_text("utf-8")
    }
    assert users == {"embedded.py", "cli.py"}


def test_public_names_are_sorted_complete_and_real() -> None:
    assert list(veo_widgets.__all__) == sorted(veo_widgets.__all__, key=str)
    assert set(veo_widgets.__all__) == set(veo_widgets._HOMES)
    for name in veo_widgets.__all__:
        assert getattr(veo_widgets, name).__module__.startswith("veo_widgets.")
    assert set(veo_widgets.__all__) <= set(dir(veo_widgets))


def test_no_module_hides_behind_a_public_name() -> None:
    # Importing veo_widgets.jobs, if there were one, would replace the function veo_widgets.jobs.
    stems = {path.stem for path in PACKAGE.glob("*.py")} | {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    assert not stems & set(veo_widgets.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = veo_widgets.nothing


def fresh(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = ("httpx", "anywidget", "IPython", "sqlite3", "anyio", "traitlets", "asyncio", "veo_widgets.emulator")
    loaded = fresh(f"import sys, veo_widgets; print([name for name in {heavy!r} if name in sys.modules])")
    assert loaded == "[]"


def test_loading_the_extension_loads_neither_http_nor_widgets() -> None:
    heavy = ("httpx", "anywidget", "ipywidgets", "asyncio", "veo_widgets.session", "veo_widgets.widgets")
    load = "from IPython.core.interactiveshell import InteractiveShell; shell = InteractiveShell.instance()"
    code = f"import sys; {load}; shell.run_line_magic('load_ext', 'veo_widgets'); print("
    assert fresh(f"{code}[name for name in {heavy!r} if name in sys.modules])") == "[]"


def test_a_request_can_be_planned_without_a_network_or_a_notebook() -> None:
    code = "import sys; from veo_widgets import planning; print([n for n in ('httpx', 'IPython') if n in sys.modules])"
    assert fresh(code) == "[]"
