"""What stands for a model and for a bucket in the servers here, which have neither."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit


@dataclass
class Work:
    """One clip in the making.

    Attributes:
        path: where it will be.
        created: seconds since the epoch.
        part: what is done, from 0 to 1.
        error: what it failed with.
    """

    prompt: str
    path: Path
    created: int = field(default_factory=lambda: int(time.time()))
    part: float = 0.0
    error: str = ""

    @property
    def state(self) -> str:
        """One of ``queued``, ``running``, ``done`` and ``failed``."""
        if self.error:
            return "failed"
        return "done" if self.path.exists() else "running" if self.part else "queued"


class Engine:
    """A model that makes the same clip of every prompt.

    A prompt may begin with ``fail:``, and then the rest is what it fails with, or with ``wait:``, and then it goes on
    once it is released.

    Args:
        clip: the file that it copies.
    """

    def __init__(self, clip: str) -> None:
        self.clip = Path(clip)
        self._released = threading.Event()

    def make(self, prompt: str, to: Path | None = None, tell: Callable[[float], None] = lambda _: None) -> None:
        """Make a clip; blocks.

        Args:
            prompt: what it is asked for.
            to: where the clip goes, if anywhere.
            tell: is called with what part is done, from 0 to 1.

        Raises:
            RuntimeError: the prompt asks for it.
        """
        tell(0.4)
        word, _, rest = prompt.partition(":")
        if word == "wait":
            self._released.wait()
        if word == "fail":
            raise RuntimeError(rest.strip())
        tell(1.0)
        if to:
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.clip, to)

    def begin(self, prompt: str, to: Path) -> Work:
        """Make a clip beside everything else.

        Args:
            prompt: what it is asked for.
            to: where the clip goes.
        """
        work = Work(prompt, to)
        threading.Thread(target=self._do, args=(work,), daemon=True).start()
        return work

    def _do(self, work: Work) -> None:
        made = work.path.with_suffix(".part")

        def tell(part: float) -> None:
            work.part = part

        try:
            self.make(work.prompt, made, tell)
        except RuntimeError as error:
            work.error = str(error)
        else:
            made.rename(work.path)

    def release(self) -> None:
        """Let all go on that wait now."""
        self._released.set()
        self._released = threading.Event()


class Bucket:
    """Files on another socket, by links that need no key.

    Like S3 it refuses a request that is signed in the link and in a header.
    """

    def __init__(self, folder: Path) -> None:
        self.received: list[dict[str, object]] = []
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        bucket = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                bucket.received.append({"path": self.path, "authorization": self.headers.get("authorization")})
                found = folder / Path(urlsplit(self.path).path).name
                if self.headers.get("authorization"):
                    status, body = 400, b"<Error><Code>InvalidArgument</Code></Error>"
                elif found.is_file():
                    status, body = 200, found.read_bytes()
                else:
                    status, body = 404, b"<Error><Code>NoSuchKey</Code></Error>"
                self.send_response(status)
                self.send_header("content-type", "video/mp4" if status == 200 else "application/xml")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def put(self, path: Path, name: str) -> str:
        """Keep a copy of a file; returns its link."""
        shutil.copyfile(path, self._folder / name)
        return f"{self.url}/clips/{name}?X-Amz-Signature=0a1b"
