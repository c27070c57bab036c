"""What CI makes of the answers of pip-audit and npm, for which two small programs stand in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

AUDIT = Path(__file__).parents[2] / ".ci" / "audit.py"
KNOWN = {"dependencies": [{"name": "jinja2", "version": "2.10", "vulns": [{"id": "PYSEC-1"}]}]}
CLEAN = {"dependencies": [{"name": "x", "version": "1", "vulns": []}]}
FOUND = {"dependencies": [{"name": "x", "version": "1", "vulns": [{"id": "GHSA-1"}]}]}
NPM_FOUND = {"vulnerabilities": {"y": {"via": [{"url": "https://advisories/1"}, "z"]}}}
NPM_AWAY = {"message": "405 Method Not Allowed", "error": {"summary": ""}}


def audit(folder: Path, known: Any, found: Any, npm: Any, explained: str = "") -> tuple[int, str]:
    """The exit code and the words of the audit, where pip-audit and npm say this."""
    for name in ("ci", "js", "bin"):
        (folder / name).mkdir()
    shutil.copy(AUDIT, folder / "ci")
    (folder / "ci" / "audit.toml").write_text(f"[explained]\n{explained}")
    says = f"print({json.dumps(known)!r} if '--requirement' in sys.argv else {json.dumps(found)!r})"
    (folder / "bin" / "pip_audit.py").write_text(f"import sys\n{says}\n")
    program = folder / "bin" / "npm"
    program.write_text(f"#!{sys.executable}\nprint({json.dumps(npm)!r})\n")
    program.chmod(0o755)
    environment = {**os.environ, "PATH": str(program.parent), "PYTHONPATH": str(program.parent)}
    command = [sys.executable, str(folder / "ci" / "audit.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("known", "found", "npm", "explained", "code", "words"),
    [
        (KNOWN, CLEAN, {}, "", 0, "pip-audit: 0 findings"),
        (KNOWN, FOUND, {}, "", 1, "pip-audit: x 1: GHSA-1: NOT EXPLAINED"),
        (KNOWN, FOUND, {}, '"GHSA-1" = "not used"', 0, "pip-audit: x 1: GHSA-1: not used"),
        (KNOWN, CLEAN, NPM_FOUND, "", 1, "npm audit: y: https://advisories/1: NOT EXPLAINED"),
        (KNOWN, CLEAN, NPM_FOUND, '"https://advisories/1" = "no"', 0, "npm audit: 1 findings"),
        # Whoever knows nothing of what is unsafe for certain finds nothing in the rest either.
        (CLEAN, FOUND, {}, "", 0, "pip-audit: SKIPPED, no advisories can be had from here: it knows nothing of jinja2"),
        (KNOWN, CLEAN, NPM_AWAY, "", 0, "npm audit: SKIPPED, no advisories can be had from here: 405 Method Not All"),
        ([], [], [], "", 0, "npm audit: SKIPPED"),
    ],
)
def test_a_finding_fails_unless_it_is_explained(
    tmp_path: Path, known: Any, found: Any, npm: Any, explained: str, code: int, words: str
) -> None:
    returned, said = audit(tmp_path, known, found, npm, explained)
    assert returned == code, said
    assert words in said
