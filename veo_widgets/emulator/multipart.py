"""Reads ``multipart/form-data``, the way forms with files are sent (RFC 7578)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .refusals import invalid

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_PARAMETER = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Upload:
    """One file of a form.

    Attributes:
        filename: as the client named it.
        content_type: as the client says.
        data: the bytes.
    """

    filename: str
    content_type: str
    data: bytes

    def __str__(self) -> str:
        return f"{self.filename} {self.content_type} ({len(self.data)} bytes)"


Form = dict[str, "str | Upload"]


def read(body: bytes, content_type: str) -> Form:
    """The fields of a form by their names; of several with one name the last.

    Raises:
        RefusalError: the body is no such form.
    """
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise invalid("The content type multipart/form-data lacks its boundary.")
    return dict(_field(part) for part in _parts(body, b"--" + found[1].encode("latin-1")))


def _parts(body: bytes, mark: bytes) -> Iterator[bytes]:
    pieces = (b"\r\n" + body).split(b"\r\n" + mark)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise invalid("The multipart body is not whole.")
    yield from pieces[1:-1]


def _field(part: bytes) -> tuple[str, str | Upload]:
    head, blank, data = part.partition(b"\r\n\r\n")
    lines = [line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n") if line.strip()]
    headers = {name.strip().lower(): value.strip() for name, _, value in lines}
    named = dict(_PARAMETER.findall(headers.get("content-disposition", "")))
    if not blank or "name" not in named:
        raise invalid("A part of the multipart body has no name.")
    if "filename" not in named:
        return named["name"], data.decode("utf-8", "replace")
    kind = headers.get("content-type", "application/octet-stream")
    return named["name"], Upload(named["filename"], kind, data)
