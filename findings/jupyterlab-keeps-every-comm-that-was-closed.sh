#!/bin/sh
# @jupyterlab/services 7.6.6 (JupyterLab 4.6.6): a comm that was closed stays in memory until its kernel is gone.
#
# CommHandler listens to its kernel's statusChanged with a function that it never takes away again. The kernel thus holds
# every comm there ever was, each comm holds its onClose, and of a widget that is the whole model: closing a widget in
# Python frees nothing of its state in the page. A grid of 24 clips with their stills leaves 0.8 MB each time it is made.
#
# Seen on 2026-11-29 with Node 20:
#   disposed, its kernel tells of its status: kept
#   disposed, its kernel tells of nothing: freed
#
# Exits 0 while that is so. Needs npm's registry and Node; nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund @jupyterlab/services@7.6.6 >/dev/null
cat >seen.mjs <<'JAVASCRIPT'
import { CommHandler } from "@jupyterlab/services/lib/kernel/comm.js";
import { Signal } from "@lumino/signaling";

async function kept(listens) {
  const kernel = { status: "idle", isDisposed: false, handleComms: true };
  kernel.statusChanged = listens ? new Signal(kernel) : { connect: () => {} };
  const seen = (() => {
    const comm = new CommHandler("widget", "1", kernel, () => {}, "disabled");
    comm.dispose();
    return new WeakRef(comm);
  })();
  for (let turn = 0; turn < 20 && seen.deref(); turn++) {
    // What a WeakRef has given lives until the end of the turn.
    await new Promise((done) => setTimeout(done));
    gc();
  }
  return seen.deref() !== undefined && kernel.status === "idle";
}

const [told, untold] = [await kept(true), await kept(false)];
console.log(`disposed, its kernel tells of its status: ${told ? "kept" : "freed"}`);
console.log(`disposed, its kernel tells of nothing: ${untold ? "kept" : "freed"}`);
process.exitCode = told && !untold ? 0 : 1;
JAVASCRIPT
node --expose-gc seen.mjs
