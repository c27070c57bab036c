#!/bin/sh
# anywidget 0.11.0: a widget whose module takes longer than two seconds to load is drawn, and hears nothing ever after.
#
# The model gives up on its module after two seconds (from 0.9.17 on), and with that rejects the promise that each message
# of the kernel waits for. The module is used all the same once it is there: the view is drawn from the first state, looks
# sound, and its buttons reach Python, but no change of a trait and no message comes through, neither what was sent
# meanwhile nor anything later. A page that is busy with itself for two seconds while it shows the widget does the same.
#
# Seen on 2026-12-01 with JupyterLab 4.6.6, ipywidgets 8.1.9, Chromium 156:
#   loaded at once: set 2, shows 2; set 3, shows 3; a click sets 4, shows 4
#   loaded after four seconds: set 2, shows 1; set 3, shows 1; a click sets 4, shows 1
#
# Exits 0 while that is so. Needs PyPI and a Chromium (CHROMIUM says where); nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install anywidget==0.11.0 ipywidgets==8.1.9 jupyterlab==4.6.6 \
	ipykernel==7.4.0 playwright==1.65.2
cd "$folder"
export HOME="$folder" JUPYTER_CONFIG_DIR="$folder/config" JUPYTER_DATA_DIR="$folder/data" IPYTHONDIR="$folder/ipython"
mkdir root
"$folder/venv/bin/python" - <<'PYTHON'
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
from playwright.sync_api import sync_playwright

CLASS = """
import anywidget, traitlets
class Counter(anywidget.AnyWidget):
    _esm = '''{wait}
    export default {{ render({{ model, el }}) {{
      const button = document.createElement("button");
      const draw = () => button.textContent = `${{model.get("name")}} ${{model.get("value")}}`;
      button.className = model.get("name");
      button.onclick = () => model.send("click");
      model.on("change:value", draw);
      draw();
      el.append(button);
    }} }};'''
    name = traitlets.Unicode().tag(sync=True)
    value = traitlets.Int(1).tag(sync=True)
def click(widget, content, buffers):
    widget.value += 1
widget = Counter(name="{name}")
widget.on_msg(click)
display(widget)
widget.value = 2
"""
WAIT = "await new Promise((done) => setTimeout(done, 4000));"
CELLS = {"quick": ("", "loaded at once"), "late": (WAIT, "loaded after four seconds")}

with socket.socket() as one:
    one.bind(("127.0.0.1", 0))
    port = one.getsockname()[1]
command = [
    *(sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", f"--port={port}", "--ServerApp.root_dir=root"),
    *("--IdentityProvider.token=", "--ServerApp.password=", "--LabApp.expose_app_in_browser=True"),
]
server = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
address = f"http://127.0.0.1:{port}"


def cell(page, number):
    page.evaluate(f"""async () => {{
        window.jupyterapp.shell.currentWidget.content.activeCellIndex = {number};
        await window.jupyterapp.commands.execute("notebook:run-cell");
    }}""")


def values(page, name, wait):
    """What the widget shows once it is drawn, after a change, and after a click that Python has heard of."""
    made = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    sources = [CLASS.format(wait=wait, name=name), "widget.value = 3", "print('it is', widget.value)"]
    made.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(made, f"root/{name}.ipynb")
    page.goto(f"{address}/lab/tree/{name}.ipynb?reset")
    page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.ready")
    cell(page, 0)
    button = page.locator(f".jp-OutputArea-output button.{name}")
    button.wait_for()
    shown = []
    # A message that comes through takes milliseconds.
    page.wait_for_timeout(3000)
    shown.append(button.inner_text())
    cell(page, 1)
    page.wait_for_timeout(3000)
    shown.append(button.inner_text())
    button.click()
    page.wait_for_timeout(3000)
    shown.append(button.inner_text())
    cell(page, 2)
    page.wait_for_selector("text=it is 4")
    return [text.split()[1] for text in shown]


chromium = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
seen = {}
try:
    for _ in range(600):
        try:
            urllib.request.urlopen(address).close()
            break
        except OSError:
            time.sleep(0.2)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (wait, words) in CELLS.items():
            page = browser.new_page()
            page.set_default_timeout(180_000)
            seen[name] = values(page, name, wait)
            first, second, third = seen[name]
            print(f"{words}: set 2, shows {first}; set 3, shows {second}; a click sets 4, shows {third}")
        browser.close()
finally:
    server.terminate()
    server.wait()
sys.exit(seen != {"quick": ["2", "3", "4"], "late": ["1", "1", "1"]})
PYTHON
