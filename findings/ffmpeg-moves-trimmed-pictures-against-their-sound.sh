#!/bin/sh
# PyAV 18.1.0 (FFmpeg 8): in an MP4 whose edit list begins within a picture, the pictures are read too early.
#
# A list that begins 0.67 s into pictures 24 a second apart begins 3 ms after the 17th of them. What is shown from there on
# keeps its place: a picture that was at 1.708333 s is due at 1.038333 s. FFmpeg takes the first picture that lies wholly in
# the list for time zero, which is 38 ms too early; the sound is where it belongs. With the demuxer's option
# advanced_editlist=0 the pictures are where they belong too.
#
# Seen on 2026-11-28 with Python 3.11:
#   av 18.1.0
#   as it is: a picture at 1.000 s
#   advanced_editlist=0: a picture at 1.038 s
#
# Exits 0 while that is so. Needs PyPI; nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check av==18.1.0
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from fractions import Fraction

import av

print("av", av.__version__)
BASE = Fraction(1, 120_000)
with av.open("whole.mp4", "w") as out:
    video = out.add_stream("libx264", rate=24, options={"g": "12"})
    video.width, video.height, video.pix_fmt = 64, 36, "yuv420p"
    video.codec_context.time_base = video.time_base = BASE
    for number in range(64):
        frame = av.VideoFrame(64, 36, "yuv420p")
        for index, plane in enumerate(frame.planes):
            level = 128 if index else 235 if number == 41 else 20
            plane.update(bytes([level]) * plane.buffer_size)
        frame.pts, frame.time_base = number * 5000, BASE
        out.mux(video.encode(frame))
    out.mux(video.encode(None))
# A cut without encoding: what has a time before zero is hidden by an edit list.
with av.open("whole.mp4") as source, av.open("cut.mp4", "w", options={"avoid_negative_ts": "disabled"}) as out:
    stream = out.add_stream_from_template(source.streams.video[0])
    for packet in source.demux(video=0):
        if packet.dts is not None:
            shift = round(Fraction(67, 100) / packet.time_base)
            packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, stream
            out.mux(packet)


def bright(said, options):
    with av.open("cut.mp4", options=options) as clip:
        time = next(frame.time for frame in clip.decode(video=0) if bytes(frame.planes[0])[0] > 128)
    print(f"{said}: a picture at {time:.3f} s")
    return round(time, 3)


seen = [bright("as it is", {}), bright("advanced_editlist=0", {"advanced_editlist": "0"})]
sys.exit(0 if seen == [1.0, 1.038] else 1)
PYTHON
