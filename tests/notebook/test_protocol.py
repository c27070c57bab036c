"""Nothing outside the table of messages is acted upon."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from veo_widgets.notebook.widgets import (
    BatchTable,
    Form,
    Grid,
    JobView,
    Library,
    Player,
    Storyboard,
    Studio,
    protocol,
)

SCRIPTS = Path(__file__).parents[2] / "js" / "src"


def test_every_trait_that_the_browser_reads_is_one_that_python_writes() -> None:
    """A trait that is renamed on one side alone is read as missing, without an error anywhere."""
    scripts = "".join(path.read_text("utf-8") for path in SCRIPTS.rglob("*.js*"))
    wanted = set(re.findall(r'(?:useTrait\(\w+, |(?:wire|model)\.get\()"(\w+)"\)', scripts))
    sent = {
        name
        for widget in (BatchTable, Form, Grid, JobView, Library, Player, Storyboard, Studio)
        for name in widget.class_traits(sync=True)
    }
    assert len(wanted) > 10
    assert wanted - sent == set()


@pytest.mark.parametrize(
    ("content", "valid"),
    [
        ({"kind": "ready"}, True),
        ({"kind": "need-bytes", "sample": 0, "request": "r1"}, True),
        ({"kind": "poster", "sample": 3}, True),
        ({"kind": "submit", "prompt": "A cat"}, False),
        ({"kind": "ready", "more": 1}, False),
        ({"kind": "find", "filters": {"query": "cat"}, "request": "r1"}, True),
        ({"kind": "find", "filters": "cat", "request": "r1"}, False),
        ({"kind": "star", "job": "j1", "on": 1}, True),
        ({"kind": "run", "retry": 1, "count": 3, "request": "r1"}, True),
        ({"kind": "run", "retry": True, "count": 3, "request": "r1"}, False),
        ({"kind": "run", "retry": 1, "count": 3}, False),
        ({"kind": "star", "job": "j1", "on": True}, False),
        ({"kind": "delete", "job": "j" * 65}, False),
        ({"kind": "export", "path": "/etc"}, False),
        ({"kind": "edit", "edit": {"edit": "undo"}, "request": "r1"}, True),
        ({"kind": "edit", "edit": "undo", "request": "r1"}, False),
        ({"kind": "make", "offer": "shot 3: $0.40", "again": 0, "request": "r1"}, True),
        ({"kind": "make", "offer": "shot 3: $0.40", "again": True, "request": "r1"}, False),
        ({"kind": "make", "offer": "x" * 10_001, "again": 0, "request": "r1"}, False),
        ({"kind": "retry", "job": "j1", "request": "r1"}, True),
        ({"kind": "retry", "job": "j1"}, True),
        ({"kind": "retry", "request": "r1"}, False),
        ({"kind": "retry", "job": "j1", "request": 1}, False),
        ({"kind": "stop", "job": "j1", "request": "r1"}, False),
        ({"kind": "need-bytes", "sample": -1, "request": "r1"}, False),
        ({"kind": "need-bytes", "sample": True, "request": "r1"}, False),
        ({"kind": "need-bytes", "sample": "../../secret", "request": "r1"}, False),
        ({"kind": "need-bytes", "sample": 0, "request": "r" * 65}, False),
        ({"kind": "need-bytes", "sample": 0}, False),
        ({"kind": "generate", "order": "o1", "draft": {}}, True),
        ({"kind": "generate", "order": "o1", "draft": []}, False),
        ({"kind": "generate", "order": "o" * 65, "draft": {}}, False),
        ({"kind": "upload", "image": "u1", "name": "cat.png", "offset": 0, "total": 9}, True),
        ({"kind": "upload", "image": "u1", "name": "cat.png", "offset": -1, "total": 9}, False),
        ({"kind": "recipe", "name": "clip.json", "text": "x" * 300_000}, False),
        ({"kind": "of-job", "job": "k3f9", "message": {"kind": "stop"}}, True),
        ({"kind": "of-job", "job": "k3f9", "message": "stop"}, False),
        ({"kind": ["ready"]}, False),
        ({"kind": "mark", "sample": 0, "mark": "star"}, True),
        ({"kind": "mark", "sample": 0, "mark": "five stars"}, False),
        ({"kind": "render", "samples": [0, 3], "request": "r1"}, True),
        ({"kind": "render", "samples": [0, -3], "request": "r1"}, False),
        ({"kind": "render", "samples": "03", "request": "r1"}, False),
        ({"kind": "render", "samples": [0] * 1001, "request": "r1"}, False),
        ({"kind": "sequel", "sample": 0, "verb": "extend", "prompt": "on", "request": "r1"}, True),
        ({"kind": "sequel", "sample": 0, "verb": "retry", "prompt": "on", "request": "r1"}, False),
        ({"kind": "sequel", "sample": 0, "verb": "edit", "prompt": "o" * 100_001, "request": "r1"}, False),
        ({}, False),
        ("ready", False),
        (None, False),
    ],
)
def test_only_the_protocols_messages_are_read(content: object, valid: bool) -> None:
    assert (protocol.read_message(content, None) is not None) is valid


def test_buffers_are_read_as_bytes() -> None:
    message = protocol.read_message({"kind": "poster", "sample": 0}, [memoryview(b"\xff\xd8\xff")])
    assert message is not None
    assert message.data == b"\xff\xd8\xff"
