"""What a page or a plain text says where an answer should be: a proxy's, a login's, a bucket's."""

from __future__ import annotations

import html
import re

# As much of a page as has its head in it.
_HEAD = 20_000
_LONGEST = 500
# Each step of these is bounded, so that a page made to be slow to read is not.
_PAGE = re.compile(r"\s*(<\?xml|<!|<html|<head|<body|<title|<h1|<error|<center|<p\b|<div)", re.IGNORECASE)
_HEADINGS = tuple(
    re.compile(rf"<{name}(?:\s[^>]{{0,200}})?>(.{{0,{_LONGEST}}}?)</{name}>", re.IGNORECASE | re.DOTALL)
    # The last is S3's, whose errors are XML.
    for name in ("title", "h1", "message")
)
_TAG = re.compile(r"<[^>]{0,200}>")


def page_words(body: bytes) -> tuple[str, bool]:
    """The title of a page, or the first heading of one without; a plain text as it is; and whether it was a page.

    What is neither is no words at all.
    """
    try:
        text = body[:_HEAD].decode("utf-8", "ignore" if len(body) > _HEAD else "strict")
    except ValueError:
        text = body[:_HEAD].decode("latin-1") if _PAGE.match(body[:200].decode("latin-1")) else ""
    if _PAGE.match(text):
        return _heading(text), True
    # JSON that cannot be read is no sentence, and neither is what a terminal could not show.
    is_text = not text.lstrip().startswith(("{", "[")) and all(char.isprintable() or char.isspace() for char in text)
    return (text if is_text else ""), False


def _heading(text: str) -> str:
    for heading in _HEADINGS:
        found = heading.search(text)
        if found and (words := html.unescape(_TAG.sub(" ", found[1])).strip()):
            return words
    return ""
