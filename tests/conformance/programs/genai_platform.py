"""Veo at the Agent Platform, the way google-genai 3 documents it: generate, poll, take the bytes or the address.

Reads a JSON object from standard input and prints one: ``base_url``, ``service_account`` (a key file) or ``token``,
``folder`` for the clips, and the ``requests``, with paths and ``gs://`` addresses where `generate_videos` takes media.
"""

import json
import sys
from pathlib import Path

import genai_workflow
from google import genai
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials

said = json.load(sys.stdin)
client = genai.Client(
    enterprise=True,
    project="films",
    location="us-central1",
    credentials=Credentials(said["token"])
    if "token" in said
    else service_account.Credentials.from_service_account_file(
        said["service_account"], scopes=["https://www.googleapis.com/auth/cloud-platform"]
    ),
    http_options={"base_url": said["base_url"]},
)


def clips(name, videos):
    found = []
    for number, video in enumerate(videos):
        path = Path(said["folder"]) / f"{name}-{number}.mp4"
        if video.video_bytes:
            video.save(str(path))
        found.append({"uri": video.uri, "path": str(path) if video.video_bytes else None})
    return found


genai_workflow.run_all(client, said["requests"], clips)
