"""Texts for screens: dollar signs that no reader takes for mathematics."""

from __future__ import annotations

import pytest

from veo_widgets.domain.printable import html_output

APART = "<span>$</span>"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("<p>$3 in all</p>", "<p>$3 in all</p>"),
        ("<p>$3 in all, $1 of it due</p>", f"<p>{APART}3 in all, {APART}1 of it due</p>"),
        # Each is a text of its own.
        ("<td>$1</td><td>$2</td>", "<td>$1</td><td>$2</td>"),
        # A line break ends no text.
        ("$1<br>$2<wbr/>$3", f"{APART}1<br>{APART}2<wbr/>{APART}3"),
        ('<p title="$1 &gt; $2">$3</p>', '<p title="$1 &gt; $2">$3</p>'),
    ],
)
def test_two_dollar_signs_never_stand_in_one_text(given: str, shown: str) -> None:
    assert html_output(given) == f'<div class="mathjax_ignore tex2jax_ignore">{shown}</div>'
