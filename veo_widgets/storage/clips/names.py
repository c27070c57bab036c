"""The final names of clips: the one the user wants, but never that of another clip."""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import replace
from pathlib import Path

from ...domain.formats.containers import ENDINGS
from ...domain.media import Video
from .sidecars import add_digest


def named(part: Path, own: Path, wished: Path | None, job_id: str) -> Path:
    """Give a whole clip its final name; returns it.

    Args:
        part: the clip.
        own: a name that no other clip can have.
        wished: the name that the user wants, which it only gets if no other clip has it.
        job_id: whose clip may be replaced.

    Raises:
        OSError: the disk refused.
    """
    if wished is None or (wished.exists() and Video(wished).recipe.get("job") != job_id):
        part.replace(own)
        return own
    if not wished.exists():
        try:
            # Unlike a rename this fails if somebody else takes the name at the same moment.
            os.link(part, wished)
        except FileExistsError:
            part.replace(own)
            return own
        except OSError:
            # A disk without hard links.
            part.replace(wished)
        return wished
    part.replace(wished)
    return wished


def copy_to(video: Video, target: Path, *, numbered: bool) -> Path:
    """Copy a clip and its sidecar to a folder or a file; another clip there keeps its name.

    Args:
        video: the clip.
        target: a folder, or a file that ends in ``.mp4`` or ``.webm``; the copy gets the clip's own ending.
        numbered: whether its number goes into the file's name.

    Returns:
        The copy's path.

    Raises:
        OSError: the disk refused.
    """
    video.fetch()
    is_file = target.suffix.lower() in ENDINGS and not target.is_dir()
    target = target.with_suffix(video.path.suffix) if is_file else target
    folder = target.parent if is_file else target
    folder.mkdir(parents=True, exist_ok=True)
    own = folder / video.path.name
    wished = target.with_name(f"{target.stem}_{video.sample + 1}{target.suffix}") if is_file and numbered else target
    if own.exists() and own.samefile(video.path) and not is_file:
        return own
    # Under another name until it is whole, as for clips that are received.
    part = folder / f"{video.path.stem}.{secrets.token_hex(4)}.part"
    try:
        shutil.copyfile(video.path, part)
        path = named(part, own, wished if is_file else None, video.job_id)
    finally:
        part.unlink(missing_ok=True)
    if video.sidecar.exists():
        shutil.copyfile(video.sidecar, path.with_suffix(".json"))
        add_digest(replace(video, path=path, digest=video.sha256))
    return path
