"""What the machine sets, in a process of its own: proxies, certificates and homes, through every door of the package.

The emulator needs neither a proxy nor certificates. A service elsewhere gets a sentence that names the variable, before
anything is written down; here it has a name that no network knows, so that nothing could leave.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64encode
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from ..raw_server import Server

PROGRAM = """
import json, os, sys, time
from contextlib import redirect_stdout
from io import StringIO
from IPython.core.interactiveshell import InteractiveShell
import veo_widgets as veo
from veo_widgets.api import cli

def door(enter):
    try:
        with redirect_stdout(StringIO()) as printed:
            answer = enter()
        return ["", f"{answer}{printed.getvalue()}"]
    except veo.VeoError as error:
        return [type(error).__name__, str(error)]
    except BaseException as error:
        return [f"bare {type(error).__name__}", str(error)]

class Heard(veo.Studio):
    said = ()
    def send(self, content, buffers=None):
        self.said = (*self.said, content)

def studio():
    made = Heard(client=None)
    draft = {"values": {"prompt": "A cat", "duration_seconds": 4}, "at": time.time_ns(), "by": "page"}
    made._on_message(made, {"kind": "generate", "order": "o1", "draft": draft}, [])
    while not (answer := [one for one in made.said if one["kind"] in ("accepted", "denied", "told")]):
        time.sleep(0.01)
    if answer[0]["kind"] != "accepted":
        raise veo.VeoError(str(answer[0]))

shell = InteractiveShell.instance()
doors = {
    "load_ext": lambda: shell.run_line_magic("load_ext", "veo_widgets"),
    "doctor": veo.doctor,
    "veo doctor": lambda: cli.main(["doctor"]),
    "submit": lambda: veo.submit("A cat", seconds=4).state,
    "%%veo": lambda: shell.run_cell_magic("veo", "--seconds 4", "A cat"),
    "studio": studio,
    "jobs": lambda: [job.record.provider for job in veo.jobs()],
    "reserved": lambda: veo.budget().tallies["day"].reserved,
}
told = {}
for where, provider in (("far", "gemini"), ("near", "emulator")):
    os.environ["VEO_PROVIDER"] = provider
    told[where] = {name: door(enter) for name, enter in doors.items()}
print(json.dumps(told))
"""
DOORS = ("submit", "%%veo", "studio")
FAR = {"GEMINI_API_KEY": "AIzaSyCanaryCanaryCanaryCanaryCanary0", "GOOGLE_GEMINI_BASE_URL": "http://gateway.invalid"}


def visited(folder: Path, *stranger: str, **variables: str) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """What each door has said of a service elsewhere and of the emulator, with hardly any variables but these."""
    environ = {"PATH": os.environ["PATH"], "VEO_DOTENV": "0", "VEO_PYPROJECT": "0", "VEO_KEYRING": "0"}
    environ |= {"IPYTHONDIR": str(folder / "ipython"), "VEO_FOLDER": str(folder / "clips"), **FAR}
    done = subprocess.run(
        [*stranger, sys.executable, "-c", PROGRAM],
        env=environ | variables,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    return told["far"], told["near"]


PROXIES = {
    "socks": {"ALL_PROXY": "socks5h://127.0.0.1:1"},
    "socks of GNOME": {"all_proxy": "socks://127.0.0.1:1/"},
    "a password that is not escaped": {"http_proxy": "http://me:s3cret-word#1@proxy.invalid:3128"},
    "no port": {"HTTP_PROXY": "http://proxy.invalid:port"},
    "brackets": {"ALL_PROXY": "socks://127.0.0.1:1", "NO_PROXY": "[::1],127.0.0.1,10.0.0.0/8"},
    "certificates that are not there": {"SSL_CERT_FILE": "/absent.pem"},
    "a folder for a file": {"SSL_CERT_FILE": "/"},
    "certificates that are none": {"SSL_CERT_FILE": __file__},
    "a folder that is not there": {"SSL_CERT_DIR": "/absent"},
    "a bundle that is not there": {"REQUESTS_CA_BUNDLE": "/absent.pem"},
    "curl's bundle that is none": {"CURL_CA_BUNDLE": __file__},
    "a key log that cannot be written": {"SSLKEYLOGFILE": "/absent/keys"},
}


@pytest.mark.parametrize("name", PROXIES)
def test_the_emulator_needs_no_way_out_and_others_are_told_of_the_variable(tmp_path: Path, name: str) -> None:
    variables = PROXIES[name]
    if name == "socks" and find_spec("socksio"):
        pytest.skip("socksio is installed, so that this proxy can be used")
    variable = next(iter(variables))
    far, near = visited(tmp_path, **variables, HOME=str(tmp_path), VEO_WIDGETS_HOME=str(tmp_path / "home"))
    for door in DOORS:
        assert f"{variable}: " in far[door][1], far
    assert far["submit"][0] == far["%%veo"][0] == "ConfigError"
    assert f"problem  endpoint      {variable}: " in far["doctor"][1]
    assert "1 problem." in far["doctor"][1]
    assert far["veo doctor"][0] == far["load_ext"][0] == ""
    assert far["jobs"] == ["", "[]"]
    assert far["reserved"] == near["reserved"] == ["", "0.0"]
    assert "s3cret" not in str((far, near))

    assert [near[door][0] for door in DOORS] == ["", "", ""], near
    assert near["jobs"] == ["", "['emulator', 'emulator', 'emulator']"]
    # It works, and the doctor says all the same what others would stumble over.
    assert f"warning  network       {variable}: " in near["doctor"][1]
    assert "problem" not in near["doctor"][1]


@cache
def stranger() -> tuple[str, ...]:
    """A command that runs another as a user whom this machine does not know; empty where there is no such thing."""
    ways = (
        ("unshare", "-U", "--map-user=54321", "--map-group=54321"),
        (
            *("setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", "--bounding-set=-all,+dac_read_search"),
            *("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"),
        ),
    )
    for way in ways:
        try:
            if subprocess.run([*way, "true"], capture_output=True, check=False).returncode == 0:
                return way
        except OSError:
            continue
    return ()


def _open_to_all(folder: Path) -> None:
    """Let a stranger into a test's folder."""
    for place in (folder, *folder.parents[:2]):
        place.chmod(0o777)


HOMES = {
    "none": {},
    "one that is not there": {"HOME": "{locked}/absent"},
    "one that cannot be written": {"HOME": "{locked}"},
    "one of nobody's": {"VEO_WIDGETS_HOME": "~nobody-of-that-name/x"},
}


@pytest.mark.parametrize("name", HOMES)
def test_a_user_without_a_home_is_told_of_the_way_out(tmp_path: Path, name: str) -> None:
    if not stranger():
        pytest.skip("nobody can be a stranger here")
    _open_to_all(tmp_path)
    locked = tmp_path / "locked"
    locked.mkdir(0o555)
    variables = {key: value.format(locked=locked) for key, value in HOMES[name].items()}
    for told in visited(tmp_path, *stranger(), **variables):
        for door in (*DOORS, "jobs", "reserved"):
            assert "VEO_WIDGETS_HOME" in told[door][1], told
            assert told[door][0] in {"ConfigError", "LedgerError", "VeoError"}, told
        assert told["load_ext"][0] == told["doctor"][0] == told["veo doctor"][0] == ""
        assert "problem  data folder" in told["doctor"][1]
        assert "VEO_WIDGETS_HOME" in told["doctor"][1]


def test_a_user_without_a_home_works_where_the_ledger_has_a_place(tmp_path: Path) -> None:
    if not stranger():
        pytest.skip("nobody can be a stranger here")
    _open_to_all(tmp_path)
    _, near = visited(tmp_path, *stranger(), VEO_WIDGETS_HOME=str(tmp_path / "home"))
    assert {said[0] for said in near.values()} == {""}, near
    assert "problem" not in near["doctor"][1]


def test_a_way_that_is_mended_is_taken_at_once(tmp_path: Path) -> None:
    """The variable is read anew for every request, so that the kernel need not be started again."""
    program = """
import os, sys, veo_widgets as veo
veo.configure(provider="gemini", api_key="AIza-a-secret-of-ours")
told = []
for proxy in ("socks://127.0.0.1:1", sys.argv[1]):
    os.environ["http_proxy"] = proxy
    try:
        veo.submit("A cat", seconds=4)
    except veo.VeoError as error:
        told.append(type(error).__name__)
print(*told)
"""
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "VEO_WIDGETS_HOME": str(tmp_path), **FAR}
    environ |= {"VEO_KEYRING": "0", "VEO_FOLDER": str(tmp_path / "clips")}
    with Server() as proxy:
        done = subprocess.run(
            [sys.executable, "-c", program, proxy.url.replace("//", "//me:p%23ss@")],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=600,
            check=True,
        )
        assert done.stdout.split() == ["ConfigError", "UnknownOutcomeError"]
        ((method, url, headers, _),) = proxy.seen
        assert headers["proxy-authorization"] == f"Basic {b64encode(b'me:p#ss').decode()}"
        assert (method, url.partition("/v1")[0]) == ("POST", "http://gateway.invalid")


def test_the_doctor_has_a_line_for_what_breaks(tmp_path: Path) -> None:
    """Whatever it is: settings that cannot be read, a working folder that is gone."""
    gone = tmp_path / "gone"
    program = f"""
import os, veo_widgets as veo
os.mkdir({str(gone)!r}); os.chdir({str(gone)!r}); os.rmdir({str(gone)!r})
print(veo.doctor())
os.chdir("/")
os.environ["VEO_REQUESTS_PER_MINUTE"] = "many"
print(veo.doctor())
"""
    environ: dict[str, Any] = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "VEO_WIDGETS_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "problem  settings     The working folder is gone" in done.stdout
    assert "problem  settings     VEO_REQUESTS_PER_MINUTE: 'many'" in done.stdout
    assert done.stdout.count("data folder") == 2
