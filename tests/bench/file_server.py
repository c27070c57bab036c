"""A service with one job that is always done, whose clip goes out as fast as the system can send a file.

The emulator puts its clips together in Python, so that with a large one it would be its own speed that is measured.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO

NAME = "models/veo-3.1-generate-preview/operations/abc"


def clip(size: int) -> bytes:
    """An MP4 of so many bytes: a tiny one that the emulator makes, and free space."""
    from veo_widgets.emulator.rendering.clips import enlarged, small

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.mp4"
        small(path, "16:9", 24, audio=False)
        return enlarged(path.read_bytes(), size)


def answer(path: str, url: str) -> dict[str, object]:
    """What the Developer API would say."""
    if path.startswith("/v1beta/files/"):
        return {"name": "files/abcs0", "state": "ACTIVE", "uri": f"{url}/v1beta/files/abcs0"}
    if "predictLongRunning" in path:
        return {"name": NAME}
    video = {"uri": f"{url}/v1beta/files/abcs0:download?alt=media"}
    samples = {"generateVideoResponse": {"generatedSamples": [{"video": video}]}}
    return {"name": NAME, "done": True, "response": samples}


def serve(connection: socket.socket, file: IO[bytes], size: int, url: str) -> None:
    """Answer one connection's requests."""
    reader = connection.makefile("rb")
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while line := reader.readline():
        path, length = line.split()[1].decode(), 0
        while header := reader.readline().strip():
            name, _, value = header.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        reader.read(length)
        if "alt=media" in path or path.endswith("/content"):
            head = f"HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\ncontent-length: {size}\r\n\r\n"
            connection.sendall(head.encode())
            sent = 0
            while sent < size:
                sent += os.sendfile(connection.fileno(), file.fileno(), sent, size - sent)
            continue
        body = json.dumps(answer(path, url)).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)


def main() -> None:
    """Serve until killed; the first line printed is the address."""
    size = int(sys.argv[1])
    with tempfile.TemporaryFile() as file, socket.create_server(("127.0.0.1", 0)) as server:
        file.write(clip(size))
        file.flush()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        print(url, flush=True)
        while True:
            connection, _ = server.accept()
            threading.Thread(target=serve, args=(connection, file, size, url), daemon=True).start()


if __name__ == "__main__":
    main()
