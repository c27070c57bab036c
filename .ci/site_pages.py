"""Brings pages from outside ``docs/`` into the site, and makes links between files links between pages."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.plugins import event_priority
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
OUTSIDE = [ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *NOTEBOOKS]
_LINK = re.compile(r"(?<=\]\()([^)\s#:]+)(#[^)\s]*)?(?=\))")
_NOTEBOOK_LINK = re.compile(r'(?<=href=")([0-9][^":/#]*)\.ipynb(?=[#"])')


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the notebooks in the navigation."""
    for section in config.nav or []:
        if "Notebooks" in section:
            section["Notebooks"] = [f"notebooks/{path.name}" for path in NOTEBOOKS]
    return config


@event_priority(100)
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what is not in ``docs/``, before notebooks are recognised."""
    for path in OUTSIDE:
        added = File(
            path.relative_to(ROOT).as_posix(),
            str(path.parent) if path.suffix == ".md" else str(ROOT),
            config.site_dir,
            config.use_directory_urls,
        )
        files.append(added)
    return files


def on_page_markdown(markdown: str, page: Page, files: Files, **_: object) -> str:
    """Write each link to a file of the repository as a link to its page."""
    places = {Path(file.abs_src_path).resolve(): file.src_uri for file in files if file.abs_src_path}
    folder = Path(page.file.abs_src_path or "").parent

    def moved(link: re.Match[str]) -> str:
        target = places.get((folder / link[1]).resolve())
        if target is None:
            return link[0]
        return os.path.relpath(target, Path(page.file.src_uri).parent) + (link[2] or "")

    return _LINK.sub(moved, markdown)


def on_page_content(html: str, page: Page, **_: object) -> str:
    """Have notebooks link to each other's pages."""
    return _NOTEBOOK_LINK.sub(r"\1.html", html) if page.file.src_uri.endswith(".ipynb") else html
