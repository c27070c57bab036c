"""One template language: in a cell, on its line, and of rows."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from veo_widgets.api.flags import words
from veo_widgets.domain.errors import InvalidRequestError
from veo_widgets.domain.prompt_templates import Columns, as_body, as_text, fill_in, prompt_of

VALUES: dict[str, Any] = {
    "n": 7,
    "x": 2.5,
    "width": 5,
    "word": "it's",
    "said": 'say "hi"',
    "shot": {"lens": [35, 50], "by": "me"},
    "empty": "",
}
PASTED = '{"shot": {"camera": "slow dolly", "lens": "35mm"}, "subject": "a cat", "n": [1, {"deep": null}]}'


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Shot {n:02d}", "Shot 07"),
        ("{x:.2f} {n:>4} {word!r} {word!s:>6}", "2.50    7 \"it's\"   it's"),
        ("{n:{width}d}|", "    7|"),
        ("{ n }{n}{ n !s }{n!s :>3}", "777  7"),
        ("$n of $word, $5, US$, $other, $$n, $$5", "7 of it's, $5, US$, $other, $n, $$5"),
        ("{{n}} {{{n}}} }}{{", "{n} {7} }{"),
        ("{shot[lens]} {shot[lens][1]}", None),
        (PASTED, PASTED),
        (f"Like this:\n{PASTED}\nShot {{n}}", f"Like this:\n{PASTED}\nShot 7"),
        ('{"a": "{word}", "b": "{n:03d}: $n"}', '{"a": "it\'s", "b": "007: 7"}'),
        ('{"a": "{said}"}', '{"a": "say \\"hi\\""}'),
        ('{"a": "{{n}} stays, é"}', '{"a": "{n} stays, é"}'),
        ('{"a": "{\\"b\\": 1}"}', '{"a": "{\\"b\\": 1}"}'),
        ('{{"a": 1}}', '{"a": 1}'),
        ('[{"a": 1}, {"b": {"c": 2}}]', '[{"a": 1}, {"b": {"c": 2}}]'),
        ("{empty}.", "."),
    ],
)
def test_a_template_means_the_same_everywhere(template: str, text: str | None) -> None:
    row = Columns(list(VALUES)).read(template).fill(VALUES)
    if text is None:
        # Of rows, what is in brackets is a key, as in a format of Python's; in a cell, it is Python.
        assert row == "[35, 50] 50"
        return
    assert row == text
    assert fill_in(template, dict(VALUES)) == text
    quoted = '"' + template.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if '"' not in template:
        assert words(f"--negative-prompt {quoted}", dict(VALUES)) == ["--negative-prompt", text]


def test_a_day_is_written_without_the_midnight_that_pandas_gives_it() -> None:
    names = {"day": pd.Timestamp("2026-05-01"), "at": pd.Timestamp("2026-05-01 09:30")}
    said = "{day} $day {day!s} {day:%d.%m. %H} {at} $at"
    expected = "2026-05-01 2026-05-01 2026-05-01 00:00:00 01.05. 00 2026-05-01 09:30:00 2026-05-01 09:30:00"
    assert fill_in(said, names) == Columns(list(names)).read(said).fill(names) == expected
    others = {"utc": pd.Timestamp("2026-05-01", tz="UTC"), "none": pd.NaT, "text": "2026-05-01 00:00:00"}
    assert fill_in("{utc}, {none}, {text}", others) == "2026-05-01 00:00:00+00:00, NaT, 2026-05-01 00:00:00"


def test_json_stays_json_whatever_is_filled_in() -> None:
    filled = fill_in('{"a": "{said}", "$word": "b"}', dict(VALUES))
    assert json.loads(filled) == {"a": 'say "hi"', "it's": "b"}


def test_cells_take_expressions() -> None:
    names = {**VALUES, "d": {"a:b": 1}}
    assert fill_in('{d["a:b"]:>3}|{n != 2}|{word[0:2]!r:>5}|{shot["lens"][1]:04d}', names) == "  1|True| 'it'|0050"


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{'shot': 'wide'}", "is not a Python expression; write {{ and }}"),
        ("{n:zz}", "has no value: ValueError"),
        ('{"a": "{nothing}"}', "{nothing} has no value: NameError"),
        ("{n!x}", "is not a Python expression"),
        ("{n:{m}}", "{m} has no value"),
    ],
)
def test_what_a_cell_cannot_fill_in_is_said(template: str, words: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        fill_in(template, dict(VALUES))
    assert words in str(refused.value)


def test_a_column_that_is_named_exactly_so_comes_first() -> None:
    row = {"a": {"b": "inside"}, "a.b": "column", "h[m]": 3, "h": {"m": 4}, "x:y": 5, "x": 6, "o{p}": 7, "2024": 8}
    reader = Columns(list(row))
    template = reader.read("{a.b} {h[m]:02d} {x:y} {x:y:03d} {x:>2} {o{p}} {2024} {a[b]} $x")
    assert template.fill(row) == "column 03 5 005  6 7 8 inside 6"
    assert reader.lacking == {}


def test_names_of_columns_are_compared_loosely_where_one_is_meant() -> None:
    assert Columns(["Place Name"]).read("{place_name} $Place").fill({"Place Name": "Rome"}) == "Rome $Place"
    reader = Columns(["Place", "place "])
    reader.read("{PLACE}")
    assert list(reader.lacking) == ["PLACE"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("--seconds {secs} --seed $secs", ["--seconds", "4", "--seed", "4"]),
        ("--negative-prompt {said} --wait", ["--negative-prompt", 'say "hi", it\'s', "--wait"]),
        ("--negative-prompt 'no {said}!'", ["--negative-prompt", 'no say "hi", it\'s!']),
        ("--seed { secs + 1 }", ["--seed", "5"]),
        ("--output {name}-{secs:03d}.mp4", ["--output", "a b-004.mp4"]),
        ("--output $HOME/x.mp4 --seed {{4}}", ["--output", "$HOME/x.mp4", "--seed", "{4}"]),
        ("--seed {secs} # {nothing}", ["--seed", "4"]),
    ],
)
def test_a_value_on_the_line_is_part_of_one_word(line: str, found: list[str]) -> None:
    names = {"secs": 4, "said": 'say "hi", it\'s', "name": "a b"}
    assert words(line, names) == found


@pytest.mark.parametrize("line", ["--seed {nothing}", "--seed {", "--seed }", "--seed {1 1}"])
def test_a_brace_on_the_line_without_a_value_is_refused(line: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"^%%veo: "):
        words(line, {})
    assert words(line)[0] == "--seed"


@pytest.mark.parametrize("text", ["$n", "$$n", "$$$n {n} $5 $$ $$5", "{{n}} }{", PASTED, "# $n\n\\# {n}", "US$é"])
def test_any_text_has_a_template_that_stands_for_it(text: str) -> None:
    names = {**VALUES, "é": 1}
    assert prompt_of(as_body(text), names) == text
    assert fill_in(as_text(text), names) == text
    assert Columns(list(names)).read(as_text(text)).fill(names) == text
