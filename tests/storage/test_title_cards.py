"""Title cards and captions of films that are cut: each frame of a card, its letters, and when what is said is shown."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from veo_widgets.domain.errors import InvalidRequestError
from veo_widgets.domain.formats import title_cards
from veo_widgets.storage.films.captions import webvtt
from veo_widgets.storage.films.edits import Caption
from veo_widgets.storage.films.rendering import Card, Edit, Track, render
from veo_widgets.storage.films.stitching import Segment

from .test_rendering import HALF, QUARTER, edit, level, wav
from .test_stitching import RATE, make, near, packets_of, shades_of, sound_of

GREY = (90, 90, 90)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "film.mp4"


@pytest.fixture
def bright(tmp_path: Path) -> Path:
    return make(tmp_path / "bright.mp4", [200] * 48, tone=8000)


def card(text: str = " ", seconds: Fraction = Fraction(1), **said) -> Edit:
    """A card of one grey unless it has words."""
    return Edit(Card(text, seconds, GREY, GREY if text == " " else (255, 255, 255)), "the card", **said)


def test_cards_stand_before_between_and_after_shots_and_are_silent(target: Path, bright: Path) -> None:
    render([card(), edit(bright), card(seconds=HALF), edit(bright), card()], target, loudness=None)
    wanted = [*[90] * 24, *[200] * 48, *[90] * 12, *[200] * 48, *[90] * 24]
    assert near(shades_of(target), wanted)
    assert 0 <= len(sound_of(target)) - len(wanted) * RATE // 24 <= 1024
    assert [round(level(target, at), -3) for at in (12, 48, 78, 100, 144)] == [0, 8000, 0, 8000, 0]


def test_a_card_fades_over_and_a_shot_dips_out_of_it(target: Path, bright: Path) -> None:
    render([edit(bright), card(fade=HALF), edit(bright, dip=HALF)], target, loudness=None)
    found = shades_of(target)
    assert len(found) == 48 + 24 - 12 + 48
    mixed = [round(200 + (90 - 200) * part / 13) for part in range(1, 13)]
    assert all(abs(one - two) <= 4 for one, two in zip(found[36:48], mixed, strict=True))
    assert near(found[48:55], [90] * 7)
    assert found[54:60] == sorted(found[54:60], reverse=True)
    assert found[60] <= 2
    assert near(found[66:], [200] * 42)
    assert round(level(target, 20), -3) == 8000
    assert level(target, 58) == pytest.approx(0, abs=60)


@pytest.mark.parametrize("shape", [None, Fraction(9, 16), Fraction(1), Fraction(16, 9)])
def test_a_card_fills_every_shape_of_the_film(tmp_path: Path, target: Path, shape: Fraction | None) -> None:
    clip = make(tmp_path / "clip.mp4", [100] * 12, size=(640, 480))
    render([card("Two words", HALF), edit(clip)], target, shape=shape)
    with av.open(str(target)) as film:
        first = next(film.decode(video=0)).to_image()
        width, height = first.size
    assert shape is None or Fraction(width, height) == pytest.approx(float(shape), abs=0.05)
    edges = [(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)]
    assert all(abs(first.getpixel(at)[0] - 90) < 6 for at in edges)
    assert first.convert("L").getextrema()[1] > 200


def test_the_colours_of_a_card_are_those_that_were_asked_for(tmp_path: Path, target: Path) -> None:
    """In standard definition and in high, which have different matrices."""
    for size in ((64, 48), (1280, 720)):
        clip = make(tmp_path / "clip.mp4", [100] * 12, size=size)
        for colour in ((200, 30, 60), (20, 140, 90)):
            render([Edit(Card(" ", QUARTER, colour, colour), "card"), edit(clip)], target)
            with av.open(str(target)) as film:
                frame = next(film.decode(video=0))
                matrix = "ITU709" if size[1] == 720 else "ITU601"
                shown = frame.reformat(format="rgb24", src_colorspace=matrix).to_image().getpixel((5, 5))
            assert all(abs(one - two) <= 5 for one, two in zip(shown, colour, strict=True)), (size, shown)


def test_music_goes_on_under_a_card(tmp_path: Path, target: Path) -> None:
    mute = make(tmp_path / "mute.mp4", range(20, 68), tone=None)
    music = Track("music", wav(tmp_path / "music.wav", 4000, 20), leads=False)
    render([card(), edit(mute), card()], target, loudness=None, tracks=[music])
    assert round(level(target, 6), -3) == 4000
    render([card(), edit(mute)], target)
    with av.open(str(target)) as film:
        assert not film.streams.audio


def inked(text: str, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where a card has letters: left, top, right and bottom."""
    picture = title_cards.drawn(text, size, (0, 0, 0), (255, 255, 255))
    return ImageChops.difference(picture, Image.new("RGB", size)).getbbox()


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (720, 720), (480, 1920)])
@pytest.mark.parametrize(
    "text",
    [
        "THE END",
        "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen",
        "word " * 100,
        "W" * 500,
        "\n".join("line" for _ in range(40)),
        "הרכבת יוצאת בחצות מתחנה מספר 9",
        "القطار يغادر في منتصف الليل",
        "jgqpy ÅÉÎ " * 20,
    ],
)
def test_no_letter_is_cut_off(size: tuple[int, int], text: str) -> None:
    left, top, right, bottom = inked(text, size)
    assert left > size[0] * 0.03
    assert top > size[1] * 0.03
    assert right < size[0] * 0.97
    assert bottom < size[1] * 0.97


def test_a_word_that_is_too_long_is_broken_and_a_short_one_stays_whole() -> None:
    whole, pixels = inked("Extraordinary", (1080, 1920)), 1080 * 0.11
    assert whole[3] - whole[1] < pixels
    broken = inked("Extraordinary" * 6, (1080, 1920))
    assert broken[3] - broken[1] > pixels


def test_right_to_left_text_begins_at_the_right() -> None:
    def cut_to_ink(text: str) -> Image.Image:
        picture = title_cards.drawn(text, (600, 600), (0, 0, 0), (255, 255, 255)).convert("L")
        return picture.crop(picture.getbbox())

    whole, word = cut_to_ink("שלום 123"), cut_to_ink("שלום")
    found = []
    for left in (whole.width - word.width, 0):
        seen = whole.crop((left, 0, left + word.width, whole.height))
        seen = seen.crop(seen.getbbox()).resize(word.size)
        found.append(ImageStat.Stat(ImageChops.difference(seen, word)).mean[0])
    assert found[0] < 20
    assert found[1] > 60


SAID = Caption("Where were you?", HALF, Fraction(3, 2))


def times(text: str) -> list[str]:
    return [line for line in text.splitlines() if "-->" in line]


def test_captions_move_with_cuts_trims_and_fades(target: Path, bright: Path) -> None:
    rendered = render(
        [
            Edit(Segment(bright), "a", captions=(SAID,)),
            card(),
            Edit(Segment(bright), "b", start=Fraction(1), captions=(SAID, Caption("All of it"))),
            Edit(Segment(bright), "c", end=Fraction(1), fade=HALF, captions=(SAID, Caption("Gone", Fraction(3, 2)))),
        ],
        target,
    )
    assert rendered.begins == [0, 2, 3, Fraction(7, 2)]
    assert webvtt(rendered.cues) == (
        "WEBVTT\n\n"
        "00:00:00.500 --> 00:00:01.500\nWhere were you?\n\n"
        "00:00:03.000 --> 00:00:03.500\nWhere were you?\n\n"
        "00:00:03.000 --> 00:00:04.000\nAll of it\n\n"
        "00:00:04.000 --> 00:00:04.500\nWhere were you?\n"
    )
    assert len(shades_of(target)) == (2 + 1 + 1 + 1 - 0.5) * 24


def test_what_is_left_of_a_caption_is_shown_for_a_millisecond_at_least(target: Path, bright: Path) -> None:
    """Readers refuse one that ends as it begins."""
    barely = Caption("Gone", Fraction(19997, 10000), Fraction(3))
    rendered = render([Edit(Segment(bright), "a", captions=(SAID, barely))], target)
    assert [cue.text for cue in rendered.cues] == ["Where were you?"]


def test_a_card_shorter_than_a_frame_is_refused(target: Path, bright: Path) -> None:
    with pytest.raises(InvalidRequestError, match=r"seconds: 0\.01 for the card is less than a frame of the film"):
        render([Edit(Segment(bright)), Edit(Card("x", Fraction(1, 100)), "the card")], target)


def test_captions_are_a_track_of_text_where_that_is_wished(target: Path, bright: Path) -> None:
    said = (Caption("שלום <b> & so", HALF, Fraction(1)), Caption("Together", Fraction(3, 4), Fraction(5, 4)))
    edits = [Edit(Segment(bright), "a", captions=said), edit(bright)]
    cues = render(edits, target, loudness=None, text_track=True).cues
    assert packets_of(target) == packets_of(bright) * 2
    assert "שלום &lt;b&gt; &amp; so" in webvtt(cues)
    with av.open(str(target)) as film:
        (stream,) = film.streams.subtitles
        assert stream.codec_context.name == "mov_text"
        samples = [(packet.pts, packet.duration, bytes(packet)[2:].decode()) for packet in film.demux(stream)]
        texts = [sample for sample in samples if sample[2]]
        assert texts == [(500, 250, said[0].text), (750, 250, f"{said[0].text}\nTogether"), (1000, 250, "Together")]
    assert abs(sound_of(target)[RATE] - 8000) < 300
    render(edits, target, loudness=None)
    with av.open(str(target)) as film:
        assert not film.streams.subtitles


def test_hours_are_written_as_hours() -> None:
    from veo_widgets.storage.films.captions import Cue

    assert times(webvtt([Cue(3_723_004, 36_000_000, "x")])) == ["01:02:03.004 --> 10:00:00.000"]
