"""CPU of polls, and of a thousand jobs."""

from __future__ import annotations

from ..rows import Row
from ..stage import BEFORE, Stage, cases, others_of, rounds


def waiting(stage: Stage) -> list[Row]:
    """CPU of polls, and of a thousand jobs."""
    peers = "httpx", "google-genai", "litellm", "openai", BEFORE
    found = rounds(cases(stage, "polls", "veo_widgets", *peers, polls=1000), 3)
    ours, raw, google = (found[name]["cpu_ms"] for name in ("veo_widgets", "httpx", "google-genai"))
    hurried = rounds(cases(stage, "many", "veo_widgets", BEFORE, jobs=1000, polls=10, outcome="filtered"), 2)
    timed = {"jobs": 1000, "polls": 0, "waiting": True, "after": 35, "seconds": 20}
    calm = rounds(cases(stage, "many", "veo_widgets", BEFORE, **timed), 1)
    rate, earlier_rate = (hurried[name]["polls_per_cpu_second"] for name in ("veo_widgets", BEFORE))
    share, earlier_share = (calm[name]["percent_of_a_core"] for name in ("veo_widgets", BEFORE))
    return [
        Row(
            "Waiting",
            "CPU of a poll",
            ours,
            "ms",
            "≤ 0.55 × httpx, ≤ 0.8 × google-genai",
            ours <= 0.55 * raw and ours <= 0.8 * google,
            others_of(found, "cpu_ms"),
            method="google-genai has aiohttp, its fastest transport.",
        ),
        Row(
            "Waiting",
            "polls of 1,000 jobs in a second of one core",
            rate,
            "/s",
            "≥ 3 × before",
            rate >= 3 * earlier_rate,
            others_of(hurried, "polls_per_cpu_second"),
        ),
        Row(
            "Waiting",
            "CPU of 1,000 running jobs, looked at by the schedule",
            share,
            "% of a core",
            "≤ 0.35 × before",
            share <= 0.35 * earlier_share,
            others_of(calm, "percent_of_a_core"),
            method=f"For 20 s from the 35th second on; {calm['veo_widgets']['polls_per_second']:.0f} polls a second.",
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
