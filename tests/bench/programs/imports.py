"""How long it takes until a package is imported: prints milliseconds since the interpreter began to run this file."""

import json
import sys
import time

NAMES = {
    "veo_widgets": "veo_widgets",
    "google-genai": "google.genai",
    "google-genai 3": "google.genai",
    "litellm": "litellm",
    "openai": "openai",
    "httpx": "httpx",
}
said = json.load(sys.stdin)
began = time.perf_counter()
__import__(NAMES[said["client"]])
print(json.dumps({"ms": (time.perf_counter() - began) * 1000}))
