#!/bin/sh
# otio-fcpx-xml-adapter 1.0.0: a cross-fade becomes a cut in Final Cut Pro's XML, and nothing says so.
#
# FCPXML has <transition>, and the adapter of Final Cut Pro 7's XML writes the same timeline with its fade. Here both clips
# are written without what lies under the fade, so that the film keeps its length and each clip loses frames that were seen.
#
# Seen on 2026-11-30 with Python 3.11 and OpenTimelineIO 0.18.1:
#   xml: ['Clip', 'Transition', 'Clip'], 100 frames
#   fcpxml: ['Clip', 'Clip'], 100 frames
#
# Exits 0 while that is so. Needs PyPI; nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  OpenTimelineIO==0.18.1 otio-fcpx-xml-adapter==1.0.0 otio-fcp-adapter==1.0.0
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys

import opentimelineio as otio
from opentimelineio.opentime import RationalTime, TimeRange


def frames(begins, count):
    return TimeRange(RationalTime(begins, 24), RationalTime(count, 24))


def clip(name, begins, count):
    media = otio.schema.ExternalReference(f"file:///{name}.mp4", frames(0, 96))
    media.name = name
    return otio.schema.Clip(name, media, frames(begins, count))


seen = []
for suffix in ("xml", "fcpxml"):
    timeline = otio.schema.Timeline("film", global_start_time=RationalTime(0, 24))
    track = otio.schema.Track("pictures", kind=otio.schema.TrackKind.Video)
    fade = otio.schema.Transition("fade", "SMPTE_Dissolve", RationalTime(6, 24), RationalTime(6, 24))
    track.extend([clip("a", 12, 40), fade, clip("b", 6, 60)])
    timeline.tracks.append(track)
    path = f"{sys.argv[1]}/film.{suffix}"
    otio.adapters.write_to_file(timeline, path)
    read = otio.adapters.read_from_file(path).tracks[0]
    kinds = [type(item).__name__ for item in read]
    print(f"{suffix}: {kinds}, {round(read.duration().value)} frames")
    seen.append(kinds)
sys.exit(0 if seen == [["Clip", "Transition", "Clip"], ["Clip", "Clip"]] else 1)
PYTHON
