#!/bin/sh
# @jupyterlab/services 7.6.6 (JupyterLab 4.6.6): a kernel that is started while the list of kernels is under way is given up.
#
# JupyterLab asks every few seconds which kernels there are. If the answer differs from the one before, as where another
# notebook was just closed, whatever is missing from it has ended for JupyterLab; also what was started after the server
# had answered and before the answer was read. The connection is dead and is never made again, while the kernel runs on at
# the server; what waits for it waits for ever. On a busy machine that happens by chance; here the answer is held back
# until the kernel has been started.
#
# Seen on 2026-12-01 with Node 20, jupyter_server 2.21.1:
#   started while the list was under way: dead, and at the server there
#   started before it was asked for: there, and at the server there
#
# Exits 0 while that is so. Needs PyPI, npm's registry and Node; nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install jupyter_server==2.21.1 ipykernel==7.4.0
cd "$folder"
npm install --silent --no-audit --no-fund @jupyterlab/services@7.6.6 >/dev/null
export HOME="$folder" JUPYTER_CONFIG_DIR="$folder/config" JUPYTER_DATA_DIR="$folder/data" IPYTHONDIR="$folder/ipython"
PORT=$("$folder/venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export PORT
"$folder/venv/bin/python" -m jupyter server --allow-root --no-browser --ServerApp.port="$PORT" \
	--IdentityProvider.token= --ServerApp.disable_check_xsrf=True >server.log 2>&1 &
server=$!
cat >seen.mjs <<'JAVASCRIPT'
import { KernelManager, ServerConnection } from "@jupyterlab/services";

const baseUrl = `http://127.0.0.1:${process.env.PORT}/`;
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const list = async () => (await (await fetch(`${baseUrl}api/kernels`)).json()).map(({ id }) => id);
const end = (id) => fetch(`${baseUrl}api/kernels/${id}`, { method: "DELETE" });
while (!(await list().then(() => true, () => false))) await sleep(200);

/** What becomes of a kernel that is started before the list is asked for, or while it is under way. */
async function seen(meanwhile) {
  let held = null;
  const serverSettings = ServerConnection.makeSettings({
    baseUrl,
    wsUrl: baseUrl.replace("http", "ws"),
    fetch: async (request) => {
      const [reply, release] = [await fetch(request), held];
      if (request.method === "GET" && release) await release;
      return reply;
    },
  });
  const kernels = new KernelManager({ serverSettings, standby: "never" });
  await kernels.ready;
  const earlier = await kernels.startNew({ name: "python3" });
  await kernels.refreshRunning();
  let kernel = meanwhile ? null : await kernels.startNew({ name: "python3" });
  await end(earlier.id);
  let release;
  held = new Promise((done) => (release = done));
  const answer = kernels.refreshRunning();
  // The server has answered by then; nothing has been read.
  await sleep(3000);
  held = null;
  kernel ??= await kernels.startNew({ name: "python3" });
  release();
  await answer;
  await sleep(1000);
  const words = kernel.status === "dead" ? "dead" : "there";
  const there = (await list()).includes(kernel.id) ? "there" : "gone";
  await end(kernel.id);
  return `${words}, and at the server ${there}`;
}

const [meanwhile, before] = [await seen(true), await seen(false)];
console.log(`started while the list was under way: ${meanwhile}`);
console.log(`started before it was asked for: ${before}`);
process.exit(meanwhile === "dead, and at the server there" && before === "there, and at the server there" ? 0 : 1);
JAVASCRIPT
status=0
node seen.mjs >seen.log 2>&1 || status=$?
grep "^started" seen.log || tail seen.log
exit "$status"
