"""The videos resource of OpenAI's SDK as its guide has it, step by step.

Reads a JSON object from standard input and prints one: ``base_url``, ``key``, ``folder`` for the clips, and the
``steps``, each a list of a method's name and its keywords. ``"$name"`` stands for the id that step ``name`` answered
with, and a path stands for the file.
"""

import json
import sys
import warnings
from pathlib import Path

import openai

# Sora has ended and the SDK says so at every call; the protocol lives on in gateways.
warnings.simplefilter("ignore", DeprecationWarning)
said = json.load(sys.stdin)
client = openai.OpenAI(base_url=f"{said['base_url']}/v1", api_key=said["key"])
folder = Path(said["folder"])
ids = {}


def meant(value):
    if isinstance(value, dict):
        return {key: meant(item) for key, item in value.items()}
    if isinstance(value, str) and value.startswith("$"):
        return ids[value[1:]]
    if isinstance(value, str) and value.startswith("/"):
        return Path(value)
    return value


def run(name, method, keywords):
    keywords = meant(keywords)
    if method == "download_content":
        path = folder / name
        client.videos.download_content(**keywords).write_to_file(path)
        return {"path": str(path)}
    if method == "list":
        pages = client.videos.list(**keywords)
        return {"first": [video.id for video in pages.data], "all": [video.id for video in pages]}
    answer = getattr(client.videos, method)(**keywords)
    ids[name] = answer.id
    return answer.to_dict()


results = {}
for name, (method, keywords) in said["steps"].items():
    try:
        results[name] = run(name, method, keywords)
    except openai.APIStatusError as error:
        results[name] = {
            "raised": type(error).__name__,
            "code": error.status_code,
            "error": error.code,
            "param": error.param,
            "message": error.message,
        }
    except RuntimeError as error:
        results[name] = {"raised": type(error).__name__, "message": str(error)}
json.dump(results, sys.stdout)
