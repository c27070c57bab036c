"""Ids of videos on the OpenAI-style wire, in the plain form and in the one LiteLLM's proxy hands out.

LiteLLM packs what it needs to find a video again into the id itself: ``video_`` and the base64 of
``litellm:custom_llm_provider:{provider};model_id:{model};video_id:{name}`` (wire reference 4.3).
"""

from __future__ import annotations

import base64
import binascii
import re

from .operations import Operation

_PREFIX = "video_"
# What other servers put before their ids, by the name of their `ids`.
_PREFIXES = {"vllm-omni": "video_gen_", "new-api": "task_", "bare": ""}
# LiteLLM's packed text ends in the operation's name, and that in its id.
_LAST_ID = re.compile(r"([0-9a-f]{16})$")


def public_id(operation: Operation) -> str:
    """The id the client gets to see."""
    if operation.order.directions.ids != "litellm":
        return _PREFIXES.get(operation.order.directions.ids, _PREFIX) + operation.id
    model = operation.order.alias or operation.order.model
    name = f"models/{operation.order.model}/operations/{operation.id}"
    # Byte for byte as LiteLLM packs it, since clients take it apart.
    packed = f"litellm:custom_llm_provider:gemini;model_id:{model};video_id:{name}"
    return _PREFIX + base64.b64encode(packed.encode()).decode()


def operation_id(public: str) -> str:
    """The operation's own id in a public one; empty where there is none."""
    body = public
    for prefix in (*_PREFIXES.values(), _PREFIX):
        body = body.removeprefix(prefix)
    if _LAST_ID.fullmatch(body):
        return body
    try:
        # Clients may lose the padding on the way.
        unpacked = base64.b64decode(body + "=" * (-len(body) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    found = _LAST_ID.search(unpacked)
    return found[1] if found else ""
