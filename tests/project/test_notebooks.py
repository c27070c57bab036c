"""What the notebooks hold before anybody runs them: pictures without a kernel, and nothing of this machine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

NOTEBOOKS = sorted(Path(__file__).parents[2].joinpath("notebooks").glob("*.ipynb"))
MOST_BYTES = 300_000
PRIVATE = re.compile(r"/home/|/root/|/tmp/|/work/|/Users/|[A-Z]:\\\\|AIza|sk-[A-Za-z0-9]{8}|Bearer ")


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def texts(output: Any) -> str:
    """What people read of an output; pictures as base64 may hold any letters."""
    data = output.get("data", {})
    shown = [
        output.get("text", ""),
        *output.get("traceback", []),
        data.get("text/plain", ""),
        data.get("text/html", ""),
    ]
    return re.sub(r"base64,[A-Za-z0-9+/=]+", "", "\n".join(shown))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def notebook(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def test_they_are_numbered_without_a_gap() -> None:
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{number:02}" for number in range(1, len(NOTEBOOKS) + 1)]
    assert len(NOTEBOOKS) >= 10


def test_it_is_small_and_well_formed(path: Path, notebook: Any) -> None:
    assert path.stat().st_size <= MOST_BYTES
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert ids == [f"cell-{number:02}" for number in range(len(ids))]
    assert notebook.cells[0].source.startswith("# ")
    assert "widgets" not in notebook.metadata


def test_it_shows_something_without_a_kernel(notebook: Any) -> None:
    pages = [str(output.data.get("text/html", "")) for output in outputs(notebook) if "data" in output]
    assert any("data:image/jpeg;base64," in page for page in pages)


def test_every_cell_was_run_and_only_meant_errors_are_kept(notebook: Any) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.execution_count
            failed = any(output.output_type == "error" for output in cell.outputs)
            assert failed == ("raises-exception" in cell.metadata.get("tags", [])), cell.source


def test_nothing_of_this_machine_is_in_it(notebook: Any) -> None:
    for output in outputs(notebook):
        assert not PRIVATE.search(texts(output))
