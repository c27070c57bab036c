"""A canary key on every way in, through every kind of trouble: nothing written, shown or sent elsewhere has it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from veo_widgets.emulator import Emulator
from veo_widgets.providers.registry import PROVIDERS

from ..kernels import started_kernel

# Looks like no service's key, so that only what is known to be a key can find it.
CANARY = "Wren/0815+Zaunkoenig"
FORMS = [CANARY, CANARY.replace("/", "%2F").replace("+", "%2B"), CANARY.replace("/", "\\/"), CANARY[4:], CANARY[:-4]]
FORMS += [base64.b64encode(b"x" * shift + CANARY.encode())[4:-4].decode() for shift in range(3)]


def leaks(heap: dict[str, bytes]) -> list[str]:
    """The names of what holds the canary in any form."""
    return [name for name, data in heap.items() if any(form.encode() in data for form in FORMS)]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class Echo(BaseHTTPRequestHandler):
    """A service that quotes the key it is given, each path in another way, and the origin it redirects to."""

    def _answer(self, status: int, body: object, **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        key = self.headers.get("x-goog-api-key") or self.headers.get("authorization", "").removeprefix("Bearer ")
        if self.path.startswith("/refuses"):
            error = {"code": 401, "message": f"API key {key} not valid.", "status": f"BAD {key}"}
            self._answer(401, {"error": error}, **{"X-Debug": key})
        elif self.path.startswith("/garbles"):
            self._answer(200, f"You said {key}".encode())
        else:
            self._answer(200, {"name": "models/veo-3.1-generate-preview/operations/op1", "said": key})

    def do_GET(self) -> None:
        key, origin = self.headers.get("x-goog-api-key", ""), f"http://{self.headers['host']}"
        done = {"name": "models/veo-3.1-generate-preview/operations/op1", "done": True}
        if "localhost" in origin:
            self.server.foreign.append(f"{self.path} {self.headers}".encode())
            self._answer(404, {})
        elif self.path.startswith("/fails"):
            self._answer(200, {**done, "error": {"code": 3, "message": f"The key {key} is refused."}})
        elif self.path.startswith("/redirects/clip"):
            self._answer(302, b"", Location=f"{origin.replace('127.0.0.1', 'localhost')}/elsewhere?clip=1")
        else:
            samples = [{"video": {"uri": f"{origin}/redirects/clip"}}]
            self._answer(200, {**done, "response": {"generateVideoResponse": {"generatedSamples": samples}}})

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def echo() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.foreign = []
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


# Everything that a crash reporter, a debugger's front end or a careless program might do with what went wrong.
PROGRAM = """
import asyncio, io, logging, os, pickle, sys, traceback
import anyio
import rich.console, rich.traceback
import veo_widgets as veo
from veo_widgets.api import functions
from veo_widgets.config.accounts import Settings, account
from veo_widgets.session.client import Client
from veo_widgets.client.clock import Clock

logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)

drawn = set()

def tell(error):
    traceback.print_exc()
    traceback.TracebackException.from_exception(error, capture_locals=True)
    print("".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()))
    if type(error) not in drawn:
        # Once for each kind: it takes most of a second.
        drawn.add(type(error))
        rich.console.Console(width=400).print_exception(show_locals=True)
    print(repr(error), error.args, vars(error), repr(vars(error)))
    while error:
        try:
            print(pickle.dumps((error, vars(error))))
        except Exception as unpicklable:
            print(repr(unpicklable))
        error = error.__cause__

def attempt(work):
    try:
        print(work())
    except Exception as error:
        tell(error)

def emulated(provider, path, model, **values):
    veo.configure(provider=provider, base_url=sys.argv[1] + path, profile="p" + provider, **key())
    return functions.client().asynchronous.settings

async def hasty(seconds):
    await anyio.sleep(min(seconds, 0.01))

WAYS = [("gemini", "", "veo-3.1-generate-preview"), ("openai", "/v1", "sora-2"), ("litellm", "", "sora-2")]

def jobs(ways=WAYS[:1]):
    for provider, path, model in ways:
        settings = emulated(provider, path, model)
        with Client(settings, clock=Clock(sleep=hasty)) as client:
            values = {"model": model, "seconds": 4, "allow_retired": True}
            attempt(lambda: (client.submit("A cat", **values).wait(600).videos, client.settings))
            attempt(lambda: client.submit("---\\noutcome: failed\\n---\\nA cat", **values).wait(600))
    for place in ("refuses", "garbles", "fails", "redirects"):
        veo.configure(profile=place, provider="gemini", base_url=f"{sys.argv[2]}/{place}", **key())
        with Client(functions.client().settings, clock=Clock(sleep=hasty)) as client:
            attempt(lambda: client.submit("A cat", model="veo-3.1-generate-preview", seconds=4).wait(1.5))
    veo.configure(profile="gone", provider="gemini", base_url="http://127.0.0.1:9", **key())
    with Client(functions.client().settings, clock=Clock(sleep=hasty)) as client:
        attempt(lambda: client.submit("A cat", model="veo-3.1-generate-preview", seconds=4))
    attempt(lambda: pickle.dumps(functions.client().settings))
    print(functions.client().asynchronous.profiles)

def mistakes():
    veo.configure(profile=None, provider="gemini", base_url=f"{sys.argv[2]}/refuses", **key())
    values = {"model": "gemini/veo-3.1-generate-preview", "api_base": f"{sys.argv[2]}/refuses", "seconds": "4"}
    attempt(lambda: veo.video_generation("A cat", **values, api_key=os.environ["CANARY"]))
    attempt(lambda: asyncio.run(veo.avideo_generation("A cat", **values, api_key=os.environ["CANARY"])))
    attempt(lambda: veo.video_status("nonsense", api_key=os.environ["CANARY"]))
    attempt(lambda: veo.video_content("nonsense", variant="x", api_key=os.environ["CANARY"]))
    attempt(lambda: veo.configure(api_key=os.environ["CANARY"], no_such="x"))
    attempt(lambda: veo.configure(base_url="no address") or veo.submit("A cat", seconds=4))
    veo.configure(base_url=f"{sys.argv[2]}/refuses")
    attempt(lambda: veo.configure(api_key="\\n".join([os.environ["CANARY"]] * 2)) or veo.submit("A cat", seconds=4))

exec(os.environ["WAY"])
if os.environ["WAY"].startswith("key = lambda"):
    # Without a log of ours, with everybody else's.
    jobs(WAYS)
veo.log("debug", "debug.log")
jobs()
mistakes()
print(open("debug.log").read().count("> POST"), "posts")
"""
IN_CODE = "key = lambda: {'api_key': os.environ['CANARY']}"
ELSEWHERE = "key = dict"
COLAB = "import google.colab.userdata\nkey = dict"


def clean_environment(folder: Path) -> dict[str, str]:
    ours = {name for provider in PROVIDERS.values() for name in (*provider.key_env, *provider.url_env)}
    inherited = {name: value for name, value in os.environ.items() if name not in ours}
    path = os.pathsep.join([str(folder.parent / "modules"), *filter(None, sys.path)])
    more = {"PYTHONPATH": path, "VEO_WIDGETS_HOME": str(folder / "home"), "IPYTHONDIR": str(folder / "ipython")}
    return {**inherited, **more, "HOME": str(folder)}


KEYS = dict.fromkeys(("GEMINI_API_KEY", "OPENAI_API_KEY", "LITELLM_PROXY_API_KEY"), CANARY)


def planted(way: str, folder: Path) -> dict[str, str]:
    """Put the canary where the way leads, and say how the program gets it."""
    modules = folder.parent / "modules"
    (modules / "google" / "colab").mkdir(parents=True)
    if way == "configure":
        return {"WAY": IN_CODE}
    if way == "environment":
        return {"WAY": ELSEWHERE, **KEYS}
    if way == ".env":
        # Outside of what is searched.
        (folder.parent / "pyproject.toml").touch()
        (folder.parent / ".env").write_text("".join(f"{name}='{value}'\n" for name, value in KEYS.items()))
        return {"WAY": ELSEWHERE}
    (modules / "google" / "colab" / "__init__.py").touch()
    userdata = f"def get(name):\n    return {KEYS!r}[name]\n"
    (modules / "google" / "colab" / "userdata.py").write_text(userdata)
    return {"WAY": COLAB}


@pytest.mark.parametrize("way", ["configure", "environment", ".env", "colab"])
def test_no_program_lets_a_key_out(way: str, tmp_path: Path, emulator: Emulator, echo: ThreadingHTTPServer) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (tmp_path / "program.py").write_text(PROGRAM)
    environment = {**clean_environment(folder), "CANARY": CANARY, **planted(way, folder)}
    command = [sys.executable, str(tmp_path / "program.py"), emulator.base_url, f"http://127.0.0.1:{echo.server_port}"]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=600, check=False)
    told = [
        subprocess.run(
            [sys.executable, "-m", "veo_widgets.api.cli", *words],
            cwd=folder,
            env=environment,
            capture_output=True,
            check=False,
        )
        for words in (["jobs"], ["show"])
    ]
    assert ran.returncode == 0, ran.stderr[-3000:].decode()
    assert (
        leaks({"stdout": ran.stdout, "stderr": ran.stderr, "cli": b"".join(one.stdout + one.stderr for one in told)})
        == []
    )
    written = files(folder)
    assert {"debug.log", "home/ledger.sqlite3"} < set(written)
    assert leaks(written) == []
    # It did what it was meant to do: clips, refusals that quoted the key, another origin that was asked for a clip.
    assert sum(name.endswith(".mp4") for name in written) == (4 if way == "configure" else 1)
    assert int(ran.stdout.split()[-2]) > 8
    assert b"API key [key] not valid" in ran.stdout
    assert b"The key [key] is refused" in ran.stdout
    assert echo.foreign
    assert leaks({"another origin": b"".join(echo.foreign)}) == []
    assert leaks({"journal": repr(emulator.journal()).encode()}) == []


class Overheard(NotebookClient):
    """Keeps every message of the kernel, comms and the state of widgets included."""

    def process_message(self, msg: dict, cell: nbformat.NotebookNode, cell_index: int) -> object:
        self.heard.append(repr(msg).encode())
        return super().process_message(msg, cell, cell_index)


def test_no_notebook_lets_a_key_out(tmp_path: Path, emulator: Emulator, echo: ThreadingHTTPServer) -> None:
    refuses = f"http://127.0.0.1:{echo.server_port}/refuses"
    cells = [
        "%load_ext veo_widgets\n%xmode Verbose\nimport veo_widgets as veo",
        "%veo log debug",
        f"veo.configure(provider='gemini', base_url='{emulator.base_url}', model='veo-3.1-generate-preview')",
        "%%veo --seconds 4 --dry-run\nA cat",
        "%%veo --seconds 4 --into job\nA cat",
        "job",
        f"veo.configure(provider='gemini', base_url='{refuses}')\nveo.submit('A cat', seconds=4)",
        "%%veo --seconds 4\nA cat",
        "veo.video_generation('A cat', 'gemini/veo-3.1-generate-preview', seconds='4')",
        "veo.configure(no_such=1)",
        "veo.configure(base_url='no address')\nveo.submit('A cat', seconds=4)",
        "veo.jobs()",
    ]
    folder = tmp_path / "work"
    folder.mkdir()
    spec = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    made = nbformat.v4.new_notebook(metadata=spec)
    made.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    runner = Overheard(made, timeout=600, allow_errors=True, resources={"metadata": {"path": str(folder)}})
    runner.heard = []
    runner.execute(env={**clean_environment(folder), **KEYS})
    nbformat.write(made, folder / "made.ipynb")
    (folder / "made.html").write_text(HTMLExporter().from_notebook_node(made)[0])
    assert leaks({**files(folder), "messages": b"\n".join(runner.heard)}) == []
    outputs = [json.dumps(cell.outputs) for cell in made.cells]
    # Long tracebacks were shown, and the key was quoted.
    assert "AuthenticationError" in outputs[6]
    assert "API key [key] not valid" in outputs[6]
    assert "submit_plan" in "".join(made.cells[6].outputs[0].traceback)
    assert "DEBUG" not in "".join(outputs)
    assert made.metadata.widgets


def test_the_log_is_under_the_cell_that_asked_for_it(tmp_path: Path, emulator: Emulator) -> None:
    manager, client = started_kernel(env={**clean_environment(tmp_path), **KEYS}, cwd=str(tmp_path))
    try:
        setting = f"veo.configure(provider='gemini', base_url='{emulator.base_url}', model='veo-3.1-generate-preview')"
        asked = client.execute(f"import veo_widgets as veo\nveo.log('debug')\n{setting}")
        client.get_shell_msg(timeout=600)
        submitted = client.execute("job = veo.submit('A cat', seconds=4)")
        said: dict[str, str] = {}
        while "INFO job" not in said.get(asked, ""):
            message = client.get_iopub_msg(timeout=600)
            if message["msg_type"] == "stream":
                parent = message["parent_header"]["msg_id"]
                said[parent] = said.get(parent, "") + message["content"]["text"]
        assert submitted not in said
        assert "DEBUG > POST" in said[asked]
        assert leaks({"stream": said[asked].encode()}) == []
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.mark.parametrize("form", FORMS)
def test_the_search_finds_every_form(form: str) -> None:
    assert leaks({"a": b"x" + form.encode() + b"y", "b": b"nothing"}) == ["a"]
