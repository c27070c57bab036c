"""Importing the package, loading the extension, and the first submit of a cold process."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from ..rows import Row
from ..stage import BEFORE, Stage, cases, others_of, rounds


def imports(stage: Stage) -> list[Row]:
    """Importing the package, loading the extension, and the first submit of a cold process."""
    clients = ("veo_widgets", "google-genai", "google-genai 3", "litellm", "openai", "httpx")
    found = rounds(cases(stage, "imports", *clients), 3)
    ours, others = found["veo_widgets"]["ms"], others_of(found, "ms")
    loaded = rounds(cases(stage, "load_ext", "veo_widgets"), 5)["veo_widgets"]["ms"]
    peers = ("google-genai", "litellm")
    times = min(others["google-genai"], others["litellm"]) / ours
    return [
        Row("Import", "import", ours, "ms", "≤ 30", ours <= 30, others),
        Row("Import", "the nearest of google-genai and LiteLLM, in our imports", times, "×", "≥ 20", times >= 20),
        Row("Import", "%load_ext above IPython", loaded, "ms", "≤ 60", loaded <= 60),
        _first_submit(
            "until the create is sent, all cells run at once",
            _first_submits(stage, ("veo_widgets", BEFORE, *peers), pause=0.0),
            "From the start of a fresh process's first cell until the service has it. The peers' cells import them and "
            "make a client; ours follows the cell with %load_ext, and its job is in the ledger.",
        ),
        _first_submit(
            "the same, 2 s after the cell with %load_ext",
            _first_submits(stage, ("veo_widgets", BEFORE), pause=2.0),
            "While the prompt is typed, what the cell needs is loaded on a thread.",
        ),
    ]


def _first_submit(what: str, found: dict[str, float], note: str) -> Row:
    ours, others = found["veo_widgets"], {name: ms for name, ms in found.items() if name != "veo_widgets"}
    return Row("First submit", what, ours, "ms", "≤ 0.6 × before", ours <= 0.6 * others[BEFORE], others, note)


def _first_submits(stage: Stage, clients: Sequence[str], pause: float) -> dict[str, float]:
    found: dict[str, list[float]] = {client: [] for client in clients}
    for number in range(5):
        for client, many in found.items():
            stage.reset()
            began = stage.run(client, "first_submits", prompt=f"A cat, take {number}", pause=pause)["began"]
            heard = min(entry["time"] for entry in stage.journal() if entry["kind"] == "create")
            many.append((heard - began) * 1000)
    return {client: median(many) for client, many in found.items()}
