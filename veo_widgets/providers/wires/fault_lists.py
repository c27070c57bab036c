"""What is wrong with single fields, out of the texts in which servers of FastAPI's and pydantic's kind list it.

Sources: pydantic 2's ``str(ValidationError)``, which sglang 0.5.23 answers with after words of its own and vLLM-Omni
0.30.0 by itself, and vLLM 0.30.0 (``entrypoints/serve/exception_handling/handlers/validation.py``), which writes each
fault as a Python dict on a line of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

# As many as a reader takes in, of texts no longer than a list of so many can be.
_FAULTS, _LENGTH = 5, 10_000
# A few words may come before; after the name of an exception, as LiteLLM writes it, it is an answer that has faults.
_PYDANTIC = re.compile(r"(?:[\w ]{1,60}: )?\d+ validation errors? for \S+\n")
_VLLM = re.compile(r"\d+ validation errors?:\n")
# The field on a line of its own, and below it, set in, what is wrong, before a remark on the kind of error.
_FIELD = re.compile(r"^(\S.*)\n +(.+?)(?: \[type=\w+.*)?$", re.MULTILINE)
_PLACE = re.compile(r"'loc': (?:'([^']*)'|\(([^)]*)\))")
_WORDS = re.compile(r"""'msg': (?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")""")


def words_of_faults(text: str) -> str:
    """Each field with what is wrong with it, on one line; empty if the text is no such list."""
    text = text[:_LENGTH]
    for head, read in ((_PYDANTIC, _of_pydantic), (_VLLM, _of_vllm)):
        if found := head.match(text):
            return "; ".join(islice(read(text[found.end() :]), _FAULTS))
    return ""


def _of_pydantic(text: str) -> Iterator[str]:
    for field, words in _FIELD.findall(text):
        yield f"{field}: {words.removeprefix('Value error, ')}"


def _of_vllm(text: str) -> Iterator[str]:
    for line in text.splitlines():
        words = _WORDS.search(line)
        if words is None:
            continue
        place = _PLACE.search(line)
        path = place[1] or re.sub(r"[' ]", "", place[2] or "").strip(",").replace(",", ".") if place else ""
        field = path.removeprefix("body").removeprefix(".")
        said = (words[1] or words[2] or "").replace("\\\\", "\\").removeprefix("Value error, ")
        yield f"{field}: {said}" if field else said
