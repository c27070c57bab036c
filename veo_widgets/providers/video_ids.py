"""Ids that say by themselves where a video is: provider, model and operation, in the form LiteLLM gives them.

Source: LiteLLM 1.110.2, which packs ``litellm:custom_llm_provider:…;model_id:…;video_id:…`` as base64 and puts
``video_`` before it. Its proxy appends where it has sent the request: ``;served_model:…``, ``;deployment_id:…`` and
``;requested_model:…``, each where it is known.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from ..domain.errors import InvalidRequestError

_PREFIX = "video_"
# Only the name of the video may hold a semicolon, so the others end at the first.
_PACKED = re.compile(
    r"litellm:custom_llm_provider:([^;]*);model_id:([^;]*);video_id:(.+?)"
    r"(?:;(?:served_model|deployment_id|requested_model):[^;]*)*",
    re.DOTALL,
)


@dataclass(frozen=True)
class VideoId:
    """Where a video is.

    Attributes:
        provider: the prefix of its provider, such as ``gemini`` or ``vertex_ai``.
        model: the model's id.
        operation: the service's own name for it.
    """

    provider: str
    model: str
    operation: str

    def __str__(self) -> str:
        text = f"litellm:custom_llm_provider:{self.provider};model_id:{self.model};video_id:{self.operation}"
        return _PREFIX + base64.urlsafe_b64encode(text.encode()).decode("ascii")


def is_video_id(text: str) -> bool:
    """Whether `read_video_id` can read it."""
    try:
        read_video_id(text)
    except InvalidRequestError:
        return False
    return True


def read_video_id(text: str) -> VideoId:
    """The inverse of ``str(video_id)``; both alphabets of base64 are read, with and without padding.

    Raises:
        InvalidRequestError: it is no such id.
    """
    # LiteLLM writes the standard alphabet, this package the one for addresses, and clients lose the padding.
    packed = text.removeprefix(_PREFIX).translate(str.maketrans("+/", "-_")).rstrip("=")
    try:
        plain = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode("utf-8")
    except ValueError:
        plain = ""
    found = _PACKED.fullmatch(plain)
    # OpenAI's own ids begin with video_ too, and are nothing in base64.
    if found is None or not text.startswith(_PREFIX):
        raise InvalidRequestError(
            f"video_id: {text[:80]!r} is not an id from video_generation.", parameter="video_id", value=text
        )
    return VideoId(*found.groups())
