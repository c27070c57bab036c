"""A large clip on its way to the disk."""

from __future__ import annotations

from ..rows import Row
from ..stage import BEFORE, Json, Stage, cases, others_of, rounds, served

LARGE, CLIP = 200_000_000, 45_000_000
_ROUNDS = 5
_METHOD = (
    "Ours is flushed, has its name and its recipe, and the job is told to have ended; the others leave flushing to the "
    "system. Its digest follows; the processor hashes {:,.0f} MB/s"
)


def downloads(stage: Stage) -> list[Row]:
    """200 MB from loopback to disk, with and without the processor's help for the digest, and a clip inside JSON."""
    with served("-m", "tests.bench.file_server", str(LARGE)) as url:
        file = {"file_url": url, "bytes": LARGE}
        all_clients = ("curl", "veo_widgets", BEFORE, "httpx", "google-genai", "litellm", "openai")
        found = rounds(cases(stage, "downloads", *all_clients, **file), _ROUNDS)
        some_clients = ("curl", "veo_widgets", BEFORE, "google-genai")
        masked = rounds(cases(stage, "downloads", *some_clients, **file, masked=True), _ROUNDS)
    memory, memories = found["veo_widgets"]["memory_mb"], others_of(found, "memory_mb")
    # curl's memory is not this program's.
    del memories["curl"]
    bodies = stage.run("veo_widgets", "base64_answers", bytes=CLIP)["bodies"]
    return [
        *_speeds("200 MB to disk until it can be played", found),
        *_speeds("the same without SHA instructions", masked),
        Row("Download", "memory for 200 MB", memory, "MB", "≤ 16", memory <= 16, memories),
        Row("Download", "memory for 60 MB of JSON with a clip in it, in bodies", bodies, "×", "≤ 2.2", bodies <= 2.2),
    ]


def _speeds(what: str, found: dict[str, Json]) -> list[Row]:
    ours, others = found["veo_widgets"], others_of(found, "mb_s")
    speed, digest = ours["mb_s"], ours["digest_s"]
    times, method = speed / others["google-genai"], _METHOD.format(ours["hashed_mb_s"])
    return [
        Row("Download", what, speed, "MB/s", "≥ 0.8 × curl", speed >= 0.8 * others["curl"], others, method),
        Row("Download", "that in google-genai's", times, "×", "≥ 2.5", times >= 2.5),
        Row("Download", "from there to the digest", digest, "s", "≤ 1", digest <= 1),
    ]
