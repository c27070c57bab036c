#!/bin/sh
# @jupyterlab/apputils 4.7.6 (JupyterLab 4.6.6): of a drawing in the output of an untrusted notebook the texts are left.
#
# The sanitizer allows no element of SVG. It drops the tags of a plot, but keeps what stands between them, tooltips in
# <title> as well, joined without a space. Readers see a row of labels, and two prices among them become a formula, since
# nothing keeps their dollar signs apart any more. Of bars made of plain elements a background in currentColor, which is
# seen on light and on dark, is dropped as well; a border without a colour has the same one and stays.
#
# Seen on 2026-11-30 with Node 20:
#   SVG: Monday: $3Tuesday: $5cost by day<p>below</p>
#   background of currentColor: dropped
#   border without a colour: kept
#
# Exits 0 while that is so. Needs npm's registry and Node; nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund @jupyterlab/apputils@4.7.6 >/dev/null
cat >seen.mjs <<'JAVASCRIPT'
import { Sanitizer } from "@jupyterlab/apputils/lib/sanitizer.js";

const sanitizer = new Sanitizer();
const bars = ["Monday: $3", "Tuesday: $5"].map((title) => `<rect width="4" height="4"><title>${title}</title></rect>`);
const drawn = sanitizer.sanitize(`<svg viewBox="0 0 9 9">${bars.join("")}<text y="9">cost by day</text></svg><p>below</p>`);
const stays = (style) => sanitizer.sanitize(`<span style="${style}"></span>`) === `<span style="${style}"></span>`;
const [ground, border] = [stays("background:currentColor"), stays("border-bottom:21px solid")];
console.log(`SVG: ${drawn}`);
console.log(`background of currentColor: ${ground ? "kept" : "dropped"}`);
console.log(`border without a colour: ${border ? "kept" : "dropped"}`);
process.exitCode = drawn === "Monday: $3Tuesday: $5cost by day<p>below</p>" && !ground && border ? 0 : 1;
JAVASCRIPT
node seen.mjs
