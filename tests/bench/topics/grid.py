"""Real JupyterLab: a grid of 24 clips that is scrolled, and what the page keeps of 200 clips."""

from __future__ import annotations

from functools import partial

from .. import grids
from ..rows import Row
from ..stage import Stage, others_of, rounds

MOST_DECODERS = 6
HALF_A_FRAME_MS = 8.3


def grid(stage: Stage) -> list[Row]:
    """A grid of 24 clips in JupyterLab."""
    with grids.opened() as (browser, server):
        found = rounds({name: partial(grids.scrolled, browser, server, name) for name in grids.SHOWN}, 3)
        passed = grids.passed(browser, server)
        kept = {name: grids.replaced(browser, server, name) for name in grids.REPLACED}
    ours, pictures = found["veo_widgets"], found[grids.PICTURES]
    decoders, elements = ours["decoders"], kept["veo_widgets"]["elements"]
    heap = {name: one["heap_mb"] for name, one in kept.items()}
    return [
        Row(
            "Grid of 24",
            "frames a second while it is scrolled",
            ours["frames"],
            "",
            "60, or ≥ 0.9 × the pictures alone",
            ours["frames"] >= min(59, 0.9 * pictures["frames"]),
            others_of(found, "frames"),
            "The pictures alone are what the browser can do on this machine, where it draws without a graphics card.",
        ),
        Row(
            "Grid of 24",
            "CPU of the page's main thread for each frame while it is scrolled",
            ours["main_ms"],
            "ms",
            f"≤ {HALF_A_FRAME_MS}, half of a frame of 60",
            ours["main_ms"] <= HALF_A_FRAME_MS,
            others_of(found, "main_ms"),
            "What is ours to spend; drawing is the machine's.",
        ),
        Row("Grid of 24", "frames that come in time", ours["in_time"], "%", others=others_of(found, "in_time")),
        Row(
            "Grid of 24",
            "elements with a decoder at a time",
            decoders,
            "",
            f"≤ {MOST_DECODERS}",
            decoders <= MOST_DECODERS,
            others_of(found, "decoders"),
        ),
        Row(
            "Grid of 216",
            "heap that is taken when it is scrolled past again",
            passed["heap_mb"],
            "MB",
            "≤ 1",
            passed["heap_mb"] <= 1,
        ),
        Row(
            f"{grids.CLIPS_SHOWN} clips",
            "elements that are left of grids that were replaced",
            elements,
            "",
            "0",
            elements == 0,
        ),
        Row(
            f"{grids.CLIPS_SHOWN} clips",
            "heap that is left of grids that were replaced",
            heap["veo_widgets"],
            "MB",
            others={name: value for name, value in heap.items() if name != "veo_widgets"},
            method="JupyterLab keeps the state of every widget until its kernel has gone, stills among it.",
        ),
    ]
