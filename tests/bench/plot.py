"""The results as one small picture: how many times faster, smaller or lighter than the nearest peer, topic by topic."""

from __future__ import annotations

from html import escape
from math import log10

from .rows import Row, shown

_WIDTH, _ROW, _LEFT, _TOP = 760, 28, 250, 58
# More of this is better; of everything else less.
_MORE_IS_BETTER = {"MB/s", "/s", "×"}
# Beneath all that is compared, and our own ledger with fewer jobs or of the other kind, are no peers.
_NO_PEERS = {"httpx", "curl", "1,000 jobs", "10,000 jobs", "SQLite", "one kernel, SQLite"}
_STYLE = """text { font: 13px system-ui, sans-serif; fill: #1f2328 } .quiet { fill: #59636e } .bar { fill: #3f7fd1 }
.less { fill: #c08a3e } .rule { stroke: #8c959f } .title { font-weight: 600; font-size: 15px }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .quiet { fill: #9198a1 } .bar { fill: #5b9df0 } }"""


def compared(rows: list[Row]) -> list[tuple[Row, str, float]]:
    """Each row that peers were measured for, with the best of them and how many times better ours is."""
    found = []
    for row in rows:
        peers = {name: value for name, value in row.others.items() if name not in _NO_PEERS and value > 0}
        if not peers or row.value <= 0:
            continue
        more = row.unit in _MORE_IS_BETTER
        best = (max if more else min)(peers, key=lambda name: peers[name])
        found.append((row, best, row.value / peers[best] if more else peers[best] / row.value))
    return found


def drawn(rows: list[Row]) -> str:
    """The picture as SVG, on a scale of powers of ten."""
    lines = compared(rows)
    height = _TOP + _ROW * len(lines) + 16
    most = max(log10(max(times, 1 / times)) for _, _, times in lines) or 1
    middle, reach = _LEFT + 40, _WIDTH - _LEFT - 40 - 290
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
            f'aria-label="veo_widgets beside the best of its peers"><style>{_STYLE}</style>'
        ),
        '<text class="title" x="12" y="22">Times better than the best peer</text>',
        '<text class="quiet" x="12" y="40">The scale is logarithmic; left of the line a peer is better.</text>',
        f'<line class="rule" x1="{middle}" x2="{middle}" y1="{_TOP - 4}" y2="{height - 12}"/>',
    ]
    for number, (row, peer, times) in enumerate(lines):
        y = _TOP + number * _ROW
        length = abs(log10(times)) / most * reach
        x, kind = (middle, "bar") if times >= 1 else (middle - length, "less")
        label = f"{shown(row.value)} {row.unit} · {peer} {shown(row.others[peer])}"
        parts += [
            f'<text x="12" y="{y + 17}">{escape(_short(f"{row.topic}: {row.what}"))}</text>',
            f'<rect class="{kind}" x="{x:.1f}" y="{y + 4}" width="{max(length, 1):.1f}" height="16" rx="3"/>',
            (
                f'<text x="{max(middle, x + length) + 6:.1f}" y="{y + 17}">{shown(times)} × '
                f'<tspan class="quiet">{escape(label)}</tspan></text>'
            ),
        ]
    return "\n".join([*parts, "</svg>", ""])


def _short(text: str, most: int = 34) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
