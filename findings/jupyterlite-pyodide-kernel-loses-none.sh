#!/bin/sh
# jupyterlite-pyodide-kernel 0.8.6: a None in a comm message does not arrive, and a null arrives as something else.
#
# Python to the page: a None becomes `undefined`, which JSON leaves out of objects, so that {"a": None} arrives as {}; in
# a list it arrives as null. A widget whose script tests a value with === null fails there, and only there.
# The page to Python: a null arrives as pyodide.ffi.jsnull, which is not None. Both follow from how Pyodide converts by
# default, and ipykernel has neither.
#
# Seen on 2026-11-29 with Python 3.11, Chromium 156:
#   jupyterlite-pyodide-kernel 0.8.6, Pyodide 314.0.6
#   sent {"a": None, "b": [None]}: the page has {"b":[null]}
#   sent {"a":null,"b":[null]}: Python has {'a': jsnull, 'b': [jsnull]}
#
# Exits 0 while that is so. Needs PyPI, npm and a Chromium (CHROMIUM says where); nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
pip="$folder/venv/bin/pip --quiet --disable-pip-version-check"
$pip install jupyterlite-core==0.8.6 jupyterlite-pyodide-kernel==0.8.6 playwright==1.65.2
cd "$folder"
place=out/static/pyodide
echo '{"jupyter-lite-schema-version": 0, "jupyter-config-data": {"exposeAppInBrowser": true, "litePluginSettings":
  {"@jupyterlite/pyodide-kernel-extension:kernel": {"pyodideUrl": "./static/pyodide/pyodide.mjs"}}}}' >jupyter-lite.json
PATH="$folder/venv/bin:$PATH" jupyter lite build --output-dir out >build.log 2>&1 || { cat build.log; exit 2; }
npm pack --silent pyodide@314.0.6 >/dev/null
mkdir -p "$place"
tar -xzf pyodide-314.0.6.tgz --strip-components=1 -C "$place"
$pip download --no-deps --only-binary=:all: --python-version=3.14 --platform=any --implementation=py --abi=none \
  --dest="$place" asttokens==3.0.2 comm==0.2.3 decorator==5.3.1 executing==2.3.0 ipython==9.18.1 \
  ipython-pygments-lexers==1.1.1 jedi==0.20.1 matplotlib-inline==0.2.2 micropip==0.11.1 parso==0.8.7 \
  prompt-toolkit==3.0.53 pure-eval==0.2.4 pygments==2.21.0 six==1.17.0 stack-data==0.6.3 traitlets==5.16.1 \
  typing-extensions==4.16.0 wcwidth==0.9.4
"$folder/venv/bin/python" - "$place" <<'PYTHON'
import functools
import hashlib
import http.server
import json
import os
import re
import shutil
import sys
import threading
import zipfile
from pathlib import Path

from playwright.sync_api import sync_playwright

# The wheels are listed for Pyodide as its own distribution would list them.
place = Path(sys.argv[1])
lock = json.loads((place / "pyodide-lock.json").read_text())
wheels = {re.sub(r"[-_.]+", "-", one.name.split("-")[0]).lower(): one for one in place.glob("*.whl")}
lock["packages"] = {
    name: {
        "name": name,
        "version": wheel.name.split("-")[1],
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": sorted({file.split("/")[0].removesuffix(".py") for file in zipfile.ZipFile(wheel).namelist() if file.endswith(".py")}),
        "depends": sorted(set(wheels) - {"ipython"}) if name == "ipython" else [],
        "unvendored_tests": False,
    }
    for name, wheel in wheels.items()
}
(place / "pyodide-lock.json").write_text(json.dumps(lock))


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


PROBE = """async () => {
  const app = window.jupyterapp;
  await app.started;
  const session = await app.serviceManager.sessions.startNew(
    {name: "probe", path: "probe.ipynb", type: "notebook", kernel: {name: "python"}});
  const code = `
from comm import create_comm
probe = create_comm(target_name="probe", data={"a": None, "b": [None]})
probe.on_msg(lambda message: probe.send({"got": repr(message["content"]["data"])}))
`;
  return await new Promise((resolve, reject) => {
    session.kernel.registerCommTarget("probe", (comm, open) => {
      const page = JSON.stringify(open.content.data);
      comm.onMsg = message => resolve([page, message.content.data.got]);
      comm.send({a: null, b: [null]});
    });
    session.kernel.requestExecute({code}).done.then(
      reply => reply.content.status === "ok" || reject(new Error(JSON.stringify(reply.content))));
  });
}"""
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory="out"))
threading.Thread(target=server.serve_forever, daemon=True).start()
with sync_playwright() as playwright:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{server.server_port}/lab/index.html")
    page.wait_for_function("() => window.jupyterapp")
    seen = page.evaluate(PROBE)
    browser.close()
print("jupyterlite-pyodide-kernel 0.8.6, Pyodide 314.0.6")
print(f'sent {{"a": None, "b": [None]}}: the page has {seen[0]}')
print(f'sent {{"a":null,"b":[null]}}: Python has {seen[1]}')
sys.exit(0 if seen == ['{"b":[null]}', "{'a': jsnull, 'b': [jsnull]}"] else 1)
PYTHON
