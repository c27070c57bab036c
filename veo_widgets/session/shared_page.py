"""The page of clips that are given to others: it plays by itself, offline, and says how each was made."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ..domain import snippets
from ..domain.media import Video
from ..domain.printable import printable
from .contact_sheets import Item

# What of a recipe others may have: it makes the clip again. The rest names projects, prices and times of the sender.
_SHARED = ("schema", "made_by", "job", "sample", "provider", "model", "request")
# Of three bytes base64 makes four letters; a multiple of three leaves no padding in the middle.
_PIECE = 3 << 18
_PAGE_TOP = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --quiet: light-dark(#5c6066, #a6a9b0); --line: light-dark(#dcdee2, #3a3c42); }}
* {{ box-sizing: border-box; }}
body {{ margin: 0 auto; max-width: {width}px; padding: 28px 20px; font: 15px/1.5 system-ui, sans-serif;
  background: light-dark(#fafafa, #17181b); color: light-dark(#1c1d20, #ececee); }}
h1 {{ font-size: 22px; font-weight: 600; margin: 0 0 20px; overflow-wrap: anywhere; }}
main {{ display: grid; gap: 36px 24px; grid-template-columns: repeat(auto-fill, minmax(min(100%, {least}px), 1fr)); }}
figure {{ margin: 0; min-width: 0; }}
figure.wide {{ grid-column: 1 / -1; }}
video, img {{ display: block; width: 100%; max-height: 80vh; border-radius: 8px; background: #000;
  object-fit: contain; }}
figcaption {{ margin-top: 10px; overflow-wrap: anywhere; }}
.title {{ font-weight: 600; }}
.prompt {{ white-space: pre-wrap; }}
.quiet, summary {{ color: var(--quiet); font-size: 13px; }}
summary {{ cursor: pointer; margin-top: 6px; }}
pre {{ margin: 6px 0 0; padding: 10px 12px; border: 1px solid var(--line); border-radius: 6px; font-size: 13px;
  white-space: pre-wrap; overflow-wrap: anywhere; }}
</style>
</head>
<body>
<h1>{title}</h1>
<main>
"""
_PAGE_END = "</main>\n</body>\n</html>\n"


def page(title: str, items: Sequence[Item], address: Callable[[Video], Iterator[str]]) -> Iterator[str]:
    """The page, in pieces, so that clips of any size take little memory.

    Args:
        title: what it is of.
        items: what is on it; a first one without a prompt, as of a film, stands above all others.
        address: of a clip, in pieces.
    """
    single = len(items) == 1
    yield _PAGE_TOP.format(title=escape(printable(title)), width=960 if single else 1240, least=340)
    for number, item in enumerate(items):
        is_wide = single or (number == 0 and not item.prompt)
        yield from _figure(item, address, is_wide=is_wide)
    yield _PAGE_END


def embedded(video: Video) -> Iterator[str]:
    """A clip as a ``data:`` address.

    Raises:
        OSError: it cannot be read.
    """
    yield f"data:{video.mime};base64,"
    with video.fetch().open("rb") as file:
        while piece := file.read(_PIECE):
            yield base64.b64encode(piece).decode("ascii")


def shared_recipe(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """What others need to make the clip again; empty if nothing is known."""
    known = {key: recipe[key] for key in _SHARED if key in recipe}
    return known if isinstance(known.get("request"), dict) else {}


def _figure(item: Item, address: Callable[[Video], Iterator[str]], *, is_wide: bool) -> Iterator[str]:
    yield '<figure class="wide">' if is_wide else "<figure>"
    if item.video is None:
        # Where it lay is the sender's own business.
        yield f'<img src="{escape(item.poster)}" alt=""><div class="quiet">The clip itself is lost.</div>'
    else:
        poster = f' poster="{escape(item.poster)}"' if item.poster else ""
        shape = f"aspect-ratio:{item.shape[0]}/{item.shape[1]}"
        yield f'<video controls loop playsinline preload="none"{poster} style="{shape}" src="'
        yield from address(item.video)
        yield '"></video>'
    yield f"<figcaption>{_caption(item)}</figcaption></figure>\n"


def _caption(item: Item) -> str:
    recipe = shared_recipe(item.video.recipe) if item.video else {}
    lines = [
        f'<div class="title">{_text(item.title)}</div>' if item.title else "",
        f'<div class="prompt">{_text(item.prompt)}</div>' if item.prompt else "",
        f'<div class="quiet">{_text(item.facts)}</div>' if item.facts else "",
        _making(recipe) if recipe else "",
    ]
    return "".join(lines)


def _making(recipe: Mapping[str, Any]) -> str:
    request = recipe["request"]
    settings = " · ".join(f"{label} {value}" for label, value in snippets.settings(request))
    cell = snippets.magic(request, str(recipe.get("provider", "")))
    # A recipe may be anybody's: no text of it may end the element.
    data = json.dumps(recipe, ensure_ascii=True).replace("<", "\\u003c")
    return (
        f"<details><summary>How it was made</summary>"
        f'<div class="quiet">{_text(" · ".join(filter(None, (str(recipe.get("model", "")), settings))))}</div>'
        f"<pre>{_text(cell)}</pre>"
        f'<script type="application/json" class="veo-recipe">{data}</script></details>'
    )


def _text(words: str) -> str:
    return escape(printable(words))


def file_names(items: Sequence[Item]) -> dict[Path, str]:
    """A name of its own for each clip's file, as near to its own as possible."""
    names: dict[Path, str] = {}
    taken: set[str] = set()
    for video in (item.video for item in items if item.video):
        if video.path in names:
            continue
        name, number = video.path.name, 1
        # Some systems tell no "Cat.mp4" from "cat.mp4".
        while name.lower() in taken:
            number += 1
            name = f"{video.path.stem}_{number}{video.path.suffix}"
        taken.add(name.lower())
        names[video.path] = name
    return names
