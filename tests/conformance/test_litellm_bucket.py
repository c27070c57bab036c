"""A LiteLLM proxy whose operator has the Agent Platform write clips to a bucket.

Its ``/videos`` hands out no such clip and names no address; its pass-through to the Agent Platform does, and the clip
is read there by gcsfs, with the user's own account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pytest
from gcsfs.core import GCSFileSystem
from google.oauth2.credentials import Credentials

from veo_widgets.domain import errors
from veo_widgets.domain.job_record import JobState
from veo_widgets.emulator import Emulator

from .clips import seconds_of
from .conftest import account_file, surroundings
from .environments import python_of
from .googles_host import GooglesHost
from .litellm_proxy import LiteLLMProxy
from .test_our_client_through_litellm import PATIENCE, Desk

HOST = "us-central1-aiplatform.googleapis.com"


@pytest.fixture(scope="module")
def proxy(emulator_of_the_proxy: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteLLMProxy]:
    folder, upstream = tmp_path_factory.mktemp("bucket"), emulator_of_the_proxy
    with GooglesHost(upstream.base_url, folder, HOST) as google:
        environment = surroundings(folder) | {
            "GEMINI_API_BASE": upstream.base_url,
            "SERVICE_ACCOUNT_FILE": str(account_file(upstream, folder)),
            # The pass-through asks Google's own host, whatever the deployment's address is.
            "HTTPS_PROXY": google.url,
            "SSL_CERT_FILE": str(google.certificate),
            # Its other client reads no proxy from the environment.
            "DISABLE_AIOHTTP_TRANSPORT": "True",
        }
        config = Path(__file__).with_name("litellm_bucket.yaml")
        with LiteLLMProxy(python_of("litellm"), environment, config) as made:
            yield made


@pytest.fixture
def emulator(emulator_behind_proxy: Emulator) -> Emulator:
    return emulator_behind_proxy


@pytest.fixture
def desk(proxy: LiteLLMProxy, emulator: Emulator, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(proxy, tmp_path)
    yield made
    made.close()


@pytest.fixture
def read_buckets_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Emulator], None]]:
    """Has gcsfs ask an emulator for what is in buckets, with a token of the user's own."""
    usual = fsspec.get_filesystem_class("gs")
    # The usual one asks Google by gRPC, for a minute, what kind of bucket it is.
    fsspec.register_implementation("gs", GCSFileSystem, clobber=True)

    def read(emulator: Emulator) -> None:
        own = {"endpoint_url": emulator.base_url, "token": Credentials("the-users-own")}
        monkeypatch.setitem(fsspec.config.conf, "gs", own)

    yield read
    fsspec.register_implementation("gs", usual, clobber=True)


def test_a_clip_in_the_operators_bucket_comes_home(
    desk: Desk, emulator: Emulator, read_buckets_at: Callable[[Emulator], None]
) -> None:
    read_buckets_at(emulator)
    job = desk.submit(model="veo-bucket", seconds=4)
    (video,) = job.wait(PATIENCE).videos
    assert (job.state, seconds_of(str(video.path))) == (JobState.SUCCEEDED, pytest.approx(4, abs=0.1))
    assert desk.paths == {"/v1/videos", "/vertex_ai/v1"}
    (create,) = [entry for entry in emulator.journal() if entry.kind == "create"]
    assert create.body["parameters"]["storageUri"] == "gs://films/clips/"
    readers = [entry.headers["user-agent"] for entry in emulator.journal() if entry.kind == "download"]
    assert readers
    assert all("gcsfs" in reader for reader in readers)


def test_one_that_cannot_be_read_there_is_named(
    desk: Desk, emulator: Emulator, shared_emulator: Emulator, read_buckets_at: Callable[[Emulator], None]
) -> None:
    # Another has nothing in that bucket.
    read_buckets_at(shared_emulator)
    job = desk.submit(model="veo-bucket", seconds=4)
    with pytest.raises(errors.VeoError, match=r"gs://films/clips/\d+/sample_0.mp4.* cannot be read: no such bucket"):
        job.wait(PATIENCE)
    assert sum(entry.kind == "create" for entry in emulator.journal()) == 1


def test_a_reason_comes_through_too(desk: Desk, emulator: Emulator) -> None:
    job = desk.submit("---\noutcome: filtered\n---\nA cat", model="veo-bucket", seconds=4)
    with pytest.raises(errors.GenerationFilteredError, match=r"61493863"):
        job.wait(PATIENCE)


def test_where_that_way_is_shut_the_operator_is_to_be_asked(desk: Desk, emulator: Emulator) -> None:
    job = desk.submit(model="veo-shut", seconds=4)
    with pytest.raises(
        errors.GenerationFailedError, match=r"in the bucket of the proxy's operator.*use_in_pass_through"
    ):
        job.wait(PATIENCE)
    assert sum(entry.kind == "create" for entry in emulator.journal()) == 1
