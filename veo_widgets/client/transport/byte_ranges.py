"""Range requests: asking for the rest of a file, and reading which part an answer brings.

Source: RFC 9110, sections 13 and 14.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...domain.errors import DownloadError

# The statuses of a part of a file, and of a part that begins beyond its end.
PARTIAL, BEYOND = 206, 416


def ranged(at: int, validator: str) -> dict[str, str]:
    """The headers that ask for the rest of a file from byte `at` on, unless it has changed since."""
    if not at:
        return {}
    return {"range": f"bytes={at}-", **({"if-range": validator} if validator else {})}


def part_of(status: int, headers: Mapping[str, str]) -> tuple[int, int | None]:
    """The first byte that an answer brings, and the length of the whole file if it says so.

    Raises:
        DownloadError: it is a part and does not say which.
    """
    if status == PARTIAL:
        found = re.fullmatch(r"bytes ([0-9]{1,18})-[0-9]+/([0-9]{1,18}|\*)", headers.get("content-range", "").strip())
        if found is None:
            raise DownloadError("The service sent a part of a clip without saying which.")
        return int(found[1]), int(found[2]) if found[2] != "*" else None
    plain = headers.get("content-encoding", "identity") == "identity"
    length = headers.get("content-length", "") if plain else ""
    return 0, int(length) if re.fullmatch("[0-9]{1,18}", length) else None


def validator_of(headers: Mapping[str, str]) -> str:
    """What names the state of a file, or an empty text."""
    etag = headers.get("etag", "")
    # A weak one only says that a file means the same, not that it has the same bytes.
    return headers.get("last-modified", "") if not etag or etag.startswith("W/") else etag
