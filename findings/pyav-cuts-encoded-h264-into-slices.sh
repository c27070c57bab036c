#!/bin/sh
# PyAV 18.1.0: what is encoded with libx264 has its pictures cut into slices, unlike FFmpeg's own program.
#
# A codec context of PyAV begins with thread_type SLICE. Its documentation tells of this for decoding, where it costs time
# only. FFmpeg's libx264 reads the same field as --sliced-threads: each picture is cut into as many slices as there are
# threads, which predict nothing from each other, and the cores wait for each other at every picture. The file is larger
# at the same quality, and on more than one core it takes longer. `stream.codec_context.thread_type = "AUTO"` gives what
# FFmpeg's program gives; its own default allows both kinds, and libx264 then threads by pictures.
#
# Seen on 2026-11-30 with Python 3.11, four threads said in each case so that the machine's cores do not matter:
#   av 18.1.0, libavcodec 62.28.102, FFmpeg 7.0.2-static
#   PyAV: sliced_threads=1, 4 slices in a picture, 207196 bytes
#   PyAV, thread_type "AUTO": sliced_threads=0, 1 slices in a picture, 184555 bytes
#   FFmpeg: sliced_threads=0, 1 slices in a picture, 186788 bytes
#
# Exits 0 while that is so. Needs Python 3.11 or later.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet av==18.1.0 imageio-ffmpeg==0.6.0 numpy==2.3.5
cat >run.py <<'PY'
import re
import subprocess
import sys

import av
import imageio_ffmpeg
import numpy as np

SIZE, COUNT, THREADS = (1280, 720), 48, 4
noise = np.cumsum(np.cumsum(np.random.default_rng(1).normal(size=(SIZE[1], SIZE[0], 3)), 0), 1)
picture = ((noise - noise.min()) / np.ptp(noise) * 255).astype(np.uint8)
frames = [np.roll(picture, (3 * n, 5 * n), (0, 1)) for n in range(COUNT)]


def with_pyav(name, thread_type=None):
    with av.open(name, "w") as out:
        stream = out.add_stream("libx264", rate=24, options={"preset": "medium", "crf": "16"})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = THREADS
        if thread_type:
            stream.codec_context.thread_type = thread_type
        for frame in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        out.mux(stream.encode(None))


def with_ffmpeg(name):
    program = imageio_ffmpeg.get_ffmpeg_exe()
    raw = f"-f rawvideo -pix_fmt rgb24 -s {SIZE[0]}x{SIZE[1]} -r 24 -i -".split()
    encode = f"-c:v libx264 -preset medium -crf 16 -pix_fmt yuv420p -threads {THREADS}".split()
    subprocess.run([program, "-v", "error", *raw, *encode, name], input=b"".join(map(bytes, frames)), check=True)


def slices(name):
    """The slices of the first picture: NAL units of type 1 or 5, each behind its length."""
    with av.open(name) as file:
        data = bytes(next(file.demux(video=0)))
    at = found = 0
    while at < len(data):
        found += data[at + 4] & 31 in (1, 5)
        at += 4 + int.from_bytes(data[at : at + 4], "big")
    return found


print(f"av {av.__version__}, libavcodec {'.'.join(map(str, av.library_versions['libavcodec']))},", end=" ")
print(f"FFmpeg {imageio_ffmpeg.get_ffmpeg_version()}")
with_pyav("plain.mp4")
with_pyav("auto.mp4", "AUTO")
with_ffmpeg("ffmpeg.mp4")
seen = {}
for said, name in {"PyAV": "plain.mp4", 'PyAV, thread_type "AUTO"': "auto.mp4", "FFmpeg": "ffmpeg.mp4"}.items():
    data = open(name, "rb").read()
    seen[name] = re.search(rb"sliced_threads=(\d)", data)[1].decode(), slices(name)
    print(f"{said}: sliced_threads={seen[name][0]}, {seen[name][1]} slices in a picture, {len(data)} bytes")
sys.exit(seen != {"plain.mp4": ("1", THREADS), "auto.mp4": ("0", 1), "ffmpeg.mp4": ("0", 1)})
PY
env/bin/python run.py
