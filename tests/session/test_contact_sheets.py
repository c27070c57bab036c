"""Contact sheets of batches: a page that needs nothing else, and a picture; what has no clip says why."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.numbered_clips import Numbered
from veo_widgets.domain.errors import InvalidRequestError, VeoError
from veo_widgets.domain.media import Video
from veo_widgets.session.client import Client
from veo_widgets.session.contact_sheets import ContactSheet, Item, item_of, item_without, with_stills
from veo_widgets.session.groups.batch import Batch

HOSTILE = 'A <b>cat</b> & "dog" for $5 or $6 <script>alert(1)</script>'


class Page(HTMLParser):
    """What a page shows: its elements, pictures and words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href"}]

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture
def made(make_client: Callable[..., Client]) -> Batch:
    rows = [
        {"prompt": "A cat", "seed": 1},
        {"prompt": HOSTILE, "seed": 2},
        {"prompt": "---\noutcome: filtered\n---\nA dog", "seed": 3},
        {"prompt": "A fox", "seed": 4, "samples": 2},
    ]
    batch = Batch(make_client(hasty=True), rows, "", "sheet", {"seconds": 4, "model": "veo-3.1-generate-001"})
    return batch.run().wait()


def test_a_sheet_has_each_clip_with_its_prompt_and_price_or_the_reason_why_not(made: Batch) -> None:
    sheet = made.sheet()
    assert [item.title for item in sheet.items] == [
        "row 1 · 1",
        "row 2 · 2",
        "row 3 · 3",
        "row 4 · 4 · 2 · 1 of 2",
        "row 4 · 4 · 2 · 2 of 2",
    ]
    assert {item.facts for item in sheet.items[:2]} == {"veo-3.1-generate-001 · 4 s · $1.60, free at the emulator"}
    # Of two clips of a job, the price of both stands at the first.
    price = "veo-3.1-generate-001 · 4 s · $3.20 for 2 clips, free at the emulator"
    assert [item.facts for item in sheet.items[3:]] == [price, "veo-3.1-generate-001 · 4 s"]
    assert repr(sheet) == "ContactSheet(\"batch 'sheet'\": 4 clips · 1 without a clip)"
    filtered = sheet.items[2]
    assert (made.jobs[2].state, filtered.poster) == ("filtered", "")
    assert filtered.reason == made.plan().entries[2].problem
    page = Page(sheet.html)
    assert filtered.reason in page.words
    # The page needs no other file, and prompts are what they are.
    assert (page.tags.count("figure"), page.tags.count("img")) == (5, 4)
    assert not {"script", "b", "link", "iframe"} & set(page.tags)
    assert HOSTILE in page.words
    assert "url(" not in sheet.html
    for address in page.addresses:
        head, _, data = address.partition(",")
        assert head == "data:image/jpeg;base64"
        assert Image.open(io.BytesIO(base64.b64decode(data))).format == "JPEG"


def test_a_picture_has_all_of_them(made: Batch, tmp_path: Path) -> None:
    sheet = made.sheet(columns=3)
    image = sheet.image
    assert image.width == 2 * 28 + 3 * 320 + 2 * 18
    # Two rows of stills, the second of which begins with pictures as well.
    assert np.asarray(image)[image.height - 28 - 130, 28 : 28 + 320].std() > 5
    for name, kind in (("a.png", "PNG"), ("a.jpg", "JPEG"), ("a.webp", "WEBP")):
        with Image.open(sheet.save(tmp_path / name)) as saved:
            assert (saved.format, saved.size) == (kind, image.size)
    assert sheet.save(str(tmp_path / "a.html")).read_text("utf-8") == sheet.html
    with pytest.raises(InvalidRequestError, match=r"^columns: 0 is not a whole number from 1\.$"):
        made.sheet(0)


def test_what_was_not_sent_is_on_the_sheet_too(make_client: Callable[..., Client]) -> None:
    batch = Batch(make_client(), [{"prompt": "A cat"}, {"prompt": "A dog", "seconds": 99}], "", "plan", {})
    first, second = batch.sheet().items
    assert first.reason == "to be sent"
    assert first.shape == (1280, 720)
    assert "99" in second.reason
    assert batch.sheet().image.width == 2 * 28 + 2 * 320 + 18


def test_a_clip_that_is_gone_says_so(tmp_path: Path) -> None:
    gone = Video(tmp_path / "gone.mp4", width=720, height=1280)
    item = item_of(gone, "gone", "A cat", "")
    assert item.reason == "The clip gone.mp4 is no longer there."
    assert ContactSheet("Clips", [item]).image.height > 320


def test_a_clip_without_a_still_gets_one(tmp_path: Path) -> None:
    path = Numbered(6).write(tmp_path / "copy.mp4")
    (item,) = with_stills([item_of(Video(path), "", "", "")])
    assert item.poster.startswith("data:image/jpeg;base64,")
    path.write_bytes(b"no clip")
    (item,) = with_stills([item_of(Video(path), "", "", "")])
    assert (item.poster, item.reason) == ("", "")
    assert "There is no still." in ContactSheet("Clips", [item]).html


def test_a_still_that_cannot_be_read_keeps_no_other_from_being_drawn() -> None:
    broken = Item("row 1", "A cat", "", poster="data:image/jpeg;base64,AAAA")
    sheet = ContactSheet("Clips", [broken, item_without("row 2", "A dog", "", "failed")])
    missing = ContactSheet("Clips", [item_without("row 1", "A cat", "", ""), *sheet.items[1:]])
    assert sheet.image.tobytes() == missing.image.tobytes()


def test_a_sheet_of_very_many_is_whole_as_a_page_and_says_what_a_picture_leaves_out() -> None:
    sheet = ContactSheet("many", [item_without(f"row {n}", "A cat", "", "failed") for n in range(1000)], 40)
    assert len(re.findall("<figure", sheet.html)) == 1000
    assert sheet.image.height == ContactSheet("many", sheet.items[:400], 40).image.height


@pytest.mark.parametrize("name", ["sheet.pdf", "sheet", "sheet.gif"])
def test_another_ending_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"^path: .* let it end in \.html, \.png, \.jpg, \.jpeg, \.webp\.$"):
        ContactSheet("Clips", []).save(tmp_path / name)
    assert not (tmp_path / name).exists()


def test_a_picture_that_is_too_large_for_its_kind_is_refused_and_nothing_is_written_over(tmp_path: Path) -> None:
    sheet = ContactSheet("many", [item_without(f"row {n}", "A cat", "", "failed") for n in range(100)], 1)
    path = tmp_path / "sheet.webp"
    path.write_bytes(b"before")
    with pytest.raises(InvalidRequestError, match=r"^path: .*\.webp has at most 16383 on a side; save it as \.png"):
        sheet.save(path)
    assert path.read_bytes() == b"before"
    assert sheet.save(tmp_path / "sheet.png").is_file()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    for ending in ("html", "png"):
        with pytest.raises(VeoError, match=r"^path: cannot write '.*no/sheet.*': No such file or directory\.$"):
            ContactSheet("Clips", []).save(tmp_path / "no" / f"sheet.{ending}")


@pytest.mark.parametrize("columns", [0, -1, 2.5, "5", None, True])
def test_what_is_no_number_of_columns_is_refused(columns: object) -> None:
    with pytest.raises(InvalidRequestError, match=r"^columns: .* is not a whole number from 1\.$"):
        ContactSheet("Clips", [], columns)
