"""Where the bytes of a clip are found: in a bucket, among Google's files, or behind a proxy."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from ...domain.errors import InvalidReplyError
from ...domain.job_record import Sample
from ..registry import Endpoint

_STORAGE = "https://storage.googleapis.com"


def object_url(uri: str, endpoint: Endpoint) -> str:
    """The address of the bytes of a ``gs://`` object.

    Raises:
        InvalidReplyError: it is no such address.
    """
    bucket, _, name = uri.removeprefix("gs://").partition("/")
    if not uri.startswith("gs://") or not bucket or not name:
        raise InvalidReplyError(f"The service gave {uri[:80]!r} as the address of a clip.")
    # A gateway or the emulator keeps the bucket too; Google itself has another host for it.
    google = (urlsplit(endpoint.base_url).hostname or "").endswith(".googleapis.com")
    origin = _STORAGE if google else endpoint.base_url
    # The whole name is one segment, in which a slash has to be encoded.
    return f"{origin}/storage/v1/b/{quote(bucket)}/o/{quote(name, safe='')}?alt=media"


def file_id(uri: str) -> str:
    """The id of one of Google's files in its address, or an empty text."""
    # Whatever stands around it: with and without a version, with :download, at Google's host or a proxy's.
    found = re.search(r"/files/([A-Za-z0-9_-]+)", uri)
    return found[1] if found else ""


def proxied_file(sample: Sample, endpoint: Endpoint) -> str:
    """A file of Google's as LiteLLM's pass-through has it.

    Raises:
        InvalidReplyError: the address names no file.
    """
    found = file_id(sample.uri)
    if not found:
        raise InvalidReplyError(f"The service gave {sample.uri[:80]!r} as the address of a clip.")
    return f"{endpoint.base_url}/gemini/v1beta/files/{found}:download?alt=media"
