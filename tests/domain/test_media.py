"""Images in every form a user may have them in, and clips as they describe themselves."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import tempfile
from pathlib import Path

import PIL.Image
import pytest

from veo_widgets.domain.errors import InvalidRequestError
from veo_widgets.domain.media import MAX_IMAGE_BYTES, Image, Video, sniff_image


def encoded(kind: str, mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    PIL.Image.new(mode, (8, 4), 120 if mode == "L" else (10, 20, 30)).save(buffer, format=kind)
    return buffer.getvalue()


PNG, JPEG, WEBP, GIF = (encoded(kind) for kind in ("PNG", "JPEG", "WEBP", "GIF"))


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (WEBP, "image/webp"),
        (GIF, None),
        (b"", None),
        (b"\x89PNG", None),
        (b"RIFF1234WAVE", None),
        (b"<html>", None),
    ],
)
def test_an_image_is_known_by_its_first_bytes(data: bytes, mime: str | None) -> None:
    assert sniff_image(data) == mime


@pytest.mark.parametrize("form", ["path", "text", "bytes", "bytearray", "memoryview", "file", "wrapper", "buffer"])
def test_every_form_gives_the_same_bytes(form: str, tmp_path: Path) -> None:
    path = tmp_path / "käse 1.jpg"
    path.write_bytes(JPEG)
    with path.open("rb") as file, tempfile.NamedTemporaryFile() as wrapper:
        wrapper.write(JPEG)
        wrapper.seek(0)
        forms = {
            "path": path,
            "text": str(path),
            "bytes": JPEG,
            "bytearray": bytearray(JPEG),
            "memoryview": memoryview(JPEG),
            "file": file,
            "wrapper": wrapper,
            "buffer": io.BytesIO(JPEG),
        }
        image = Image.of(forms[form])
    assert (image.data, image.mime, image.uri) == (JPEG, "image/jpeg", "")
    assert base64.b64decode(image.base64) == JPEG
    assert image.sha256 == hashlib.sha256(JPEG).hexdigest()
    if form in {"path", "text", "file"}:
        assert image.name == "käse 1.jpg"


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
def test_a_pillow_image_is_sent_as_png(mode: str) -> None:
    image = Image.of(PIL.Image.new(mode, (8, 4)))
    assert image.mime == "image/png"
    with PIL.Image.open(io.BytesIO(image.data)) as again:
        assert again.size == (8, 4)


def test_an_image_stays_as_it_is() -> None:
    image = Image(PNG, name="a.png")
    assert Image.of(image) is image


@pytest.mark.parametrize(
    ("address", "mime"),
    [
        ("gs://b/a.png", "image/png"),
        ("gs://b/a.JPG", "image/jpeg"),
        ("gs://b/a.jpeg", "image/jpeg"),
        ("gs://b/a.webp", "image/webp"),
        ("gs://b/a", "image/png"),
    ],
)
def test_a_bucket_address_is_left_to_the_service(address: str, mime: str) -> None:
    image = Image.of(address)
    assert (image.uri, image.mime, image.data, image.describe()) == (address, mime, b"", address)
    assert image.sha256 == hashlib.sha256(address.encode()).hexdigest()


def test_a_web_address_is_kept_and_shown_without_its_signature() -> None:
    image = Image.of("https://example.org/films/red%20cat.jpg?sig=secret")
    assert (image.name, image.mime, image.data) == ("red cat.jpg", "image/jpeg", b"")
    assert (image.is_on_web, image.is_in_bucket) == (True, False)
    assert image.describe() == image.address == "https://example.org/films/red%20cat.jpg"
    assert "secret" not in image.base64


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("ftp://example.org/a.png", "'ftp://example.org/a.png' is not the address of an image"),
        ("https://", "'https://' is not the address of an image"),
        ("https://example.org:x/a.png?sig=secret", "'https://example.org:x/a.png' is not the address"),
        ("https://me:secret@example.org/a.png", "an address with '@' before its path is not the address of an image"),
        ("no-such-file.png", "cannot read 'no-such-file.png': No such file"),
        ("", "cannot read ''"),
        ("~nobody-of-that-name/a.png", "cannot read '~nobody-of-that-name/a.png'"),
        ("a\0b.png", "cannot read"),
        ("A" * 5_000_000, "cannot read"),
        (GIF, "is not a PNG, JPEG or WebP image"),
        (b"", "is not a PNG, JPEG or WebP image"),
        (io.StringIO("text"), "StringIO is not an image"),
        (7, "int is not an image"),
        (None, "NoneType is not an image"),
        (PNG + bytes(MAX_IMAGE_BYTES), "is over 20 MB; at most 20 MB"),
        (PIL.Image.new("CMYK", (2, 2)), "a Pillow image of mode CMYK cannot be sent"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else type(value).__name__,
)
def test_what_is_no_image_is_refused_in_one_short_sentence(value: object, words: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Image.of(value, "last_frame")
    assert caught.value.parameter == "last_frame"
    assert str(caught.value).startswith("last_frame: ")
    assert words in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_folder_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match="Is a directory"):
        Image.of(tmp_path)


def test_the_largest_image_is_taken() -> None:
    # What comes after the picture's end is not sent.
    assert Image.of(PNG + bytes(MAX_IMAGE_BYTES - len(PNG))).data == PNG


def test_what_never_ends_is_not_read_to_its_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for path in (Path("/dev/zero"), tmp_path / "pipe.png"):
        with pytest.raises(InvalidRequestError, match="is a device or a pipe"):
            Image.of(path)
    with Path("/dev/zero").open("rb") as endless, pytest.raises(InvalidRequestError, match="is not a PNG"):
        Image.of(endless)


@pytest.mark.parametrize("data", [PNG, JPEG, WEBP])
def test_a_cut_image_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidRequestError, match="first_frame: 'bytes' is not a complete image: it is cut off"):
        Image.of(data[:-3], "first_frame")


def test_bytes_are_not_shown() -> None:
    assert "PNG" not in repr(Image(PNG, name="a"))
    assert Image(bytes(12_345), name="a.png").describe() == "a.png (12 kB)"


CLIP = Video(Path("/clips/a.mp4"), sample=1, bytes=9, digest="00", seconds=8.0, width=1280, fps=24.0, has_audio=True)


def test_a_clip_is_shown_by_its_path_from_here() -> None:
    here = Video(Path.cwd() / "veo_clips/a.mp4", seconds=8.0, width=1280, height=720)
    assert repr(here) == "Video('veo_clips/a.mp4', 1280×720, 8 s)"
    assert repr(Video(Path.cwd() / "a.mp4")) == "Video('a.mp4')"


def test_a_clip_survives_the_ledger() -> None:
    kept = json.loads(json.dumps(CLIP.to_json()))
    assert Video.from_json(kept) == CLIP
    assert Video.from_json({**kept, "of_a_later_version": 1}) == CLIP


@pytest.mark.parametrize(
    ("sidecar", "recipe", "poster"),
    [
        ('{"poster": "data:image/jpeg;base64,AA", "a": 1}', {"poster": "data:image/jpeg;base64,AA", "a": 1}, True),
        ('{"poster": "javascript:alert(1)"}', {"poster": "javascript:alert(1)"}, False),
        ('{"poster": 7}', {"poster": 7}, False),
        ("[1]", {}, False),
        ("{", {}, False),
        ("\udcff", {}, False),
        (None, {}, False),
    ],
)
def test_a_sidecar_may_be_gone_or_broken(tmp_path: Path, sidecar: str | None, recipe: dict, *, poster: bool) -> None:
    video = Video(tmp_path / "a.mp4")
    if sidecar is not None:
        video.sidecar.write_bytes(sidecar.encode("utf-8", "surrogateescape"))
    assert video.sidecar == tmp_path / "a.json"
    assert video.recipe == recipe
    assert bool(video.poster) is poster


def test_paths_are_relative_where_they_can_be(tmp_path: Path) -> None:
    video = Video(tmp_path / "veo_clips" / "a.mp4")
    assert video.relative_path(tmp_path) == "veo_clips/a.mp4"
    assert video.relative_path(tmp_path / "elsewhere") == video.path.as_posix()
    inside = Video(Path.cwd() / "veo_clips" / "a.mp4")
    assert inside.relative_path() == "veo_clips/a.mp4"


def test_html_is_safe_whatever_the_file_is_called() -> None:
    video = Video(Path.cwd() / 'a "#1?" <b>%41.mp4')
    html = video._repr_html_()
    assert 'src="a%20%22%231%3F%22%20%3Cb%3E%2541.mp4"' in html
    assert "poster" not in html
    assert os.sep != "/" or 'src="/' in Video(Path("/else/a.mp4"))._repr_html_()


def test_a_home_folder_of_nobody_is_told_in_whole_sentences() -> None:
    with pytest.raises(InvalidRequestError, match=r"home directory\. Give the path of an image file\.$"):
        Image.of("~nobody-has-this-name/cat.png")
