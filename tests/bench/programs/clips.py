"""What the emulator needs for an 8 s clip of 720p. Prints seconds of CPU, and how large the clip is."""

import json
import sys
import time
from pathlib import Path

from veo_widgets.emulator.rendering.clips import Recipe, film

said = json.load(sys.stdin)
recipe = Recipe("veo-3.1-generate-001", "A cat playing with a ball of yarn", "720p", "16:9", 8.0, seed=7)
began = time.process_time()
clip = Path(said["folder"]) / "clip.mp4"
film(recipe, clip, lambda _key: b"", lambda: False)
print(json.dumps({"cpu_s": time.process_time() - began, "bytes": clip.stat().st_size}))
