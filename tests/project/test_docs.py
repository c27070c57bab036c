"""The documents: tables are current, links lead somewhere, every public name has its place."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

import veo_widgets as veo

from ..e2e.conftest import launched
from ..reference_pages import PAGES

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
DOCUMENTS += [*sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "notebooks").glob("*.ipynb"))]
_FENCE = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)
_LINKS = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")
_ELSEWHERE = ("http://", "https://", "mailto:", "data:", "attachment:")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_generated_page_is_current(path: Path) -> None:
    assert path.read_text("utf-8") == PAGES[path](), "make docs-tables writes it anew"


@cache
def prose(path: Path) -> str:
    """What people wrote, without code."""
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return re.sub(r"`[^`\n]*`", lambda code: code[0] if "](" not in code[0] else "", _FENCE.sub("", text))


@cache
def anchors(path: Path) -> set[str]:
    """The places of a document that a link may name: its headings, and what is described there."""
    made = set(re.findall(r"^::: (\S+)", path.read_text("utf-8"), re.MULTILINE)) if path.suffix == ".md" else set()
    for heading in re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE):
        made.add(re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()))
    return made


def links(path: Path) -> Iterator[str]:
    for found in _LINKS.finditer(prose(path)):
        link = unquote(found[1] or found[2]).partition("#only-")[0]
        if not link.startswith(_ELSEWHERE):
            yield link


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    broken = []
    for link in links(path):
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.is_file() or not target.is_relative_to(ROOT) or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_is_named_is_there(path: Path) -> None:
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|js|jsx|mjs|json))`", path.read_text("utf-8"))
    assert [name for name in named if not any((root / name).is_file() for root in (ROOT, ROOT / "veo_widgets"))] == []


def test_every_public_name_is_in_the_reference() -> None:
    described = re.findall(
        r"^::: veo_widgets\.(?:domain\.)?(\w+)$", (ROOT / "docs" / "api.md").read_text("utf-8"), re.MULTILINE
    )
    assert sorted(described) == sorted([*veo.__all__, "errors"])


def test_every_page_is_in_the_navigation() -> None:
    settings = (ROOT / ".ci" / "mkdocs.yml").read_text("utf-8")
    listed = set(re.findall(r"- (?:[\w ]+: )?(\S+\.md)$", settings, re.MULTILINE))
    there = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert listed == there | {"CONTRIBUTING.md", "CHANGELOG.md"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built without a warning."""
    folder = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--quiet",
        "--strict",
        "-f",
        ".ci/mkdocs.yml",
        "-d",
        str(folder),
    ]
    built = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def test_the_site_fetches_nothing(site: Path) -> None:
    pages = {path.relative_to(site).as_posix(): path.read_text("utf-8") for path in site.rglob("*.html")}
    assert {"index.html", "api.html", "notebooks/01-first-clip.html"} <= set(pages)
    fetched = re.compile(r"<(?:script|link|img|source|video)\b[^>]*\b(?:src|href)=[\"']?https?://[^>]*>")
    assert {name: found for name, text in pages.items() if (found := fetched.findall(text))} == {}


@pytest.mark.parametrize("name", ["index.html", "how-to/resume.html"])
def test_the_search_works_where_the_site_is_opened_as_a_file(site: Path, name: str) -> None:
    with launched() as browser:
        page = browser.new_page()
        page.goto((site / name).as_uri())
        # The search listens to keys.
        page.get_by_role("textbox", name="Search").press_sequentially("DeliveryWarning")
        found = page.locator(".md-search-result__link", has_text="DeliveryWarning")
        found.first.wait_for(timeout=600_000)
        assert found.first.evaluate("link => link.href").startswith(site.as_uri())
