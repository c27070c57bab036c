"""Every measurement, topic by topic: each returns rows for the results."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from . import lab, poll_simulation
from .rows import Row
from .stage import Json, Stage, rounds, served

LARGE, CLIP = 200_000_000, 45_000_000
MB = 1_000_000


def _cases(stage: Stage, program: str, *clients: str, **said: object) -> dict[str, Callable[[], Json]]:
    return {client: partial(stage.run, client, program, **said) for client in clients}


def _others(found: dict[str, Json], key: str) -> dict[str, float]:
    return {name: values[key] for name, values in found.items() if name != "veo_widgets"}


def imports(stage: Stage) -> list[Row]:
    """Importing the package, loading the extension, and the first submit of a cold process."""
    clients = ("veo_widgets", "google-genai", "google-genai 3", "litellm", "openai", "httpx")
    found = rounds(_cases(stage, "imports", *clients), 3)
    ours, others = found["veo_widgets"]["ms"], _others(found, "ms")
    loaded = rounds(_cases(stage, "load_ext", "veo_widgets"), 5)["veo_widgets"]["ms"]
    first = _first_submits(stage)
    times = min(others["google-genai"], others["litellm"]) / ours
    return [
        Row("Import", "import", ours, "ms", "≤ 30", ours <= 30, others),
        Row("Import", "the nearest of google-genai and LiteLLM, in our imports", times, "×", "≥ 20", times >= 20),
        Row("Import", "%load_ext above IPython", loaded, "ms", "≤ 60", loaded <= 60),
        Row(
            "First submit",
            "until the create is sent",
            first["veo_widgets"],
            "ms",
            "≤ 300",
            first["veo_widgets"] <= 300,
            {name: value for name, value in first.items() if name != "veo_widgets"},
            "From the start of a fresh process's first cell until the service has it. The peers' cells import them and "
            "make a client; ours follows %load_ext, and its job is in the ledger.",
        ),
    ]


def _first_submits(stage: Stage) -> dict[str, float]:
    found: dict[str, list[float]] = {"veo_widgets": [], "google-genai": [], "litellm": []}
    for number in range(3):
        for client, many in found.items():
            stage.reset()
            began = stage.run(client, "first_submits", prompt=f"A cat, take {number}")["began"]
            heard = min(entry["time"] for entry in stage.journal() if entry["kind"] == "create")
            many.append((heard - began) * 1000)
    return {client: median(many) for client, many in found.items()}


def noticing(_stage: Stage) -> list[Row]:
    """The poll schedule, simulated; see `poll_simulation`."""
    late, crowd, loop, ideal = poll_simulation.summary()
    return [
        Row("Noticing", "lateness of a few jobs, of a 10 s loop's", late, "×", "≤ 0.33", late <= 1 / 3),
        Row("Noticing", "looks for each of 1,000 jobs", crowd, "", f"≤ {loop:.1f}, the loop's", crowd <= loop),
        Row("Noticing", "least lateness anybody can have with no more looks than the loop", ideal, "×"),
    ]


def waiting(stage: Stage) -> list[Row]:
    """CPU of polls, and of a thousand jobs."""
    found = rounds(_cases(stage, "polls", "veo_widgets", "httpx", "google-genai", "litellm", "openai", polls=300), 3)
    ours, raw = found["veo_widgets"]["cpu_ms"], found["httpx"]["cpu_ms"]
    hurried = stage.run("veo_widgets", "many", jobs=1000, polls=10, outcome="filtered")
    calm = stage.run("veo_widgets", "many", jobs=1000, polls=0, waiting=True, after=35, seconds=20)
    rate, share = hurried["polls_per_cpu_second"], calm["percent_of_a_core"]
    return [
        Row("Waiting", "CPU of a poll", ours, "ms", "≤ 1.3 × httpx", ours <= 1.3 * raw, _others(found, "cpu_ms")),
        Row("Waiting", "polls of 1,000 jobs in a second of one core", rate, "/s", "≥ 400", rate >= 400),
        Row(
            "Waiting",
            "CPU of 1,000 running jobs, looked at by the schedule",
            share,
            "% of a core",
            "≤ 20",
            share <= 20,
            method=f"For 20 s from the 35th second on; {calm['polls_per_second']:.0f} polls a second.",
        ),
    ]


def many(stage: Stage) -> list[Row]:
    """A thousand jobs from submit to clip."""
    found = stage.run("veo_widgets", "many", jobs=1000, polls=1, outcome="done")
    memory, lost = found["memory_mb"], found["lost"]
    return [
        Row("Many jobs", "memory that 1,000 jobs take", memory, "MB", "≤ 150", memory <= 150),
        Row("Many jobs", "clips lost of 1,000", lost, "", "0", lost == 0),
    ]


def downloads(stage: Stage) -> list[Row]:
    """200 MB from loopback to disk, and a clip inside JSON."""
    clients = ("curl", "veo_widgets", "httpx", "google-genai", "litellm", "openai")
    with served("-m", "tests.bench.file_server", str(LARGE)) as url:
        found = rounds(_cases(stage, "downloads", *clients, file_url=url, bytes=LARGE), 5)
    speed, others = found["veo_widgets"]["mb_s"], _others(found, "mb_s")
    memory, memories = found["veo_widgets"]["memory_mb"], _others(found, "memory_mb")
    # curl's memory is not this program's.
    del memories["curl"]
    bodies = stage.run("veo_widgets", "base64_answers", bytes=CLIP)["bodies"]
    ratio = speed / others["google-genai"]
    return [
        Row("Download", "200 MB to disk", speed, "MB/s", "≥ 0.5 × curl", speed >= 0.5 * others["curl"], others),
        Row("Download", "the same in google-genai's", ratio, "×", "≥ 1.4", ratio >= 1.4),
        Row("Download", "memory for that", memory, "MB", "≤ 16", memory <= 16, memories),
        Row("Download", "memory for 60 MB of JSON with a clip in it, in bodies", bodies, "×", "≤ 2.2", bodies <= 2.2),
    ]


def ledgers(stage: Stage) -> list[Row]:
    """Ten thousand jobs on disk."""
    found = rounds(_cases(stage, "ledgers", "veo_widgets", jobs=10_000, open=100), 3)["veo_widgets"]
    goals = {"jobs_ms": ("veo.jobs()", 50), "resume_ms": ("resume, with 100 open", 200), "change_ms": ("a change", 2)}
    rows = [
        Row("Ledger of 10,000 jobs", what, found[key], "ms", f"≤ {goal}", found[key] <= goal)
        for key, (what, goal) in goals.items()
    ]
    return [*rows, Row("Ledger of 10,000 jobs", "all of them as a table", found["all_jobs_ms"], "ms")]


def emulator(stage: Stage) -> list[Row]:
    """What a clip costs that costs nothing."""
    spent = rounds(_cases(stage, "clips", "veo_widgets"), 3)["veo_widgets"]["cpu_s"]
    return [Row("Emulator", "CPU of an 8 s clip of 720p", spent, "s", "≤ 2", spent <= 2)]


def notebooks(stage: Stage) -> list[Row]:
    """A clip of 15 MB in JupyterLab, the studio, and the bundles."""
    with lab.opened() as (browser, server, root):
        found = rounds({name: partial(lab.shown, browser, server, name) for name in lab.SHOWN}, 3)
        studio = rounds({"studio": partial(lab.studio, browser, server)}, 3)["studio"]["after_message_ms"]
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
            _others(found, "picture_ms"),
            "Ours is the still; the clip can be played when a frame of it is decoded.",
        ),
        Row("Showing 15 MB", "first frame decoded", ours["ms"], "ms", others=_others(found, "ms")),
        Row(
            "Showing 15 MB",
            "through the kernel",
            through / MB,
            "MB",
            "no clip in it",
            through < MB,
            {name: size / MB for name, size in _others(found, "kernel_bytes").items()},
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
    ]


def _saved_card(stage: Stage) -> int:
    """Bytes of the cell that a job leaves in a saved notebook."""
    with tempfile.TemporaryDirectory(dir=stage.folder) as folder:
        return int(stage.run("veo_widgets", "cards", notebook=folder)["bytes"])


TOPICS = {
    "imports": imports,
    "noticing": noticing,
    "waiting": waiting,
    "many": many,
    "downloads": downloads,
    "ledgers": ledgers,
    "emulator": emulator,
    "notebooks": notebooks,
}
