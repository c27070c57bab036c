"""Untrusted text made safe to show: it moves no cursor, reverses no line and turns no price into a formula."""

from __future__ import annotations

import re

# Control characters but for tab and line feed; what overrides, embeds or isolates the direction of writing, which lets
# a text look like another; line ends that only some programs know; halves of surrogate pairs.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

# A tag; or text up to the next tag, which line breaks do not end. In attributes, ``>`` is escaped.
_RUN = re.compile(r"<(?!w?br\b)[^>]*>|(?:[^<]|<w?br\b[^>]*>)+", re.DOTALL)


def printable(text: str) -> str:
    """The text with every such character written out as in a Python string; all other writing stays as it is.

    Args:
        text: a prompt, a service's sentence, a file's name; any length.
    """
    return _UNFIT.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def html_output(*parts: str) -> str:
    """HTML to show in a notebook, in which ``$`` is a dollar sign.

    Notebooks set what stands between two of them as mathematics, in prices and in prompts. MathJax 3, as JupyterLab and
    Voilà have it, leaves elements of the first class alone (https://docs.mathjax.org/en/latest/options/document.html),
    and MathJax 2, as nbconvert and nbviewer have it, those of the second
    (https://docs.mathjax.org/en/v2.7-latest/options/preprocessors/tex2jax.html). Where classes are removed, as on
    GitHub, an element around each of the signs keeps them apart: both look for pairs between two tags only.
    """
    return f'<div class="mathjax_ignore tex2jax_ignore">{_RUN.sub(_separate_dollars, "".join(parts))}</div>'


def _separate_dollars(run: re.Match[str]) -> str:
    text = run[0]
    return text.replace("$", "<span>$</span>") if text.count("$") > 1 and not text.startswith("<") else text
