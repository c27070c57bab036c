"""Who may import what, and what importing costs."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

import veo_widgets
from veo_widgets.emulator import Emulator

PACKAGE = Path(veo_widgets.__file__).parent

# One library, one room.
LIBRARIES = {
    "httpx": {"client/transport"},
    "aiohttp": {"client/transport"},
    "yarl": {"client/transport"},
    "sqlite3": {"storage/ledger"},
    "sqlalchemy": {"storage/ledger"},
    "psycopg": {"storage/ledger"},
    "platformdirs": {"config"},
    "azure": {"config", "domain"},
    "google": {"config"},
    "jupyter_core": {"config"},
    "anywidget": {"notebook/widgets"},
    "traitlets": {
        "notebook/magics",
        "notebook/widgets",
        "notebook/widgets/batches",
        "notebook/widgets/forms",
        "notebook/widgets/grids",
        "notebook/widgets/libraries",
        "notebook/widgets/storyboards",
    },
    "IPython": {"notebook", "notebook/magics", "notebook/widgets"},
    "fsspec": {"domain"},
    "distributed": {"api"},
    "av": {"domain/formats", "storage/clips", "storage/films"},
    "PIL": {"domain/formats", "storage/clips"},
    "opentimelineio": {"storage/films"},
    "numpy": {"domain/formats"},
    "matplotlib": set(),
    "torch": set(),
    "starlette": set(),
    "uvicorn": set(),
    "requests": set(),
    "nest_asyncio": set(),
    "nest_asyncio2": {"api"},
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
    users = {path.parent.relative_to(PACKAGE).as_posix() for path in modules() if library in imported(path)}
    assert users == LIBRARIES[library]


def test_nothing_but_its_starter_knows_the_emulator() -> None:
    users = {
        path.relative_to(PACKAGE).as_posix() for path in modules() if "veo_widgets.emulator" in path.read_text("utf-8")
    }
    assert users == {"client/embedded_emulator.py", "api/cli.py"}


def circles(graph: grimp.ImportGraph) -> list[set[str]]:
    """Modules that import each other, directly or by way of others."""
    sorter = graphlib.TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules})
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        return [set(error.args[1])]
    return []


def test_no_modules_import_each_other_not_even_for_types() -> None:
    graph = grimp.build_graph("veo_widgets", exclude_type_checking_imports=False, cache_dir=None)
    assert circles(graph) == []
    graph.add_import(importer="veo_widgets.domain.errors", imported="veo_widgets.domain.job_record")
    assert circles(graph)


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
    heavy = (
        "aiohttp",
        "httpx",
        "anywidget",
        "IPython",
        "sqlite3",
        "anyio",
        "traitlets",
        "asyncio",
        "veo_widgets.emulator",
    )
    loaded = fresh(f"import sys, veo_widgets; print([name for name in {heavy!r} if name in sys.modules])")
    assert loaded == "[]"


def test_loading_the_extension_loads_neither_http_nor_widgets() -> None:
    heavy = (
        "aiohttp",
        "httpx",
        "anywidget",
        "ipywidgets",
        "asyncio",
        "veo_widgets.api.functions",
        "veo_widgets.notebook.widgets",
    )
    load = "from IPython.core.interactiveshell import InteractiveShell; shell = InteractiveShell.instance()"
    code = f"import sys; {load}; shell.run_line_magic('load_ext', 'veo_widgets'); print("
    assert fresh(f"{code}[name for name in {heavy!r} if name in sys.modules])") == "[]"


def test_what_a_first_cell_waits_for_loads_neither_widgets_nor_the_command_line_of_httpx() -> None:
    heavy = (
        "anywidget",
        "ipywidgets",
        "httpx._main",
        "rich",
        "veo_widgets.notebook.widgets",
        "veo_widgets.session.groups.film",
    )
    code = (
        f"import sys; from veo_widgets.notebook.magics import runs; print([n for n in {heavy!r} if n in sys.modules])"
    )
    assert fresh(code) == "[]"
    # It is left out, not taken away: whoever wants it loads it.
    code = "from veo_widgets.client.transport import connections; import httpx._main; print(httpx._main.main.name)"
    assert fresh(code) == "main"


def test_trio_is_not_loaded_for_http_and_is_there_for_whoever_uses_it(emulator: Emulator) -> None:
    load = "import sys; from veo_widgets.client.transport import connections; connections.load_completely(); "
    assert fresh(f"{load}print([name for name in sys.modules if name.startswith('trio')])") == "[]"
    # Under trio httpcore takes its locks from the module that it was given in its place.
    ask = f"""
import httpx, trio, trio.lowlevel
async def main():
    async with httpx.AsyncClient() as client:
        print((await client.get({emulator.base_url + "/_admin/journal"!r})).status_code)
trio.run(main)"""
    assert fresh(load + ask) == "200"


def test_a_request_can_be_planned_without_a_network_or_a_notebook() -> None:
    code = (
        "import sys; from veo_widgets.client import plan; print([n for n in ('httpx', 'IPython') if n in sys.modules])"
    )
    assert fresh(code) == "[]"
