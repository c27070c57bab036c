"""Asks whether anything installed here, or in js/node_modules, is known to be unsafe.

Fails on a finding that `audit.toml` does not explain. Where no source of advisories can be reached it says so and
passes; pip-audit's is believed only if it knows of a package that is unsafe for certain.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
# CVE-2019-10906 and others.
UNSAFE = "jinja2==2.10"


class UnreachableError(Exception):
    """No source of advisories has answered."""


def run(*command: str, folder: Path = HERE) -> dict[str, Any]:
    """What a program says as JSON.

    Raises:
        UnreachableError: it says something else.
    """
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    try:
        said = json.loads(done.stdout)
    except ValueError:
        said = None
    if not isinstance(said, dict) or "error" in said:
        told = said.get("message") if isinstance(said, dict) else done.stderr.strip().rpartition("\n")[2]
        raise UnreachableError(str(told or "it said nothing")[:200])
    return said


def python_findings() -> dict[str, str]:
    """Id and package of everything known of what is installed beside this Python."""
    pip_audit = (sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(UNSAFE)
        file.flush()
        if not _findings(run(*pip_audit, "--no-deps", "--disable-pip", "--requirement", file.name)):
            raise UnreachableError(f"it knows nothing of {UNSAFE}, which is unsafe for certain")
    return _findings(run(*pip_audit, "--path", sysconfig.get_path("purelib")))


def _findings(said: dict[str, Any]) -> dict[str, str]:
    packages = said.get("dependencies", [])
    return {
        found["id"]: f"{package['name']} {package['version']}"
        for package in packages
        for found in package.get("vulns", [])
    }


def javascript_findings() -> dict[str, str]:
    """Address and package of everything known of the packages that the bundle is built with."""
    found = run("npm", "audit", "--json", folder=HERE.parent / "js").get("vulnerabilities", {})
    return {
        cause["url"]: name
        for name, package in found.items()
        for cause in package.get("via", [])
        if isinstance(cause, dict)
    }


def main() -> int:
    """Print what was found; 1 if something is not explained."""
    explained = tomllib.loads((HERE / "audit.toml").read_text("utf-8"))["explained"]
    unexplained = 0
    for name, look in (("pip-audit", python_findings), ("npm audit", javascript_findings)):
        try:
            findings = look()
        except (UnreachableError, OSError, subprocess.TimeoutExpired) as error:
            print(f"{name}: SKIPPED, no advisories can be had from here: {error}")
            continue
        for key, package in sorted(findings.items()):
            print(f"{name}: {package}: {key}: {explained.get(key, 'NOT EXPLAINED in .ci/audit.toml')}")
        unexplained += len(set(findings) - set(explained))
        print(f"{name}: {len(findings)} findings")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
