"""What was asked for before: prompts to be searched, and the requests behind jobs, clips and sidecars."""

from __future__ import annotations

from typing import Any

from ....client.async_client import AsyncClient
from ....config.settings import clips_folder
from ....domain.errors import InvalidRequestError
from ....domain.job_record import JobRecord
from ....domain.request import VideoRequest
from ....session import recipes

_SEARCHED, _SHOWN = 500, 40


async def prompts(client: AsyncClient, query: str) -> list[dict[str, Any]]:
    """The ledger's prompts that have all words of `query`, each once, newest first."""
    words = query.lower().split()
    found: dict[str, dict[str, Any]] = {}
    for record in await client.jobs(limit=_SEARCHED):
        prompt = record.request.prompt
        if prompt and prompt not in found and all(word in prompt.lower() for word in words):
            found[prompt] = _history_item(record)
    return list(found.values())[:_SHOWN]


def _history_item(record: JobRecord) -> dict[str, Any]:
    return {
        "job": record.id,
        "prompt": record.request.prompt,
        "model": record.model,
        "state": str(record.state),
        "at": round(record.created_at * 1000),
    }


async def recipe_of(client: AsyncClient, name: str, text: str) -> recipes.Recipe:
    """How a file was made that was dropped on the form.

    Args:
        client: whose ledger and folder of clips are looked at.
        name: the file's name; of a clip there is nothing else.
        text: what a sidecar says, or empty.

    Raises:
        InvalidRequestError: nothing is known of it.
    """
    if text:
        recipe = recipes.read(text, name)
    elif job := recipes.job_in(name):
        recipe = recipes.Recipe(VideoRequest(), job)
    else:
        # Only the last part of the name: a page may send a path to anywhere.
        recipe = recipes.load(clips_folder(client.settings) / name.replace("\\", "/").rpartition("/")[2])
    whole = await recipes.completed(recipe, client)
    if whole.request == VideoRequest():
        raise InvalidRequestError(f"{name} was not made here; drop the JSON file beside it.", parameter="path")
    return whole
