"""Real JupyterLab: a clip of 15 MB, the studio, the bundles, and what a saved notebook keeps."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from .. import lab
from ..rows import Row
from ..stage import Stage, others_of, rounds

MB = 1_000_000


def notebooks(stage: Stage) -> list[Row]:
    """A clip of 15 MB in JupyterLab, the studio, and the bundles."""
    with lab.opened() as (browser, server, root):
        found = rounds({name: partial(lab.shown, browser, server, name) for name in lab.SHOWN}, 3)
        studio = rounds({"studio": partial(lab.studio, browser, server)}, 3)["studio"]["after_message_ms"]
        search = rounds({"library": partial(lab.library, browser, server)}, 3)["library"]["ms"]
        clip = root / "veo_clips" / "clip.mp4"
        embedded = stage.run("mediapy", "embedding", clip=str(clip))["bytes"]
    ours, widget = found["veo_widgets"], found["ipywidgets.Video"]
    picture, through = ours["picture_ms"], ours["kernel_bytes"]
    # What ipywidgets.Video leaves is no clip: without a kernel there is nothing to see.
    saved = {"IPython.display.Video": found["IPython.display.Video"]["notebook_bytes"], "mediapy": embedded}
    static = Path(lab.__file__).parents[2] / "veo_widgets" / "static"
    bundle_size = max(path.stat().st_size for path in static.glob("*"))
    return [
        Row(
            "Showing 15 MB",
            "first picture",
            picture,
            "ms",
            "≤ 1/3 of ipywidgets.Video",
            picture <= widget["picture_ms"] / 3,
            others_of(found, "picture_ms"),
            "Ours is the still; the clip can be played when a frame of it is decoded.",
        ),
        Row(
            "Showing 15 MB",
            "first frame decoded",
            ours["ms"],
            "ms",
            "≤ 0.4 of ipywidgets.Video",
            ours["ms"] <= 0.4 * widget["ms"],
            others_of(found, "ms"),
            "From running the cell until the element has a frame of the clip, in a page that has shown no HTML before.",
        ),
        Row(
            "Showing 15 MB",
            "through the kernel",
            through / MB,
            "MB",
            "no clip in it",
            through < MB,
            {name: size / MB for name, size in others_of(found, "kernel_bytes").items()},
            "Ours is the player's program, the still and messages.",
        ),
        Row("Showing 15 MB", "memory of the kernel", ours["kernel_mb"], "MB", "≤ 1", ours["kernel_mb"] <= 1),
        Row(
            "Notebook",
            "what a clip adds",
            _saved_card(stage) / 1000,
            "kB",
            "≤ 40",
            _saved_card(stage) <= 40_000,
            {name: size / 1000 for name, size in saved.items()},
            "ipywidgets.Video adds half a kilobyte, and nothing to be seen without a kernel.",
        ),
        Row("Studio", "the largest bundle", bundle_size / 1000, "kB", "≤ 60", bundle_size <= 60_000),
        Row("Studio", "from its message to a form that can be typed in", studio, "ms", "≤ 150", studio <= 150),
        Row(
            "Library",
            "from a key to the job that is found among 5,000",
            search,
            "ms",
            "≤ 200",
            search <= 200,
            method="30 ms of it are the pause in which more keys may come.",
        ),
    ]


def _saved_card(stage: Stage) -> int:
    """Bytes of the cell that a job leaves in a saved notebook."""
    with tempfile.TemporaryDirectory(dir=stage.folder) as folder:
        return int(stage.run("veo_widgets", "cards", notebook=folder)["bytes"])
