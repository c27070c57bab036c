"""Gemini Omni by the Interactions API, the way google-genai 3 documents it: create in the background, get, download.

Reads a JSON object from standard input and prints one: ``base_url``, ``key`` (of express mode with ``express``) or
``service_account`` (a key file), ``folder`` for the clips, and the ``requests``: keywords of `interactions.create`,
where ``after`` names an earlier request to continue. With ``stream`` the events are read, by the asynchronous
client with ``asynchronous``, and read once more from ``again`` on, the place of the first that is wanted.
"""

import asyncio
import base64
import json
import sys
import time
from pathlib import Path

from google import genai
from google.oauth2 import service_account

said = json.load(sys.stdin)
RUNNING = ("in_progress", "queued")


def client_of():
    options = {"base_url": said["base_url"]}
    if "service_account" not in said:
        return genai.Client(enterprise=said.get("express"), api_key=said["key"], http_options=options)
    scopes = ["https://www.googleapis.com/auth/cloud-platform"]
    credentials = service_account.Credentials.from_service_account_file(said["service_account"], scopes=scopes)
    return genai.Client(
        enterprise=True, project="films", location="global", credentials=credentials, http_options=options
    )


def kept(video, path):
    if video.uri and video.uri.startswith("gs://"):
        return None
    path.write_bytes(base64.b64decode(video.data) if video.data else client.files.download(file=video.uri))
    return str(path)


def run(name, request):
    request = dict(request)
    if "after" in request:
        request["previous_interaction_id"] = ids[request.pop("after")]
    interaction = client.interactions.create(background=True, **request)
    ids[name] = interaction.id
    statuses = [interaction.status]
    while interaction.status in RUNNING:
        time.sleep(0.05)
        interaction = client.interactions.get(interaction.id)
        statuses.append(interaction.status)
    video = interaction.output_video
    return {
        "id": interaction.id,
        "statuses": statuses,
        "text": interaction.output_text,
        "tokens": interaction.usage.total_output_tokens if interaction.usage else None,
        "errors": [error.message for error in getattr(interaction, "errors", None) or []],
        "uri": video.uri if video else None,
        "path": kept(video, Path(said["folder"]) / f"{name}.mp4") if video else None,
    }


async def gathered(request):
    return [event async for event in await client.aio.interactions.create(**request)]


def streamed(name, request):
    again = request.pop("again", None)
    asynchronous = request.pop("asynchronous", False)
    events = asyncio.run(gathered(request)) if asynchronous else list(client.interactions.create(**request))
    seen = {"events": [event.event_type for event in events], "path": None, "errors": []}
    for event in events:
        if event.event_type == "step.delta" and event.delta.type == "video":
            seen["path"] = kept(event.delta, Path(said["folder"]) / f"{name}.mp4")
        if event.event_type == "error":
            seen["errors"].append(event.error.message)
    ended = events[-1].interaction
    seen |= {"id": ended.id, "status": ended.status, "tokens": ended.usage.total_output_tokens}
    if again:
        last = events[again - 1].event_id
        seen["again"] = [
            event.event_type for event in client.interactions.get(ended.id, stream=True, last_event_id=last)
        ]
    return seen


client = client_of()
ids = {}
results = {}
for name, request in said["requests"].items():
    try:
        results[name] = streamed(name, dict(request)) if request.get("stream") else run(name, request)
    except Exception as error:  # noqa: BLE001 - the errors of Interactions have no public base
        code = getattr(error, "status_code", None) or getattr(error, "code", None)
        results[name] = {"raised": type(error).__name__, "code": code, "message": str(error)}
json.dump(results, sys.stdout)
