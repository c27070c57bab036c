"""LiteLLM's video workflow as its page on Veo has it: generate, ask for the status, write the content.

Reads a JSON object from standard input and prints one: ``folder`` for the clips, and the ``requests``, each with the
keywords of ``video_generation``, the ``account`` that every call gets, and whether it goes ``asynchronous``.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

import litellm
import openai

litellm.suppress_debug_info = True
ENDED = ("completed", "failed")


def shown(video):
    hidden = getattr(video, "_hidden_params", None) or {}
    return {
        "id": video.id,
        "status": video.status,
        "error": video.error,
        "usage": dict(video.usage or {}),
        "cost": hidden.get("response_cost"),
    }


def opened(request):
    if "input_reference" in request:
        return {**request, "input_reference": Path(request["input_reference"]).open("rb")}
    return request


def run(request, account, path, steps):
    created = litellm.video_generation(**opened(request), **account)
    steps["created"] = shown(created)
    status = litellm.video_status(video_id=created.id, **account)
    steps["first"] = shown(status)
    while status.status not in ENDED:
        time.sleep(0.02)
        status = litellm.video_status(video_id=created.id, **account)
    steps["last"] = shown(status)
    path.write_bytes(litellm.video_content(video_id=created.id, **account))


async def arun(request, account, path, steps):
    created = await litellm.avideo_generation(**opened(request), **account)
    steps["created"] = shown(created)
    status = await litellm.avideo_status(video_id=created.id, **account)
    steps["first"] = shown(status)
    while status.status not in ENDED:
        await asyncio.sleep(0.02)
        status = await litellm.avideo_status(video_id=created.id, **account)
    steps["last"] = shown(status)
    path.write_bytes(await litellm.avideo_content(video_id=created.id, **account))


def outcome(request, path):
    request = dict(request)
    asynchronous, account = request.pop("asynchronous", False), request.pop("account")
    steps = {}
    try:
        if asynchronous:
            asyncio.run(arun(request, account, path, steps))
        else:
            run(request, account, path, steps)
        steps["clip"] = str(path)
    except openai.OpenAIError as error:
        steps |= {"raised": type(error).__name__, "code": getattr(error, "status_code", None), "message": str(error)}
    return steps


said = json.load(sys.stdin)
folder = Path(said["folder"])
results = {name: outcome(request, folder / f"{name}.mp4") for name, request in said["requests"].items()}
json.dump(results, sys.stdout)
