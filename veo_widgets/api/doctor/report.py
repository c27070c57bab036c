"""What the doctor has found, as text and as HTML."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from ...domain.printable import html_output, printable
from ...domain.tables import frame

State = Literal["ok", "warning", "problem"]

# A sign for those who see no colours, and a colour that is readable on light and on dark.
_SIGNS: dict[State, tuple[str, str]] = {
    "ok": ("✓", "var(--jp-success-color1, #2e9e44)"),
    "warning": ("!", "var(--jp-warn-color1, #d98200)"),
    "problem": ("✗", "var(--jp-error-color1, #e0403a)"),
}
_CARD = (
    "border:1px solid rgba(128,128,128,.35);border-radius:8px;padding:12px;max-width:760px;color:inherit;"
    "font-family:system-ui,sans-serif;font-size:14px;line-height:1.5"
)
_GRID = "display:grid;grid-template-columns:auto auto 1fr;gap:4px 12px;align-items:baseline;text-align:left"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        topic: what it is about, in a word or two.
        state: whether it is as it should be.
        message: what was found.
        remedy: what to do about it; empty where there is nothing to do.
    """

    topic: str
    state: State
    message: str
    remedy: str = ""


@dataclass(frozen=True)
class Report:
    """Everything that was looked at, in order; the same findings always read the same."""

    findings: tuple[Finding, ...]

    def about(self, topic: str) -> tuple[Finding, ...]:
        """The findings on a topic."""
        return tuple(finding for finding in self.findings if finding.topic == topic)

    @property
    def problems(self) -> tuple[Finding, ...]:
        """What has to be mended before a clip can be made."""
        return tuple(finding for finding in self.findings if finding.state == "problem")

    @property
    def summary(self) -> str:
        """The result in a sentence."""
        warnings = sum(finding.state == "warning" for finding in self.findings)
        counted = [(len(self.problems), "problem"), (warnings, "warning")]
        told = ", ".join(f"{count} {word}{'s' if count > 1 else ''}" for count, word in counted if count)
        return f"{told}." if told else "All is well."

    def to_frame(self) -> Any:
        """One row for each finding as a pandas ``DataFrame``.

        Raises:
            VeoError: pandas is not installed.
        """
        rows = ((found.topic, found.state, found.message, found.remedy) for found in self.findings)
        return frame(("topic", "state", "message", "remedy"), rows)

    def __repr__(self) -> str:
        width = max((len(finding.topic) for finding in self.findings), default=0)
        lines = [line for finding in self.findings for line in _finding_lines(finding, width)]
        return printable("\n".join([*lines, "", self.summary]))

    def _repr_html_(self) -> str:
        rows = "".join(_finding_html(finding) for finding in self.findings)
        return html_output(
            f'<div style="{_CARD}"><div style="{_GRID}">{rows}</div>',
            f'<div style="margin-top:8px;font-weight:600">{escape(self.summary)}</div></div>',
        )


def _finding_lines(finding: Finding, width: int) -> list[str]:
    lines = [f"{finding.state:<7}  {finding.topic:<{width}}  {finding.message}"]
    return [*lines, f"{'':<{width + 11}}→ {finding.remedy}"] if finding.remedy else lines


def _finding_html(finding: Finding) -> str:
    sign, colour = _SIGNS[finding.state]
    remedy = f'<div style="opacity:.75">→ {escape(finding.remedy)}</div>' if finding.remedy else ""
    return (
        f'<span title="{finding.state}" style="color:{colour};font-weight:700">{sign}</span>'
        f'<span style="opacity:.75;white-space:nowrap">{escape(finding.topic)}</span>'
        f'<span style="overflow-wrap:anywhere">{escape(finding.message)}{remedy}</span>'
    )
