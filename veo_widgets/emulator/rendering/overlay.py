"""What is burnt into every frame: the word EMULATOR, a timecode, the prompt, and insets of reference pictures."""

from __future__ import annotations

from functools import cache, partial

from PIL import Image, ImageDraw, ImageFont

from .planes import Planes, Sprite, even
from .scene import FPS

_INK = (12, 16, 26)
_PAPER = (245, 247, 250)
_ACCENT = (255, 196, 84)
# White in limited range; 255 is beyond it.
_WHITE_LEVEL = 235

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@cache
def font(size: int) -> Font:
    """Pillow's own typeface at `size` pixels; no font of the system is used."""
    # Any other would differ between machines, and with it the bytes of the clip.
    return ImageFont.load_default(size=size)


def wrapped(text: str, face: Font, width: float, lines: int) -> list[str]:
    """`text` broken into at most `lines` lines no wider than `width` pixels; an ellipsis ends what was cut."""
    rows = _break_lines(text, face, width)
    if len(rows) > lines:
        rows = [*rows[: lines - 1], rows[lines - 1] + " …"]
    elif len(rows) > 1:
        rows = _balance_lines(text, face, width, rows)
    return [_shorten_to_width(row, face, width) for row in rows]


def _balance_lines(text: str, face: Font, width: float, rows: list[str]) -> list[str]:
    # A last line of one word looks lost: narrow the column for as long as no line is added.
    for tenths in range(95, 55, -5):
        narrower = _break_lines(text, face, width * tenths / 100)
        if len(narrower) > len(rows):
            break
        rows = narrower
    return rows


def _break_lines(text: str, face: Font, width: float) -> list[str]:
    rows: list[str] = []
    row = ""
    for word in text.split():
        joined = f"{row} {word}".strip()
        # A word that is wider than the column has to stand somewhere.
        if face.getlength(joined) <= width or not row:
            row = joined
        else:
            rows.append(row)
            row = word
    return [*rows, row]


def _shorten_to_width(row: str, face: Font, width: float) -> str:
    while face.getlength(row) > width and len(row) > 2:
        row = row[:-2].rstrip() + "…"
    return row


def _panel(size: tuple[int, int], radius: float, opacity: int) -> Image.Image:
    # Rounded corners drawn large and halved have smooth edges.
    mask = Image.new("L", (size[0] * 2, size[1] * 2))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] * 2 - 1, size[1] * 2 - 1), radius * 2, fill=opacity)
    panel = Image.new("RGB", size, _INK)
    panel.putalpha(mask.reduce(2))
    return panel


def _write(panel: Image.Image, at: tuple[float, float], text: str, face: Font, ink: tuple[int, int, int]) -> None:
    layer = Image.new("L", panel.size)
    ImageDraw.Draw(layer).text(at, text, fill=255, font=face)
    panel.paste(ink, (0, 0), layer)
    alpha = panel.getchannel("A")
    alpha.paste(255, (0, 0), layer)
    panel.putalpha(alpha)


class Overlay:
    """The burnt-in words of one clip.

    Args:
        size: width and height of the frames.
        prompt: the text of the card; an empty one draws no card.
        facts: a line of settings under the prompt.
        frames: the length of the clip.
        insets: reference pictures, RGB, shown small on the right.
    """

    def __init__(
        self, size: tuple[int, int], prompt: str, facts: str, frames: int, insets: tuple[Image.Image, ...] = ()
    ) -> None:
        self._size = size
        self._unit = min(size) / 720
        self._margin = even(26 * self._unit)
        self._frames = frames
        self._badge = self._make_badge()
        self._clock = self._make_clock_panel()
        self._card = self._make_card(prompt, facts)
        self._insets = tuple(self._make_inset(picture) for picture in insets)

    def _px(self, value: float) -> int:
        return max(1, round(value * self._unit))

    def _make_badge(self) -> Sprite:
        face = font(self._px(21))
        text = "E M U L A T O R"
        height, pad = even(40 * self._unit), self._px(14)
        panel = _panel((even(face.getlength(text) + 2 * pad + self._px(20)), height), height / 2, 205)
        dot, middle = self._px(5), height / 2
        mark = Image.new("RGBA", panel.size)
        ImageDraw.Draw(mark).ellipse((pad, middle - dot, pad + 2 * dot, middle + dot), fill=(*_ACCENT, 255))
        panel.alpha_composite(mark)
        _write(panel, (pad + self._px(20), self._px(8)), text, face, _PAPER)
        return Sprite.rgba(panel)

    def _make_clock_panel(self) -> Sprite:
        self._clock_face = font(self._px(21))
        self._cell = max(self._clock_face.getlength(digit) for digit in "0123456789")
        height = even(40 * self._unit)
        self._written = cache(partial(self._write_on_grid, height))
        width = even(sum(self._written(part)[1] for part in self._clock_parts(0)) + self._px(32))
        return Sprite.rgba(_panel((width, height), height / 2, 205))

    def _clock_parts(self, index: int) -> tuple[str, ...]:
        seconds, rest = divmod(index, FPS)
        minutes, seconds = divmod(seconds, 60)
        # In pieces that come back again and again, since writing one takes longer than pasting it.
        hundreds, units = divmod(index, 100)
        frame = (f"{hundreds:02}", f"{units:02}", f"/{self._frames:04}")
        return (f"{minutes:02}:", f"{seconds:02}:", f"{rest:02}   ", *frame)

    def _write_on_grid(self, height: int, text: str) -> tuple[Image.Image, float]:
        """The mask of a piece of the clock, and how far on the next begins."""
        # Digits stand on a grid, or the clock would tremble.
        wide = [self._cell if one.isdigit() else float(self._clock_face.getlength(one)) for one in text]
        mask = Image.new("L", (round(sum(wide)) + 1, height))
        x = 0.0
        for one, advance in zip(text, wide, strict=True):
            offset = (advance - self._clock_face.getlength(one)) / 2
            ImageDraw.Draw(mask).text((round(x + offset), 0), one, fill=255, font=self._clock_face)
            x += advance
        return mask, x

    def _make_card(self, prompt: str, facts: str) -> Sprite | None:
        if not prompt and not facts:
            return None
        room = min(self._size[0] - 2 * self._margin, self._px(860))
        pad = self._px(20)
        face, small = font(self._px(27)), font(self._px(17))
        rows = wrapped(prompt, face, room - 2 * pad, 3) if prompt else []
        notes = wrapped(facts, small, room - 2 * pad, 2)
        step, note_step = self._px(35), self._px(24)
        wide = max([face.getlength(row) for row in rows] + [small.getlength(note) for note in notes])
        height = even(step * len(rows) + note_step * len(notes) + 2 * pad - self._px(4))
        panel = _panel((even(wide + 2 * pad), height), self._px(16), 190)
        for number, row in enumerate(rows):
            _write(panel, (pad, pad - self._px(5) + step * number), row, face, _PAPER)
        for number, note in enumerate(notes):
            _write(panel, (pad, pad + step * len(rows) + note_step * number), note, small, (196, 206, 222))
        return Sprite.rgba(panel)

    def _make_inset(self, picture: Image.Image) -> Sprite:
        side, edge = even(150 * self._unit), self._px(4)
        framed = Image.new("RGB", (side, side), _PAPER)
        inner = side - 2 * edge
        shown = picture.convert("RGB")
        shown.thumbnail((inner, inner))
        framed.paste((30, 34, 44), (edge, edge, side - edge, side - edge))
        framed.paste(shown, ((side - shown.width) // 2, (side - shown.height) // 2))
        framed.putalpha(_panel((side, side), self._px(12), 255).getchannel("A"))
        return Sprite.rgba(framed)

    def badge(self, canvas: Planes) -> None:
        """Burn in the word EMULATOR alone."""
        self._badge.onto(canvas, self._margin, self._margin)

    def onto(self, canvas: Planes, index: int, card: float = 1.0) -> None:
        """Burn everything into frame `index`; `card` from 0 to 1 is how visible the prompt and the insets are."""
        self.badge(canvas)
        self._tell_time(canvas, index)
        if card <= 0:
            return
        if self._card is not None:
            shown = self._card if card >= 1 else self._card.faded(card)
            shown.onto(canvas, self._margin, even(self._size[1] - self._margin - shown.planes.size[1]))
        for number, inset in enumerate(self._insets):
            self._place_inset(canvas, inset if card >= 1 else inset.faded(card), number)

    def _place_inset(self, canvas: Planes, inset: Sprite, number: int) -> None:
        side = inset.planes.size[0]
        top = self._margin + even(60 * self._unit) + number * (side + even(12 * self._unit))
        inset.onto(canvas, self._size[0] - self._margin - side, even(top))

    def _tell_time(self, canvas: Planes, index: int) -> None:
        left = self._size[0] - self._margin - self._clock.planes.size[0]
        self._clock.onto(canvas, left, self._margin)
        x = float(left + self._px(16))
        for part in self._clock_parts(index):
            mask, advance = self._written(part)
            # White has no colour, so the brightness plane alone is written on.
            canvas.y.paste(_WHITE_LEVEL, (round(x), self._margin + self._px(8)), mask)
            x += advance
