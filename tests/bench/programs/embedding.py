"""The HTML that mediapy shows a clip with. Prints its bytes."""

import json
import sys
from pathlib import Path

import mediapy

said = json.load(sys.stdin)
page = mediapy.html_from_compressed_video(Path(said["clip"]).read_bytes(), 720, 1280)
print(json.dumps({"bytes": len(page)}))
