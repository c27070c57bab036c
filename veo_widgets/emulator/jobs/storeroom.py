"""Clips and the media of requests, on disk; one worker thread renders ahead of the first poll."""

from __future__ import annotations

import hashlib
import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from ..rendering import clips, encoding
from ..rendering.clips import Recipe
from ..rendering.scene import FPS

_KEPT_BYTES = 600_000_000


class Storeroom:
    """Where clips are made and kept.

    Args:
        folder: holds ``clips`` and ``media``; what is found there already is used again.
        small: whether every clip is a tiny one, shared by all requests of its length and shape.
    """

    def __init__(self, folder: Path, *, small: bool = False) -> None:
        self._clips = folder / "clips"
        self._media = folder / "media"
        self._small = small
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._running: dict[str, Future[Path]] = {}
        # One: rendering is all CPU, and in a notebook the kernel needs some too.
        self._worker = ThreadPoolExecutor(1, "emulator-render")
        for place in (self._clips, self._media):
            place.mkdir(parents=True, exist_ok=True)

    def keep(self, data: bytes) -> str:
        """Keep media that a request brought, and return its key."""
        # By content, so that the same picture sent with each of a hundred requests is kept once.
        key = hashlib.sha256(data).hexdigest()[:32]
        path = self._media / key
        if not path.exists():
            # Named after who writes it: two requests may bring the same picture at once.
            part = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.part")
            part.write_bytes(data)
            part.replace(path)
        return key

    def media(self, key: str) -> bytes:
        """The media kept under a key."""
        return (self._media / key).read_bytes()

    def start(self, recipe: Recipe, *, anew: bool = False) -> Future[Path]:
        """Render a clip unless that is done or under way; the future holds its path, or why there is none.

        Args:
            recipe: which.
            anew: whether to try again what could not be rendered before.
        """
        name = self._clip_name(recipe)
        path = self._clips / f"{name}.mp4"
        with self._lock:
            future = self._running.get(name)
            # Every request for one clip waits for the same rendering.
            if future is not None and not self._is_to_be_rendered(future, path, anew=anew):
                return future
            future = Future()
            if path.exists():
                future.set_result(path)
            else:
                future = self._worker.submit(self._render, recipe, path)
            self._running[name] = future
            return future

    @staticmethod
    def _is_to_be_rendered(future: Future[Path], path: Path, *, anew: bool) -> bool:
        """Whether to render again: the clip was dropped to save space, or failed and is asked for anew."""
        if not future.done() or future.cancelled():
            return False
        return anew if future.exception() else not path.exists()

    def clip(self, recipe: Recipe, mark: str) -> bytes:
        """The bytes of a clip, rendered if need be; `mark` makes a shared tiny clip unique."""
        data = self.start(recipe).result().read_bytes()
        return clips.presented(clips.marked(data, mark), recipe.size) if self._small else data

    def close(self) -> None:
        """Stop rendering, between two frames."""
        # Set first: the shutdown waits for the clip that is being rendered, which ends at its next frame.
        self._stopped.set()
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _clip_name(self, recipe: Recipe) -> str:
        if not self._small:
            return recipe.key
        # A tiny clip says nothing of its prompt, so all of one length and shape are one file.
        sound = "sound" if recipe.audio else "mute"
        rate = "" if recipe.fps == FPS else f"-{recipe.fps}"
        return f"small-{recipe.aspect_ratio.replace(':', 'x')}-{self._count_frames(recipe)}-{sound}{rate}"

    def _count_frames(self, recipe: Recipe) -> int:
        # An extension is the source and what it adds, in one clip.
        before = encoding.probe(self.media(recipe.source)).frames if recipe.source else 0
        return before + recipe.frames

    def _render(self, recipe: Recipe, path: Path) -> Path:
        # Under another name until it is whole: what has the final name is served, by other processes too.
        part = path.with_suffix(f".{os.getpid()}.part")
        try:
            if self._small:
                clips.small(part, recipe.aspect_ratio, self._count_frames(recipe), audio=recipe.audio, fps=recipe.fps)
            else:
                clips.film(recipe, part, self.media, self._stopped.is_set)
            part.replace(path)
        finally:
            # A clip that was stopped or broke off leaves half a file.
            part.unlink(missing_ok=True)
        self._drop_oldest(path)
        return path

    def _drop_oldest(self, newest: Path) -> None:
        # An old clip can be rendered again from its request, so a full store simply drops it.
        files = sorted(self._clips.glob("*.mp4"), key=lambda path: path.stat().st_mtime, reverse=True)
        total = 0
        for path in files:
            total += path.stat().st_size
            # The newest stays even if it alone is too large, since somebody waits for it.
            if total > _KEPT_BYTES and path != newest:
                path.unlink(missing_ok=True)
