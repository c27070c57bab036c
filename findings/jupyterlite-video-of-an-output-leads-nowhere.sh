#!/bin/sh
# jupyterlite-core 0.8.6: the video of a saved output, <video src="clip.mp4">, does not play, and a link to it opens.
#
# JupyterLite gives a file of the browser's storage a blob: address. JupyterLab appends the time to what it puts into a
# src, so that nothing old is shown (all but data: addresses), and a blob: address with a query is another one, which
# leads nowhere. An href is left alone. Pictures are not concerned: JupyterLite gives them data: addresses.
#
# Seen on 2026-11-30 with Python 3.11, Chromium 156:
#   video: blob:…?…, nothing there; without the query 5 bytes
#   link: blob:…, 5 bytes
#
# Exits 0 while that is so. Needs PyPI and a Chromium (CHROMIUM says where); nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install jupyterlite-core==0.8.6 playwright==1.65.2
cd "$folder"
echo '{"jupyter-lite-schema-version": 0, "jupyter-config-data": {"exposeAppInBrowser": true}}' >jupyter-lite.json
PATH="$folder/venv/bin:$PATH" jupyter lite build --output-dir out >build.log 2>&1 || { cat build.log; exit 2; }
"$folder/venv/bin/python" - <<'PYTHON'
import functools
import http.server
import os
import shutil
import sys
import threading

from playwright.sync_api import sync_playwright

PAGE = """async () => {
  const contents = window.jupyterapp.serviceManager.contents;
  await contents.save("clip.mp4", {type: "file", format: "base64", content: btoa("bytes")});
  const html = '<video src="clip.mp4"></video><a href="clip.mp4">clip</a>';
  const outputs = [{output_type: "display_data", metadata: {}, data: {"text/html": html}}];
  const cell = {cell_type: "code", id: "one", execution_count: null, metadata: {}, source: "", outputs};
  const content = {nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell]};
  await contents.save("saved.ipynb", {type: "notebook", format: "json", content});
  void window.jupyterapp.commands.execute("docmanager:open", {path: "saved.ipynb"});
}"""
SEEN = """async () => {
  const bytes = (address) => fetch(address).then((reply) => reply.arrayBuffer()).then((all) => all.byteLength, () => 0);
  const output = document.querySelector(".jp-OutputArea-output");
  const [video, link] = [output.querySelector("video").src, output.querySelector("a").href];
  return {query: /^blob:.*[?]/.test(video), video: await bytes(video), without: await bytes(video.split("?")[0]),
    blob: /^blob:[^?]*$/.test(link), link: await bytes(link)};
}"""
BOTH = """() => document.querySelector(".jp-OutputArea-output video")?.src.startsWith("blob:")
  && document.querySelector(".jp-OutputArea-output a").href.startsWith("blob:")"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory="out"))
threading.Thread(target=server.serve_forever, daemon=True).start()
chromium = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    page = browser.new_page()
    page.set_default_timeout(180_000)
    page.goto(f"http://127.0.0.1:{server.server_port}/lab/index.html")
    page.wait_for_function("() => window.jupyterapp?.commands.hasCommand('docmanager:open')")
    page.evaluate(PAGE)
    page.wait_for_function(BOTH)
    seen = page.evaluate(SEEN)
    browser.close()
there = f"{seen['video']} bytes" if seen["video"] else "nothing there"
print(f"video: blob:…{'?…' * seen['query']}, {there}; without the query {seen['without']} bytes")
print(f"link: blob:…, {seen['link']} bytes")
sys.exit(seen != {"query": True, "video": 0, "without": 5, "blob": True, "link": 5})
PYTHON
