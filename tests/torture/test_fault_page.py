"""The page of the faults says what the tables say."""

from __future__ import annotations

from .fault_page import PAGE, SECTIONS, page


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "make docs-tables writes it anew"


def test_no_fault_stands_there_twice() -> None:
    names = [fault.what for faults in SECTIONS.values() for fault in faults]
    assert len(names) == len(set(names)) >= 40
