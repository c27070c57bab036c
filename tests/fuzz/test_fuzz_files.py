"""Ids, settings, clips, images, sidecars and requests that chance has made: read, or refused with an error of ours."""

from __future__ import annotations

import io
import struct
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import av
import PIL.Image
from hypothesis import given
from hypothesis import strategies as st

from veo_widgets.config.environment import read_dotenv
from veo_widgets.domain.errors import ConfigError, InvalidRequestError, VeoError
from veo_widgets.domain.formats.clip_metadata import without_metadata
from veo_widgets.domain.formats.image_metadata import BrokenImageError, stripped
from veo_widgets.domain.formats.mp4 import Description, describe, is_whole
from veo_widgets.domain.formats.mp4_boxes import ArrivingBoxes
from veo_widgets.domain.media import Image, Video
from veo_widgets.domain.params import PARAMS
from veo_widgets.domain.prompt_templates import Columns, as_body, fill_in, prompt_of
from veo_widgets.domain.request import VideoRequest
from veo_widgets.domain.safe_json import read_json
from veo_widgets.notebook.widgets.player import described
from veo_widgets.providers.video_ids import VideoId, read_video_id
from veo_widgets.session.rows.rows import Rows, read_rows
from veo_widgets.session.rows.sheets import read as read_sheet
from veo_widgets.storage.cast_folder import CastFolder

from .replies import ANYTHING, as_bytes

ID = str(VideoId("gemini", "veo-3.1", "models/m/operations/o"))
RECIPE = {"schema": 1, "model": "m", "request": {"prompt": "A cat"}, "poster": "data:image/jpeg;base64,AAAA"}
MIA = {"schema": 1, "name": "Mia", "text": "red scarf", "images": [{"uri": "gs://bucket/mia.png"}]}
NAMES = st.sampled_from(["GEMINI_API_KEY", "OPENAI_BASE_URL", "VEO_PROVIDER", "PATH"])
LINES = st.builds("{}{}{}{}".format, st.sampled_from(["", "export ", " "]), NAMES, st.sampled_from(["=", " = ", ""]),
                  st.text(st.sampled_from("ab'\"\\#$ \t\r\n\x00é"), max_size=30))  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, files: tuple[bytes, ...]) -> bytes:
    """One of the files with some bytes cut out, put in or changed."""
    data = draw(st.sampled_from(files))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        end = min(at + draw(st.integers(0, 8)), len(data))
        data = data[:at] + draw(st.binary(max_size=8)) + data[end:]
    return data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data


def clip(**options: str) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options=options) as out:
        video = out.add_stream("libx264", rate=24)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        frame = av.VideoFrame(64, 64, "yuv420p")
        frame.pts = 0
        out.mux(video.encode(frame))
        out.mux(video.encode(None))
    return file.getvalue()


def picture(kind: str) -> bytes:
    file, exif = io.BytesIO(), PIL.Image.Exif()
    exif[0x0112] = 6
    PIL.Image.new("RGB", (8, 8), "red").save(file, kind, exif=exif)
    return file.getvalue()


class Counted(io.BytesIO):
    """A file that counts how often it is read."""

    reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        return super().read(size)


CLIPS = (clip(), clip(movflags="frag_keyframe+empty_moov"))
PICTURES = {f"image/{kind.lower()}": picture(kind) for kind in ("PNG", "JPEG", "WEBP")}


@given(data=damaged(CLIPS) | st.binary(max_size=200))
def test_every_clip_is_described(data: bytes) -> None:
    file = Counted(data)
    assert isinstance(describe(file), Description)
    assert is_whole(file) in {True, False}
    # It goes forward through the file, and never in a circle.
    assert file.reads <= len(data) + 10


def broken_at(data: bytes, cuts: list[int]) -> int | None:
    boxes, ends = ArrivingBoxes(1 << 32), [*sorted(cuts), len(data)]
    found = (boxes.broken_at(data[start:end]) for start, end in zip([0, *ends], ends, strict=False))
    return next((at for at in found if at is not None), None)


@given(data=damaged(CLIPS) | st.binary(max_size=200), cuts=st.lists(st.integers(0, 2000), max_size=8))
def test_a_clip_that_arrives_is_followed_alike_in_whatever_pieces(data: bytes, cuts: list[int]) -> None:
    at = broken_at(data, [min(cut, len(data)) for cut in cuts])
    assert at == broken_at(data, [])
    assert at is None or 8 <= at < len(data)


@given(
    kinds=st.lists(st.sampled_from(["ftyp", "moov", "mdat", "free", "uuid", "moof"]), max_size=6),
    body=st.binary(max_size=20),
)
def test_no_clip_that_is_whole_is_left_before_its_end(kinds: list[str], body: bytes) -> None:
    data = b"".join(struct.pack(">I4s", 8 + len(body), kind.encode()) + body for kind in ["ftyp", *kinds])
    assert broken_at(data, []) is None
    assert all(broken_at(clip, []) is None for clip in CLIPS)


@given(data=damaged(CLIPS) | st.binary(max_size=200))
def test_every_clip_is_cleaned_in_its_place(data: bytes) -> None:
    cleaned = without_metadata(data)
    assert len(cleaned) == len(data)
    assert without_metadata(cleaned) == cleaned


@given(data=damaged(CLIPS) | st.binary(max_size=200))
def test_every_clip_gives_its_pictures_or_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(data)
    video = Video(path)
    calls = (lambda: video.frame(0), lambda: video.last_frame, video.probe, lambda: video.sheet(stills=2, width=32))
    for call in calls:
        with suppress(VeoError):
            assert call()
    with suppress(VeoError):
        assert all(frame.width <= 32 for frame in islice(video.frames(every=0.01, width=32), 20))


@given(data=damaged(tuple(PICTURES.values())) | st.binary(max_size=200), mime=st.sampled_from(sorted(PICTURES)))
def test_every_image_is_stripped_or_refused(data: bytes, mime: str) -> None:
    with suppress(BrokenImageError):
        assert len(stripped(data, mime)) <= len(data) + 200
    with suppress(InvalidRequestError):
        assert Image.of(data).data


@given(text=damaged((ID.encode(),)).map(lambda data: data.decode("latin-1")) | st.text())
def test_every_id_is_read_or_refused(text: str) -> None:
    with suppress(InvalidRequestError):
        assert read_video_id(text).operation


@given(text=st.lists(LINES, max_size=4).map("\n".join).map(str.encode) | st.binary(max_size=60))
def test_every_dotenv_is_read_or_refused_without_its_values(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / ".env"
    path.write_bytes(text)
    with suppress(ConfigError):
        assert "PATH" not in read_dotenv(path)


@given(data=as_bytes((RECIPE,)) | st.sampled_from([b"[" * 10_000, b'{"poster": "data:image/jpeg;base64,' + b"A" * 9]))
def test_every_sidecar_can_lie_beside_a_clip(tmp_path: Path, data: bytes) -> None:
    video = Video(tmp_path / "clip.mp4")
    video.sidecar.write_bytes(data)
    assert isinstance(video.recipe, dict)
    assert isinstance(video.poster, str)
    assert all(isinstance(described(video)["facts"][name], str) for name in ("prompt", "model"))
    assert "<script" not in video._repr_html_()


@given(
    prompt=st.text() | ANYTHING,
    values=st.dictionaries(
        st.sampled_from([name for param in PARAMS for name in (param.name, *param.aliases)]) | st.text(max_size=9),
        ANYTHING
        | st.sampled_from(["8", "720p", "16:9", "1280x720", "gs://b/o", "https://h/x.png", b"\x89PNG\r\n\x1a\n"]),
        max_size=4,
    ),
)
def test_every_request_is_built_or_refused(prompt: Any, values: dict[str, Any]) -> None:
    values = {name: value for name, value in values.items() if name not in {"prompt", "model", "allow_retired", "cls"}}
    with suppress(InvalidRequestError):
        assert isinstance(VideoRequest.build(prompt, **values), VideoRequest)


@given(data=as_bytes((MIA,)) | st.sampled_from([b"[" * 10_000, b""]))
def test_every_file_of_the_cast_is_read_or_named_in_a_sentence(tmp_path: Path, data: bytes) -> None:
    folder = CastFolder(tmp_path)
    path = folder._file_of("Mia")
    path.write_bytes(data)
    cast = folder.read()
    assert len(cast.characters) + len(cast.faults) == 1
    assert all(path.name in fault and str(tmp_path) not in fault and "\n" not in fault for fault in cast.faults)


@given(data=st.binary(max_size=60) | as_bytes((RECIPE,)))
def test_every_body_is_json_or_a_value_error(data: bytes) -> None:
    with suppress(ValueError):
        read_json(data)


SHEETS = (
    b"animal,place\ncat,Rome\n",
    b'sep=;\r\n"a;b";c\r\n1;"2\n3"\r\n',
    b'[{"animal": "cat"}, "A dog"]',
    b'{"animal": ["cat"]}',
    b'{"a": {"0": 1}}\n{"a": 2}\n',
    "a\tb\nc\td\n".encode("utf-16"),
    b"PK\x03\x04",
    b"PAR1",
)
ENDINGS = ("", ".csv", ".txt", ".json", ".jsonl", ".xlsx", ".parquet", ".ods")
TEMPLATES = st.text(st.sampled_from('{}$"\\:!.[]ab1é# \n'), max_size=40)


@given(ending=st.sampled_from(ENDINGS), data=damaged(SHEETS) | st.binary(max_size=200))
def test_every_file_of_rows_is_read_or_refused(ending: str, data: bytes) -> None:
    with suppress(VeoError):
        sheet = read_sheet(f"rows{ending}", data)
        if sheet.content is None and sheet.rows:
            found = Rows(sheet.rows)
            assert all(isinstance(name, str) for row in found for name in row)


@given(source=ANYTHING)
def test_whatever_is_given_for_rows_is_rows_or_refused(source: Any) -> None:
    with suppress(VeoError):
        assert all(isinstance(row, dict) for row in read_rows(source))


@given(template=TEMPLATES)
def test_every_template_is_filled_in_or_refused(template: str) -> None:
    values = {"a": 1, "b": {"a": "x"}, "ab": "é"}
    with suppress(InvalidRequestError):
        fill_in(template, dict(values))
    with suppress(InvalidRequestError):
        Columns(list(values)).read(template).fill(values)
    assert prompt_of(as_body(template), dict(values)) == template
