"""A film as a strip of cards, for where no widget is: each shot with its still, its whole prompt and its takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from ...domain.job_record import JobRecord
from ...domain.printable import html_output
from .board import Board, Scene, Take
from .change import Change
from .cutting import Cut
from .piece import Piece, has_clip
from .shots import Shot
from .summary import Entry, Summary
from .title_cards import TitleCard

# A still has up to 20 kB, and they are all in the notebook.
_MOST_STILLS = 24
# Greys that are seen on light and on dark: in a notebook the colours of the page are not known.
_QUIET, _LINE = "opacity:.72", "rgba(128,128,128,.45)"
_CARD = f"margin:0;border:1px solid {_LINE};border-radius:8px;overflow:hidden"
_STILL = "display:block;width:100%;aspect-ratio:16/9;object-fit:contain;background:#0c0e14"
_BEGINS = {"cut": "cut", "continue": "continues the shot before", "extend": "extends the shot before"}


def strip(
    board: Board,
    parts: Sequence[Shot | TitleCard],
    pieces: Sequence[Piece],
    summary: Summary,
    records: Mapping[int, JobRecord],
    change: Change,
) -> str:
    """The film as HTML.

    Args:
        board: how it is laid out.
        parts: its shots, with the prompts that are sent, and its title cards.
        pieces: what the shots would send.
        summary: how they stand.
        records: the job of every take that has one, by the take's number.
        change: what is to be made.
    """
    shots = zip(pieces, summary.entries, strict=True)
    left = _MOST_STILLS - len(summary.entries)
    cards = []
    for placed, part in zip(board.parts, parts, strict=True):
        if not isinstance(placed, Scene):
            cards.append(_title_card(placed))
            continue
        others = [take for take in placed.takes if take is not placed.take]
        left -= len(others)
        piece, entry = next(shots)
        takes = "".join(_other_take(take, records.get(take.number)) for take in others) if left >= 0 else ""
        cards.append(_shot_card(placed, part, piece, entry, takes))
    grid = "display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,200px),1fr));gap:12px;align-items:start"
    again = "" if not change else f"<p>To make: {escape(repr(change))}. <code>run()</code> makes it.</p>"
    said = f"<p>{escape(summary.sentence)}</p>"
    return html_output(said, f'<div style="{grid}">{"".join(cards)}</div>', again)


def _shot_card(scene: Scene, cut: Cut, piece: Piece, entry: Entry, takes: str) -> str:
    count = f" · take {scene.chosen + 1} of {len(scene.takes)}" if len(scene.takes) > 1 else ""
    head = f"<strong>{escape(entry.label.capitalize())}</strong>{count} · {_BEGINS[cut.transition]}"
    settings = [f"{name} {text}" for name, text in entry.shown if name != "begins" and text]
    # Without a still, the state stands in its place.
    facts = " · ".join(
        filter(None, (*_lengths(cut, piece), *settings, entry.cost.text, entry.state if entry.poster else ""))
    )
    prompt = f'<div style="margin:4px 0;white-space:pre-wrap;overflow-wrap:anywhere">{escape(entry.prompt)}</div>'
    problem = f"<div>{escape(entry.problem)}</div>" if entry.problem else ""
    file = f'<div style="{_QUIET};overflow-wrap:anywhere">{escape(entry.clip)}</div>' if entry.clip else ""
    strip_of_takes = f'<div style="display:flex;flex-wrap:wrap;gap:4px;margin-top:4px">{takes}</div>' if takes else ""
    words = f'<div>{head}</div><div style="{_QUIET}">{escape(facts)}</div>{prompt}{problem}{file}{strip_of_takes}'
    return _card(_still(entry), words)


def _lengths(cut: Cut, piece: Piece) -> Iterator[str]:
    """How long the clip is, and what is shown of it."""
    seconds = piece.plan.cost.seconds if piece.plan else 0
    if seconds:
        yield f"{seconds:g} s"
    if cut.start or cut.end is not None:
        yield f"shown from {cut.start:g} s to {'the end' if cut.end is None else f'{cut.end:g} s'}"
    if cut.fade:
        yield f"fades in over {cut.fade:g} s"
    if cut.dip:
        yield f"dips to black for {cut.dip:g} s"


def _still(entry: Entry) -> str:
    if entry.poster:
        return f'<img src="{escape(entry.poster)}" alt="{escape(entry.label)}" style="{_STILL}">'
    box = f"display:grid;place-items:center;aspect-ratio:16/9;border-bottom:1px dashed {_LINE};{_QUIET}"
    return f'<div style="{box}">{escape(entry.state)}</div>'


def _other_take(take: Take, record: JobRecord | None) -> str:
    """A take that is not chosen, small."""
    if record is None or not has_clip(record) or not record.videos[0].poster:
        return ""
    name = f"not chosen: {take.prompt}"
    video = record.videos[0]
    return (
        f'<img src="{escape(video.poster)}" alt="{escape(name)}" title="{escape(name)}" '
        'style="height:40px;border-radius:4px">'
    )


def _title_card(part: TitleCard) -> str:
    card = part.card
    ground, ink = (f"rgb({red},{green},{blue})" for red, green, blue in (card.background, card.ink))
    look = "display:grid;place-items:center;aspect-ratio:16/9;padding:8px;box-sizing:border-box;text-align:center"
    words = f'<div style="{look};background:{ground};color:{ink};white-space:pre-wrap">{escape(card.text)}</div>'
    facts = f'<strong>Title card</strong> <span style="{_QUIET}">{float(card.seconds):g} s</span>'
    return _card(words, f"<div>{facts}</div>")


def _card(picture: str, words: str) -> str:
    return f'<figure style="{_CARD}">{picture}<figcaption style="padding:8px 12px 12px">{words}</figcaption></figure>'
