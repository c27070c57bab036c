"""WebVTT files beside a clip: which one is shown, in which language, and why one is not."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

# What travels to the browser with the clip; at a minute of speech a kilobyte this is an hour.
_MOST = 64_000
# A language, and what else programs say of captions, as in `en.forced`.
_LANGUAGE = re.compile(r"([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*)(?:\.[A-Za-z]+)*")
# Captions that browsers do not show.
_UNSHOWN = {".srt", ".ass", ".ssa", ".sbv", ".ttml", ".dfxp", ".smi"}
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_UNMARKED = ((b"W\0E\0", "utf-16-le"), (b"\0W\0E", "utf-16-be"))


@dataclass(frozen=True)
class Captions:
    """What is shown over a clip.

    Attributes:
        text: of the file; None if there is none to show.
        language: as its name says, such as ``en``; empty if it does not.
        note: what to tell of files that are not shown; empty if that is nothing.
    """

    text: str | None = None
    language: str = ""
    note: str = ""


def beside(clip: Path) -> Captions:
    """The captions of ``a.mp4``: ``a.vtt``, else the first of ``a.en.vtt`` and its like, whatever the case of `vtt`."""
    files, notes = files_of(clip)
    shown: Captions | None = None
    for language, path in files:
        if shown is not None:
            notes.append(f"{path.name} is there too.")
            continue
        try:
            shown = Captions(_read_webvtt(path), language)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            notes.append(f"{path.name} is not shown: {why}.")
    return Captions(shown.text if shown else None, shown.language if shown else "", " ".join(notes))


def files_of(clip: Path) -> tuple[list[tuple[str, Path]], list[str]]:
    """Language and path of each, the one without a language first; and a note on each that cannot be one."""
    found, notes = [], []
    for path in _files_named_after(clip):
        between = path.name[len(clip.stem) + 1 : -len(path.suffix)]
        language = _LANGUAGE.fullmatch(between)
        if path.suffix.lower() in _UNSHOWN and (not between or language):
            notes.append(f"{path.name} is not shown: it is not WebVTT.")
        elif path.suffix.lower() != ".vtt":
            continue
        elif not between or language:
            found.append((language[1].replace("_", "-") if language else "", path))
        # Of `a.2.mp4`, whether that is still there or not.
        elif not between.isdecimal() and not path.with_suffix(clip.suffix).exists():
            notes.append(f"{path.name} is not shown: {between!r} is not a language code such as 'en'.")
    return sorted(found), notes


def _files_named_after(clip: Path) -> list[Path]:
    try:
        return sorted(path for path in clip.parent.iterdir() if path.name.startswith(f"{clip.stem}."))
    except OSError:
        return []


def _read_webvtt(path: Path) -> str:
    """The text of a WebVTT file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is too long, or no WebVTT.
    """
    with path.open("rb") as file:
        data = file.read(_MOST + 1)
    if len(data) > _MOST:
        raise ValueError(f"it is over {_MOST // 1000} kB")
    text = _decode(data)
    if not text.startswith("WEBVTT"):
        raise ValueError("it does not begin with WEBVTT")
    return text


def _decode(data: bytes) -> str:
    """Text in the encodings that programs write captions in; UTF-8 is the standard's own."""
    encoding = next((name for mark, name in (*_MARKS, *_UNMARKED) if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        # Five bytes have no meaning in it.
        return data.decode("cp1252", "replace")
