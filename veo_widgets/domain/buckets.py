"""Files in buckets: at ``s3://``, ``gs://``, ``az://`` and every other address that fsspec knows.

fsspec rather than obstore: it brings the settings that people have for their stores already (``AWS_…``,
``GOOGLE_APPLICATION_CREDENTIALS``, ``AZURE_STORAGE_…``, ``~/.config/fsspec``), is what pandas and Dask read the same
addresses with, and knows dozens of other stores, of which obstore knows three.
"""

from __future__ import annotations

import mimetypes
import os
import re
import secrets
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from .errors import DownloadError, InvalidRequestError, MissingExtraError, nearest
from .paths import address_parts, is_there, written_whole

# Where an object appears whole or not at all; elsewhere it gets its name once it is whole.
_S3, _GOOGLE, _AZURE = {"s3", "s3a"}, {"gs", "gcs"}, {"az", "abfs", "abfss"}
_OBJECT_STORES = _S3 | _GOOGLE | _AZURE
# What is in memory of a clip at a time: s3fs and gcsfs have 50 MB by default, the first for each of ten parts.
_PIECE = 8 << 20
# What follows a question mark in an address of the web lets others in for a time.
_SIGNATURE = re.compile(r"\?\S+")
# What is written and removed again to see whether clips can be: nothing else tells.
_PROBE = ".veo_widgets"
_LONGEST_REASON = 300

# Whoever wants a file that somebody fetches already waits for that.
_fetching: dict[Path, threading.Lock] = {}
_checked: set[tuple[int, str]] = set()


def is_address(said: object) -> bool:
    """Whether a folder or a file is named by an address, and not by a path; ``file://`` is a path."""
    return address_parts(said) is not None


def address_of(said: object, parameter: str) -> str:
    """An address as it was given, in one form.

    Args:
        said: what `is_address` holds of.
        parameter: what it was given as.

    Raises:
        InvalidRequestError: it names no bucket, has a password in it, or leads elsewhere.
    """
    scheme, rest = address_parts(said) or ("", "")
    # Neither a password nor a signature belongs in a message, nor into the ledger.
    if "?" in rest or ":" in rest.partition("/")[0].rpartition("@")[0]:
        raise InvalidRequestError(
            f"{parameter}: the address has a password or a signature in it, which would be kept as it is. Leave it "
            "out, and give the key as your store's own tools take it.",
            parameter=parameter,
        )
    address = f"{scheme}://{rest}"
    if not rest or "::" in address or not address.isprintable() or {".", ".."} & set(rest.split("/")):
        message = f"{parameter}: {address!r} is not the address of a folder, such as 's3://bucket/clips'."
        raise InvalidRequestError(message, parameter=parameter, value=address)
    return address


def file_address_of(said: object, parameter: str) -> str:
    """The address of a file as it was given, in one form.

    Raises:
        InvalidRequestError: it names a bucket and nothing in it, or as for `address_of`.
        MissingExtraError: the extra ``cloud`` is not installed.
    """
    address = address_of(said, parameter)
    if "/" not in address.partition("://")[2]:
        message = f"{parameter}: {address!r} names a bucket and no file in it, such as '{address}/film.mp4'."
        raise InvalidRequestError(message, parameter=parameter, value=address)
    known(address, parameter)
    return address


def copy_place(address: str) -> Path:
    """Where the copies of what is at an address are kept on this machine, below the data folder."""
    scheme, _, rest = address.partition("://")
    return Path("buckets", scheme, *(quote(part, safe=" @+=,") for part in rest.split("/") if part))


def known(address: str, parameter: str) -> None:
    """Refuse an address that fsspec cannot read with what is installed; nobody is asked.

    Raises:
        InvalidRequestError: there is no such kind of address.
        MissingExtraError: the extra ``cloud`` is not installed.
    """
    scheme = address.partition("://")[0]
    try:
        import fsspec

        fsspec.get_filesystem_class(scheme)
    except ImportError:
        raise MissingExtraError(f"{parameter}: {address!r}", "cloud") from None
    except ValueError:
        near = nearest(scheme, fsspec.available_protocols())
        message = f"{parameter}: {address!r} begins with {scheme!r}, which is no kind of store that fsspec knows.{near}"
        raise InvalidRequestError(message, parameter=parameter, value=address) from None


def check(address: str, parameter: str = "folder", *, spared: str = "sent") -> None:
    """Refuse a folder that no clip can be put into: an empty file is written there and removed, once per process.

    Args:
        address: of the folder.
        parameter: what it was given as.
        spared: what was not done with anything then.

    Raises:
        InvalidRequestError: it cannot be reached or written, or there is no such kind of address.
        MissingExtraError: the extra ``cloud`` is not installed.
    """
    if (os.getpid(), address) in _checked:
        return
    known(address, parameter)
    try:
        fs, path = _opened(address)
        if not _is_object_store(address):
            fs.makedirs(path, exist_ok=True)
        fs.pipe_file(f"{path}/{_PROBE}", b"")
    except Exception as error:  # noqa: BLE001 (each store has errors of its own)
        raise InvalidRequestError(
            f"{parameter}: nothing can be written to {address!r} ({_reason(error)}), so nothing was {spared}.",
            parameter=parameter,
            value=address,
        ) from None
    # Some may write and not remove.
    with suppress(Exception):
        fs.rm_file(f"{path}/{_PROBE}")
    _checked.add((os.getpid(), address))


@dataclass(frozen=True)
class Rights:
    """What may be done in a folder that can be written.

    Attributes:
        unread: why nothing can be read there; empty if it can.
        unremoved: why nothing can be removed there; empty if it can.
        signs: whether the store gives out addresses of the web.
    """

    unread: str
    unremoved: str
    signs: bool


def rights(address: str) -> Rights:
    """What may be done in a folder of which `check` is content: an empty file is written, read and removed.

    Raises:
        DownloadError: it cannot be written any more.
    """
    probe = f"{address}/{_PROBE}"
    with _told(f"{probe!r} cannot be written"):
        fs, path = _opened(probe)
        fs.pipe_file(path, b"")
    return Rights(_refusal(fs.cat_file, path), _refusal(fs.rm_file, path), bool(signed(probe, 60)))


def _refusal(work: Callable[[str], object], path: str) -> str:
    try:
        work(path)
    except Exception as error:  # noqa: BLE001 (each store has errors of its own)
        return _reason(error)
    return ""


def size(address: str) -> int | None:
    """How many bytes are at an address; None if there is nothing.

    Raises:
        DownloadError: the store does not say.
    """
    with _told(f"{address!r} cannot be looked at"):
        fs, path = _opened(address)
        try:
            return int(fs.info(path)["size"])
        except FileNotFoundError:
            return None


def put(source: Path, address: str) -> None:
    """Put a file into a bucket, whole or not at all; what was at the address is replaced.

    Raises:
        DownloadError: it could not be put there whole.
    """
    with _told(f"{source.name!r} could not be put into {address.rpartition('/')[0]!r}"):
        fs, path = _opened(address)
        if _is_object_store(address):
            fs.put_file(str(source), path, **_in_pieces(address, _S3 | _GOOGLE), **_kind_told(address))
        else:
            part = f"{path}.{secrets.token_hex(4)}.part"
            fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            try:
                fs.put_file(str(source), part)
                fs.mv(part, path)
            except BaseException:
                with suppress(Exception):
                    fs.rm_file(part)
                raise
        if (there := int(fs.info(path)["size"])) != source.stat().st_size:
            raise OSError(f"{there:,} of {source.stat().st_size:,} bytes are there")


def put_bytes(data: bytes, address: str) -> None:
    """Put something small into a bucket, whole or not at all; what was at the address is replaced.

    Raises:
        DownloadError: it could not be put there whole.
    """
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder, address.rpartition("/")[2])
        written.write_bytes(data)
        put(written, address)


def fetch(address: str, path: Path, length: int, modified: int) -> None:
    """Bring a file from a bucket to this machine, unless it is there; whole or not at all.

    Args:
        address: where it is.
        path: where it goes.
        length: its bytes; 0 for any number.
        modified: when it was last changed, in nanoseconds since the epoch; 0 if nobody knows.

    Raises:
        DownloadError: it is not there, cannot be read, or is another one by now.
    """
    with _fetching.setdefault(path, threading.Lock()):
        if is_there(path, Path.is_file):
            return
        with _told(f"{address!r} cannot be read"):
            fs, place = _opened(address)
            path.parent.mkdir(parents=True, exist_ok=True)
            with written_whole(path) as part:
                fs.get_file(place, str(part), **_in_pieces(address, _S3))
                if length and (came := part.stat().st_size) != length:
                    raise OSError(f"another file is there by now, of {came:,} bytes instead of {length:,}")
                if modified:
                    os.utime(part, ns=(modified, modified))


def remove(address: str) -> None:
    """Remove what is at an address; nothing there is well.

    Raises:
        DownloadError: the store refused.
    """
    with _told(f"{address!r} cannot be removed"), suppress(FileNotFoundError):
        fs, path = _opened(address)
        fs.rm_file(path)


def signed(address: str, seconds: int) -> str:
    """An address of the web by which anybody can read a file for so long; empty where the store signs none."""
    try:
        fs, path = _opened(address)
        found = str(fs.sign(path, expiration=seconds))
    # It has no such addresses, or the credentials cannot sign: the clip takes another way.
    except Exception:  # noqa: BLE001 (each store has errors of its own)
        return ""
    return found if found.startswith(("https://", "http://")) else ""


def is_google(address: str) -> bool:
    """Whether an address is one of Google Cloud Storage, where its services put clips."""
    return address.startswith("gs://")


def can_copy(source: str, address: str) -> bool:
    """Whether a store may copy a file by itself: both addresses are its own."""
    schemes = {source.partition("://")[0], address.partition("://")[0]}
    return any(schemes <= of_one_store for of_one_store in (_S3, _GOOGLE, _AZURE))


def copy(source: str, address: str) -> None:
    """Have a store copy a file of its own by itself: no byte passes this machine.

    Raises:
        DownloadError: it has not.
    """
    with _told(f"{source!r} could not be copied to {address!r}"):
        (fs, path), (_, place) = _opened(source), _opened(address)
        fs.cp_file(path, place)
        if fs.info(place)["size"] != fs.info(path)["size"]:
            raise OSError("the copy is not whole")


@contextmanager
def reading(address: str) -> Iterator[IO[bytes]]:
    """A file of a bucket, of which only what is read is fetched.

    Raises:
        DownloadError: it cannot be read.
    """
    with _told(f"{address!r} cannot be read"):
        fs, path = _opened(address)
        with fs.open(path, "rb", block_size=_PIECE) as file:
            yield file


def _is_object_store(address: str) -> bool:
    return address.partition("://")[0] in _OBJECT_STORES


def _in_pieces(address: str, schemes: set[str]) -> dict[str, Any]:
    """How a store's own package is told to hold little of a file in memory; the others do so by themselves."""
    scheme = address.partition("://")[0]
    if scheme not in schemes:
        return {}
    return {"chunksize": _PIECE, **({"max_concurrency": 2} if scheme in _S3 else {})}


def _kind_told(address: str) -> dict[str, Any]:
    """How Azure's package is told what kind a file is, which the others guess; browsers would get bytes of no kind."""
    kind = mimetypes.guess_type(address)[0]
    if address.partition("://")[0] not in _AZURE or kind is None:
        return {}
    # Comes with that package.
    from azure.storage.blob import ContentSettings

    return {"content_settings": ContentSettings(content_type=kind)}


def _opened(address: str) -> tuple[Any, str]:
    """The store of an address, and the path there."""
    import fsspec

    # Others put files there too, so that what was listed before says nothing.
    fs, path = fsspec.url_to_fs(address, use_listings_cache=False)
    return fs, str(path)


@contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except ImportError:
        raise MissingExtraError(f"A bucket ({what})", "cloud") from None
    except Exception as error:  # noqa: BLE001 (each store has errors of its own, and none of them is a `VeoError`)
        # From nothing: a store's own error may quote what it was asked with.
        raise DownloadError(f"{what}: {_reason(error)}.") from None


def _reason(error: Exception) -> str:
    """What a store says, without signatures, in one line."""
    said = " ".join(_SIGNATURE.sub("", str(error)).split()).rstrip(".") or type(error).__name__
    if isinstance(error, FileNotFoundError):
        said = f"no such bucket or file: {said}"
    elif isinstance(error, PermissionError):
        said = f"access denied: {said}"
    return said[:_LONGEST_REASON]
