"""Metadata cut out of images, judged by Pillow: the same pixels, the same colours, the same way up, no more."""

from __future__ import annotations

import io
import random
import struct
import zlib

import PIL.Image
import PIL.ImageCms
import PIL.ImageOps
import PIL.PngImagePlugin
import pytest

from veo_widgets.domain.formats.image_metadata import BrokenImageError, stripped

CANARY = b"canary-4711"
KINDS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
GPS, ORIENTATION, MAKER, COMMENT = 0x8825, 0x0112, 0x010F, 0x9286
PROFILE = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()


def picture(chance: random.Random, mode: str) -> PIL.Image.Image:
    size = chance.randint(1, 40), chance.randint(1, 40)
    noise = chance.randbytes(size[0] * size[1] * 4)
    return PIL.Image.frombytes("RGBA", size, noise).convert(mode)


def exif(turn: int | None) -> PIL.Image.Exif:
    made = PIL.Image.Exif()
    made[MAKER] = CANARY.decode()
    if turn:
        made[ORIENTATION] = turn
    gps = made.get_ifd(GPS)
    gps[1], gps[2], gps[29] = "N", (48.0, 8.0, 14.6), CANARY.decode()
    return made


def told(kind: str, chance: random.Random, turn: int | None) -> bytes:
    """A picture that tells everything a file of its kind can."""
    # Grey and palettes are what PNG and JPEG have and WebP has not.
    mode = chance.choice(
        {"PNG": ["RGB", "RGBA", "L", "P"], "JPEG": ["RGB", "L", "CMYK"], "WEBP": ["RGB", "RGBA"]}[kind]
    )
    values: dict = {"exif": exif(turn)}
    if chance.random() < 0.5 and mode in {"RGB", "RGBA"}:
        values["icc_profile"] = PROFILE
    if kind == "PNG":
        text = PIL.PngImagePlugin.PngInfo()
        text.add_text("Comment", CANARY.decode())
        text.add_itxt("XML:com.adobe.xmp", CANARY.decode())
        text.add_text("Raw profile type exif", CANARY.decode() * 9, zip=True)
        text.add(b"caNv", CANARY)
        text.add(b"tIME", CANARY[:7])
        values["pnginfo"] = text
    elif kind == "JPEG":
        values |= {"comment": CANARY, "xmp": CANARY, "progressive": chance.random() < 0.5, "quality": 60}
    else:
        values |= {"xmp": CANARY, "lossless": chance.random() < 0.5}
    buffer = io.BytesIO()
    picture(chance, mode).save(buffer, kind, **values)
    data = buffer.getvalue()
    if kind == "JPEG":
        # What Pillow does not write: other programs' segments, and a second picture behind the first.
        data = data[:2] + segment(0xED, b"Photoshop 3.0\0" + CANARY) + segment(0xE2, b"FPXR\0" + CANARY) + data[2:]
    return data + CANARY


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def opened(data: bytes) -> PIL.Image.Image:
    image = PIL.Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(12))
def test_only_the_picture_its_colours_and_its_turn_stay(kind: str, seed: int) -> None:
    turn = [None, *range(1, 9)][seed % 9]
    before = told(kind, random.Random(seed), turn)
    after = stripped(before, KINDS[kind])
    old, new = opened(before), opened(after)
    assert CANARY in before
    assert CANARY not in after
    assert (new.mode, new.size, new.tobytes()) == (old.mode, old.size, old.tobytes())
    assert new.info.get("icc_profile") == old.info.get("icc_profile")
    assert dict(new.getexif()) == ({ORIENTATION: turn} if turn and turn > 1 else {})
    assert not new.getexif().get_ifd(GPS)
    assert PIL.ImageOps.exif_transpose(new).tobytes() == PIL.ImageOps.exif_transpose(old).tobytes()
    # What is clean stays as it is, byte for byte.
    assert stripped(after, KINDS[kind]) == after


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_cut_off_is_refused(kind: str) -> None:
    whole = told(kind, random.Random(1), 6)[: -len(CANARY)]
    for length in range(12, len(whole)):
        with pytest.raises(BrokenImageError):
            stripped(whole[:length], KINDS[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_odd_bytes_end_in_an_answer(kind: str) -> None:
    chance = random.Random(7)
    whole = bytearray(told(kind, chance, 6))
    for _ in range(1500):
        odd = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            odd[chance.randrange(2, len(odd))] = chance.choice([0, 255, chance.randrange(256)])
        try:
            assert len(stripped(bytes(odd), KINDS[kind])) <= len(odd) + 64
        except BrokenImageError:
            continue


def test_a_large_picture_is_not_decoded() -> None:
    """A megabyte that would unfold to gigapixels is walked through, not unfolded."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(10**8), 9)), (b"tEXt", CANARY), (b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )
    assert len(stripped(data, "image/png")) == len(data) - len(CANARY) - 12


def test_an_exif_block_that_points_at_nothing_says_nothing() -> None:
    plain = io.BytesIO()
    PIL.Image.new("RGB", (4, 4)).save(plain, "JPEG")
    data = plain.getvalue()
    for block in (b"", b"II", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff", b"XX*\0\x08\0\0\0"):
        assert stripped(data[:2] + segment(0xE1, b"Exif\0\0" + block) + data[2:], "image/jpeg") == data
