#!/bin/sh
# mediapy 1.2.7 writes videos with FFmpeg 9 and reads none: it says -vsync, an option that is gone.
#
# FFmpeg has called it -fps_mode since 5.1. The error that read_video and VideoReader raise holds FFmpeg's banner of many
# lines, and the option's name at its end. With FFmpeg 7, and mediapy.set_ffmpeg, both work.
#
# Seen on 2026-11-29 with Python 3.11, and the programs that imageio-ffmpeg 0.6.0 and 0.8.1 bring:
#   FFmpeg 7.0.2-static: written, and read as: 24 pictures
#   FFmpeg n9.0.2-17-g2a571b6068-20260930: written, and read as: Unrecognized option 'vsync'.
#
# Exits 0 while that is so. Needs PyPI; nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mediapy==1.2.7 imageio-ffmpeg==0.8.1
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --target "$folder/older" imageio-ffmpeg==0.6.0
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import os
import subprocess
import sys

import imageio_ffmpeg
import mediapy
import numpy as np

folder = sys.argv[1]
older = subprocess.run(
    [sys.executable, "-c", "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())"],
    env={**os.environ, "PYTHONPATH": f"{folder}/older"},
    capture_output=True,
    text=True,
    check=True,
).stdout.strip()
seen = []
for program in (older, imageio_ffmpeg.get_ffmpeg_exe()):
    mediapy.set_ffmpeg(program)
    version = subprocess.run([program, "-version"], capture_output=True, text=True, check=True).stdout.split()[2]
    path = f"{folder}/{len(seen)}.mp4"
    mediapy.write_video(path, np.zeros((24, 64, 64, 3), np.uint8), fps=24)
    try:
        found = f"{len(mediapy.read_video(path))} pictures"
    except RuntimeError as error:
        found = next((line for line in str(error).splitlines() if "vsync" in line), "another error")
    print(f"FFmpeg {version}: written, and read as: {found}")
    seen.append(found)
sys.exit(0 if seen == ["24 pictures", "Unrecognized option 'vsync'."] else 1)
PYTHON
