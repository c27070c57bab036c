"""What plays a film through as a widget of its own, which no notebook has, for pages that try it alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).parents[1]


def reel_program() -> bytes:
    """The widget, bundled."""
    how = ["--bundle", "--format=esm", "--jsx=transform", "--jsx-factory=h", "--jsx-fragment=Fragment"]
    command = [ROOT / "js" / "node_modules" / "esbuild" / "bin" / "esbuild", "tests/reel.jsx", *how]
    made = [*command, "--inject:src/kernel/jsx.js", "--tsconfig-raw={}", "--log-level=error"]
    return subprocess.run(made, cwd=ROOT / "js", stdout=subprocess.PIPE, check=True).stdout


def serve_reel(page: Page, program: bytes) -> None:
    """Have a page find it where the package's widgets are."""
    style = (ROOT / "veo_widgets" / "static" / "player.css").read_bytes()
    page.route("**/static/reel.js", lambda route: route.fulfill(body=program, content_type="text/javascript"))
    page.route("**/static/reel.css", lambda route: route.fulfill(body=style, content_type="text/css"))
