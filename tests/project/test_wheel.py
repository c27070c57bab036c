"""The wheel that users get, built where there is no Node and used where there are no sources."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ..conformance.environments import FOLDER, built_once, install

ROOT = Path(__file__).parents[2]
# JupyterLab holds each bundle in every widget's state, and it has two seconds to start.
MAX_BUNDLE = 61_000
_BESIDE = ("docs/", "findings/", "notebooks/", "tests/", ".ci/")
# The embedded emulator's full pace and full picture, as a newcomer meets it.
PROGRAM = """
import sys, veo_widgets as veo
from veo_widgets.notebook.widgets import JobView
job = veo.submit("A cat", provider="emulator", seconds=4).wait(600)
video = job.videos[0]
print(veo.__file__)
print(video.path, video.width, video.height, video.seconds, video.has_audio)
print(len(str(JobView(job)._esm)) > 1000)
"""


def run(*words: str | Path, **options: object) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def tools_without_node(folder: Path) -> str:
    """A search path with every tool of this machine but Node's."""
    folder.mkdir()
    for source in map(Path, os.environ["PATH"].split(os.pathsep)):
        for tool in source.iterdir() if source.is_dir() else ():
            if tool.name not in {"node", "nodejs", "npm", "npx"} and not (folder / tool.name).exists():
                (folder / tool.name).symlink_to(tool)
    assert shutil.which("node", path=str(folder)) is None
    return str(folder)


@pytest.fixture(scope="session")
def wheel() -> Path:
    """A wheel built by pip from what git knows, with no Node on the path and nothing built before.

    It is kept for as long as no file of it changes, for every test that needs a wheel.
    """
    tracked = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT).splitlines()
    files = {name: ROOT / name for name in sorted(tracked) if (ROOT / name).is_file()}
    # Tests and notebooks are no part of it.
    parts = [name.encode() + path.read_bytes() for name, path in files.items() if not name.startswith(_BESIDE)]
    folder = FOLDER / f"wheel-{hashlib.sha256(b''.join(parts)).hexdigest()[:12]}"
    with built_once(folder) as missing:
        if missing:
            for name, path in files.items():
                (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, folder / "source" / name)
            environment = {**os.environ, "PATH": tools_without_node(folder / "tools")}
            run(sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", folder, folder / "source", env=environment)
    return next(folder.glob("*.whl"))


def environment_in(folder: Path) -> Path:
    """The interpreter of an environment with nothing in it."""
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    return folder / "bin" / "python"


def test_the_wheel_holds_the_package_and_its_bundles(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        sizes = {item.filename: item.file_size for item in archive.infolist()}
    for name in ("batch", "form", "grid", "job_view", "library", "player", "storyboard", "studio"):
        assert 1000 < sizes[f"veo_widgets/static/{name}.js"] <= MAX_BUNDLE
        assert sizes[f"veo_widgets/static/{name}.css"] > 500
    assert "veo_widgets/domain/catalog.json" in sizes
    assert "veo_widgets/notebook/widgets/protocol.json" in sizes
    assert "veo_widgets/py.typed" in sizes
    top = {name.partition("/")[0] for name in sizes}
    assert top == {"veo_widgets", wheel.name.rpartition("-py3")[0] + ".dist-info"}


def test_the_wheel_makes_a_clip_in_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    python = environment_in(tmp_path / "env")
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", f"{wheel}[emulator]")
    empty = tmp_path / "empty"
    empty.mkdir()
    environment = {**os.environ, "VEO_WIDGETS_HOME": str(tmp_path / "home")}
    environment.pop("PYTHONPATH", None)
    home, clip, has_bundle = run(python, "-I", "-c", PROGRAM, cwd=empty, env=environment).splitlines()
    assert Path(home).is_relative_to(tmp_path / "env")
    assert clip.endswith(" 1280 720 4.0 True")
    assert clip.startswith(str(empty / "veo_clips"))
    assert has_bundle == "True"
    shown = run(tmp_path / "env" / "bin" / "veo", "show", cwd=empty, env=environment)
    assert "length 4 s" in shown
    assert "what it would have cost" in shown


def test_without_the_extra_the_message_names_it(wheel: Path, tmp_path: Path) -> None:
    """A core install, in which the emulator's packages cannot be found."""
    python = environment_in(tmp_path / "env")
    install(python, str(wheel))
    code = "import veo_widgets as veo\ntry: veo.submit('A cat', provider='emulator')\nexcept ImportError as e: print(e)"
    environment = {**os.environ, "VEO_WIDGETS_HOME": str(tmp_path / "home")}
    said = run(python, "-I", "-c", code, cwd=tmp_path, env=environment).strip()
    assert said == "The emulator needs an optional package: pip install 'veo-widgets[emulator]'"
