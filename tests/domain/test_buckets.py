"""Addresses of buckets, and files put there and brought back."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bucket_stores import Brittle, emptied, names_in
from veo_widgets.domain import buckets
from veo_widgets.domain.errors import DownloadError, InvalidRequestError


@pytest.fixture(autouse=True)
def stores() -> Iterator[None]:
    yield from emptied()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(os.urandom(100_000))
    return path


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("s3://films/cats", "s3://films/cats"),
        ("S3://films/cats/", "s3://films/cats"),
        (Path("gs://films/cats"), "gs://films/cats"),
        ("abfs://films@account.dfs.core.windows.net/cats", "abfs://films@account.dfs.core.windows.net/cats"),
    ],
)
def test_an_address_has_one_form(said: object, address: str) -> None:
    assert buckets.is_address(said)
    assert buckets.address_of(said, "folder") == address


@pytest.mark.parametrize("said", ["clips", "/clips", "~/clips", "C:\\clips", "C:/clips", "file:///clips", "", "a:b"])
def test_a_path_is_no_address(said: str) -> None:
    assert not buckets.is_address(said)


@pytest.mark.parametrize("said", ["s3://", "s3:///", "s3://films/../others", "simplecache::s3://films", "s3://a\nb"])
def test_what_names_no_folder_is_refused(said: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"folder: '.*' is not the address of a folder"):
        buckets.address_of(said, "folder")


@pytest.mark.parametrize("said", ["ftp://me:secret7@host/clips", "https://host/clips?X-Amz-Signature=secret7"])
def test_a_password_in_an_address_is_refused_and_not_repeated(said: str) -> None:
    with pytest.raises(InvalidRequestError, match="password or a signature") as refused:
        buckets.address_of(said, "folder")
    assert "secret7" not in repr((refused.value, refused.value.value))


def test_an_unknown_kind_of_store_is_refused_with_what_may_be_meant() -> None:
    with pytest.raises(InvalidRequestError, match=r"begins with 'memry', which is no kind.*Did you mean 'memory'"):
        buckets.check("memry://clips")


def test_a_folder_is_written_to_once_before_it_is_used_and_nothing_is_left_there() -> None:
    buckets.check("brittle://films/fresh")
    assert names_in("brittle://films") == []
    Brittle.forbidden = True
    # It was found to be well in this process, and is not asked again.
    buckets.check("brittle://films/fresh")
    with pytest.raises(
        InvalidRequestError, match=r"nothing can be written to .*access denied: Access Denied.*was sent"
    ):
        buckets.check("brittle://films/other")


def test_a_file_goes_there_and_comes_back_as_it_was(clip: Path, tmp_path: Path) -> None:
    buckets.put(clip, "memory://films/cats/clip.mp4")
    assert names_in("memory://films") == ["clip.mp4"]
    assert buckets.size("memory://films/cats/clip.mp4") == 100_000
    assert buckets.size("memory://films/cats/other.mp4") is None
    back = tmp_path / "copies" / "clip.mp4"
    buckets.fetch("memory://films/cats/clip.mp4", back, 100_000, 1_700_000_000_123_456_789)
    assert back.read_bytes() == clip.read_bytes()
    assert back.stat().st_mtime_ns == 1_700_000_000_123_456_789
    buckets.remove("memory://films/cats/clip.mp4")
    buckets.remove("memory://films/cats/clip.mp4")
    assert names_in("memory://films") == []


def test_what_breaks_off_leaves_nothing_there_and_no_signature_in_the_message(clip: Path) -> None:
    Brittle.refused.add(".mp4")
    with pytest.raises(DownloadError, match="could not be put into 'brittle://films': the line to") as refused:
        buckets.put(clip, "brittle://films/clip.mp4")
    assert "abc123" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert names_in("brittle://films") == []


def test_another_file_there_is_never_taken_for_the_clip(clip: Path, tmp_path: Path) -> None:
    buckets.put(clip, "memory://films/clip.mp4")
    back = tmp_path / "copies" / "clip.mp4"
    with pytest.raises(DownloadError, match="another file is there by now, of 100,000 bytes instead of 99"):
        buckets.fetch("memory://films/clip.mp4", back, 99, 0)
    with pytest.raises(DownloadError, match="no such bucket or file"):
        buckets.fetch("memory://films/gone.mp4", back, 0, 0)
    assert list(back.parent.iterdir()) == []


def test_many_who_want_a_file_fetch_it_once(clip: Path, tmp_path: Path) -> None:
    buckets.put(clip, "memory://films/clip.mp4")
    back, states = tmp_path / "copies" / "clip.mp4", list[int]()

    def fetch() -> None:
        buckets.fetch("memory://films/clip.mp4", back, 100_000, 0)
        states.append(back.stat().st_ino)

    threads = [threading.Thread(target=fetch) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(states) == 8
    assert len(set(states)) == 1


def test_a_store_without_signatures_says_so(clip: Path) -> None:
    buckets.put(clip, "memory://films/clip.mp4")
    assert buckets.signed("memory://films/clip.mp4", 60) == ""


@pytest.mark.parametrize(
    ("source", "address", "copies"),
    [
        ("gs://a/b.mp4", "gcs://c/d.mp4", True),
        ("s3://a/b.mp4", "s3://c/d.mp4", True),
        ("gs://a/b.mp4", "s3://c/d.mp4", False),
        ("memory://a/b.mp4", "memory://c/d.mp4", False),
    ],
)
def test_a_store_copies_only_its_own(source: str, address: str, copies: bool) -> None:
    assert buckets.can_copy(source, address) is copies


def test_a_part_of_a_file_can_be_read(clip: Path) -> None:
    buckets.put(clip, "memory://films/clip.mp4")
    with buckets.reading("memory://films/clip.mp4") as file:
        file.seek(50_000)
        assert file.read(10) == clip.read_bytes()[50_000:50_010]
    with pytest.raises(DownloadError, match="no such bucket or file"), buckets.reading("memory://films/gone.mp4"):
        pass


def test_copies_of_two_buckets_never_share_a_folder() -> None:
    addresses = ["s3://a/b", "s3://a:1/b", "gs://a/b", "s3://a/b/c", "s3://a%2Fb", "s3://A/b", "s3://a/b c"]
    assert len({buckets.copy_place(address) for address in addresses}) == len(addresses)
    assert buckets.copy_place("s3://a:1/b").parts == ("buckets", "s3", "a%3A1", "b")
