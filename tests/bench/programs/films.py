"""Clips put together to a film by one client. Prints seconds, CPU and the peak of memory."""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

from peak import Peak

said = json.load(sys.stdin)
clips, target = said["clips"], str(Path(said["folder"]) / "film.mp4")
SOUND = ("-c:a", "aac", "-b:a", "192k")


def copied():
    """FFmpeg's options for pictures that are taken over as they are."""
    listed = Path(said["folder"]) / "clips.txt"
    listed.write_text("".join(f"file '{clip}'\n" for clip in clips))
    return ["-f", "concat", "-safe", "0", "-i", str(listed), "-c:v", "copy", *(SOUND if said["sound"] else ())]


def encoded():
    """FFmpeg's options for pictures that are scaled, padded and encoded as ours are."""
    fit = "scale=1280:720:force_original_aspect_ratio=decrease:force_divisible_by=2,pad=1280:720:-1:-1,setsar=1"
    fitted = "".join(f"[{number}:v]{fit}[v{number}];" for number in range(len(clips)))
    joined = "".join(f"[v{number}][{number}:a]" for number in range(len(clips)))
    inputs = [said for clip in clips for said in ("-i", clip)]
    graph = f"{fitted}{joined}concat=n={len(clips)}:v=1:a=1[v][a]"
    settings = ("-c:v", "libx264", "-preset", "medium", "-crf", "16", "-pix_fmt", "yuv420p", *SOUND)
    return [*inputs, "-filter_complex", graph, "-map", "[v]", "-map", "[a]", *settings]


if said["client"] == "ffmpeg":
    import imageio_ffmpeg

    program = (imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin")
    options = copied() if said["alike"] else encoded()
    began = time.perf_counter()
    subprocess.run([*program, *options, "-movflags", "+faststart", target], check=True)
    seconds, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu, memory = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
else:
    # A film follows shots that have loaded this already.
    import av  # noqa: F401

    from veo_widgets.storage.films.stitching import Segment, stitch

    segments = [Segment(Path(clip)) for clip in clips]
    peak, began, spent = Peak(), time.perf_counter(), time.process_time()
    stitch(segments, Path(target))
    seconds, cpu, memory = time.perf_counter() - began, time.process_time() - spent, peak.above()

print(json.dumps({"s": seconds, "cpu_s": cpu, "memory_mb": memory}))
