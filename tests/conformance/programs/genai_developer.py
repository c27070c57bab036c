"""Veo at the Gemini Developer API, the way google-genai documents it: generate, poll, download, save.

Reads a JSON object from standard input and prints one: ``base_url``, ``key``, ``folder`` for the clips, and the
``requests``, with paths and addresses where `generate_videos` takes media.
"""

import json
import sys
from pathlib import Path

import genai_workflow
from google import genai

said = json.load(sys.stdin)
client = genai.Client(api_key=said["key"], http_options={"base_url": said["base_url"]})


def clips(name, videos):
    found = []
    for number, video in enumerate(videos):
        client.files.download(file=video)
        path = Path(said["folder"]) / f"{name}-{number}.mp4"
        video.save(str(path))
        found.append({"uri": video.uri, "path": str(path)})
    return found


genai_workflow.run_all(client, said["requests"], clips)
