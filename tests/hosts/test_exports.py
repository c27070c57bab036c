"""Notebooks that are kept as text or read as pages, by the programs that people use for it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser

from veo_widgets.emulator import Emulator

from ..conformance.environments import python_of
from ..e2e.conftest import CHROMIUM
from ..kernels import execute, notebook

ROOT = Path(__file__).parents[2]
REQUIREMENTS = Path(__file__).parent / "requirements"
PROMPTS = (
    '%%veo --seconds 4 --seed 7\nA cat: "it\'s" playing\n\n  with {yarn} & <wool>, 100% sure # no comment',
    "%%veo\n---\nnegative_prompt: rain\n---\nA cat\n\n\n  two blank lines",
    "%%veo --each\nmodel\tprompt\n```\nfence\n```",
    "%%veo\nÄ cat — 猫 😀  ",
    "%veo jobs",
    "clip = veo.job().videos[0]",
)
ROUND_TRIP = """
import sys, jupytext
made = jupytext.read("made.ipynb")
jupytext.write(made, "made." + sys.argv[1].split(":")[0], fmt=sys.argv[1])
jupytext.write(jupytext.read("made." + sys.argv[1].split(":")[0], fmt=sys.argv[1]), "back.ipynb")
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, shared_emulator: Emulator) -> Path:
    """A notebook with a clip, run."""
    folder = tmp_path_factory.mktemp("made")
    places = {"VEO_EMULATOR_URL": shared_emulator.base_url, "VEO_WIDGETS_HOME": str(folder / "home")}
    cell = "%%veo --seconds 4 --wait\nA cat playing <with> a ball & yarn"
    whole = execute(
        notebook("%load_ext veo_widgets", cell), folder, {**os.environ, "VEO_PROVIDER": "emulator", **places}
    )
    whole.cells.insert(0, nbformat.v4.new_markdown_cell("# Cats"))
    nbformat.write(whole, folder / "made.ipynb")
    return folder / "made.ipynb"


def run(folder: Path, *arguments: str, python: Path | None = None, **environment: str) -> str:
    """Run a program, by default one of the environment for exports; returns what it says."""
    command = [str(python or python_of("exports", REQUIREMENTS)), *arguments]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("kind", ["py:percent", "md:myst"])
def test_prompts_come_back_from_text_byte_for_byte(tmp_path: Path, kind: str) -> None:
    nbformat.write(notebook(*PROMPTS), tmp_path / "made.ipynb")
    run(tmp_path, "-c", ROUND_TRIP, kind)
    back = nbformat.read(tmp_path / "back.ipynb", 4)
    assert [cell.source for cell in back.cells] == list(PROMPTS)


def test_a_stripped_notebook_keeps_its_prompts_and_nothing_else(made: Path, tmp_path: Path) -> None:
    stripped = tmp_path / "made.ipynb"
    stripped.write_bytes(made.read_bytes())
    run(tmp_path, "-m", "nbstripout", stripped.name)
    cells = nbformat.read(stripped, 4).cells
    assert [cell.source for cell in cells] == [cell.source for cell in nbformat.read(made, 4).cells]
    assert "veo-saved" not in stripped.read_text()


def test_a_difference_of_prompts_is_one_of_lines(made: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.ipynb"
    changed.write_text(made.read_text().replace("A cat playing <with>", "A dog playing <with>"))
    said = run(tmp_path, "-m", "nbdime", "diff", "--sources", "--no-color", str(made), str(changed))
    assert "-A cat playing <with> a ball & yarn" in said
    assert "+A dog playing <with> a ball & yarn" in said


def card(page: str) -> str:
    """The one saved card of a page."""
    (found,) = re.findall(r'<div class="veo-saved-.*?</video></div>.*?</div></div>', page, re.DOTALL)
    return str(found)


def test_sphinx_shows_the_card(made: Path, tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text('extensions = ["myst_nb"]\nnb_execution_mode = "off"\n')
    (tmp_path / "index.ipynb").write_bytes(made.read_bytes())
    run(tmp_path, "-m", "sphinx", "-q", "-W", "-b", "html", ".", "out")
    shown = card((tmp_path / "out" / "index.html").read_text())
    assert "A cat playing &lt;with&gt; a ball &amp; yarn" in shown
    assert "url(data:image/jpeg;base64," in shown


def test_mkdocs_shows_the_card(made: Path, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.ipynb").write_bytes(made.read_bytes())
    (tmp_path / "mkdocs.yml").write_text("site_name: Cats\nplugins: [mkdocs-jupyter]\n")
    run(tmp_path, "-m", "mkdocs", "build", "--quiet", python=Path(sys.executable), NO_MKDOCS_2_WARNING="1")
    assert "A cat playing &lt;with&gt; a ball &amp; yarn" in card((tmp_path / "site" / "index.html").read_text())


PAGES = ("html --template lab", "html --template classic", "slides")
# What docs/works-in.md gives.
STILLS = re.search(
    r"^jupyter nbconvert (.* )clips\.ipynb$", (ROOT / "docs" / "works-in.md").read_text("utf-8"), re.MULTILINE
)


def visible(browser: Browser, page: Path) -> tuple[str, int]:
    """The words of a page as people see them, and how many players they see."""
    # Offline: the scripts that pages take from elsewhere draw formulas.
    context = browser.new_context(offline=True)
    tab = context.new_page()
    tab.goto(page.as_uri(), wait_until="domcontentloaded")
    seen = tab.inner_text("body"), tab.locator("video").filter(visible=True).count()
    context.close()
    return seen


@pytest.mark.parametrize("risky", [True, False])
@pytest.mark.parametrize("kind", PAGES)
def test_no_page_shows_code_in_place_of_the_player(
    made: Path, browser: Browser, tmp_path: Path, kind: str, *, risky: bool
) -> None:
    options = ("--no-input", f"--HTMLExporter.sanitize_html={not risky}", "--output", str(tmp_path / "page"))
    run(tmp_path, "-m", "nbconvert", "--to", *kind.split(), *options, str(made), python=Path(sys.executable))
    (page,) = tmp_path.glob("page*.html")
    words, players = visible(browser, page)
    assert players == int(risky)
    assert "A cat playing <with> a ball & yarn" in words
    assert ".mp4 · 1280×720" in words
    assert not re.search("</?(video|div|style)|src=", words)


def test_the_command_of_the_docs_has_stills_in_pages_without_risky_html(
    made: Path, browser: Browser, tmp_path: Path
) -> None:
    assert STILLS is not None
    options = (*shlex.split(STILLS[1]), "--output", str(tmp_path / "page"))
    run(tmp_path, "-m", "nbconvert", *options, str(made), python=Path(sys.executable))
    page = (tmp_path / "page.html").read_text()
    assert len(re.findall(r'<img[^>]* src="data:image/jpeg;base64,', page)) == 1
    assert "video" not in visible(browser, tmp_path / "page.html")[0]


def test_a_pdf_has_the_still_and_the_words(made: Path, tmp_path: Path) -> None:
    browsers = {"PLAYWRIGHT_BROWSERS_PATH": str(browsers_of_playwright(tmp_path / "browsers"))}
    options = ("--to", "webpdf", "--disable-chromium-sandbox", "--output-dir", str(tmp_path))
    run(tmp_path, "-m", "nbconvert", *options, str(made), python=Path(sys.executable), **browsers)
    look = "import pypdf\nfor page in pypdf.PdfReader('made.pdf').pages: print(len(page.images), page.extract_text())"
    said = run(tmp_path, "-c", look)
    assert said[0] == "1"
    assert "A cat playing <with> a ball & yarn" in said
    assert "$0.40 · emulator: nothing was charged" in said


def browsers_of_playwright(folder: Path) -> Path:
    """A folder in which Playwright finds this machine's Chromium where it looks for one of its own."""
    look = "from playwright.sync_api import sync_playwright as p\nwith p() as q: print(q.chromium.executable_path)"
    path = run(folder.parent, "-c", look, python=Path(sys.executable), PLAYWRIGHT_BROWSERS_PATH=str(folder)).strip()
    version = re.search(r"chromium-(\d+)", path)
    assert version is not None
    shell = folder / f"chromium_headless_shell-{version[1]}" / "chrome-headless-shell-linux64" / "chrome-headless-shell"
    shell.parent.mkdir(parents=True)
    shell.write_text(f'#!/bin/sh\nexec "{CHROMIUM}" "$@"\n')
    shell.chmod(0o755)
    return folder
