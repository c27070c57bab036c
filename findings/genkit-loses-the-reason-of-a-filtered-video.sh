#!/bin/sh
# @genkit-ai/google-genai 1.42.0: a video that Google's filter withheld ends with neither an output nor an error.
#
# The answer of the Gemini API is done, without a sample, with raiMediaFilteredCount and raiMediaFilteredReasons. The plugin
# `googleAI` makes of it an operation that is done and nothing else: the program that waits for `operation.done` finds no
# error and no `output`, and nowhere the reason. Its sister `vertexAI` makes an error of the same end, with the reason.
#
# Seen on 2026-11-29 with Node 20.20:
#   @genkit-ai/google-genai 1.42.0
#   googleAI: done true, error undefined, output undefined
#   vertexAI: done true, error "Withheld. Support codes: 29310472", output "blocked"
#
# Exits 0 while that is so. Needs npm and Node; nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund genkit@1.42.0 @genkit-ai/google-genai@1.42.0 google-auth-library@9.15.1
cat >run.mjs <<'JS'
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { googleAI, vertexAI } from "@genkit-ai/google-genai";
import { genkit } from "genkit";
import { OAuth2Client } from "google-auth-library";

const { name, version } = JSON.parse(readFileSync("node_modules/@genkit-ai/google-genai/package.json"));
console.log(name, version);

const withheld = { raiMediaFilteredCount: 1, raiMediaFilteredReasons: ["Withheld. Support codes: 29310472"] };
const server = createServer((request, response) => {
  request.resume().on("end", () => {
    const place = request.url.startsWith("/v1beta1/") ? "projects/p/locations/us-central1/publishers/google/" : "";
    const begun = { name: `${place}models/veo-3.1-generate-001/operations/1` };
    const ended = { ...begun, done: true, response: place ? withheld : { generateVideoResponse: withheld } };
    const create = request.url.endsWith(":predictLongRunning");
    response.setHeader("content-type", "application/json").end(JSON.stringify(create ? begun : ended));
  });
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const baseUrl = `http://127.0.0.1:${server.address().port}`;
// The second plugin has no setting for the address, and wants somebody who has signed in.
const reach = fetch;
globalThis.fetch = (url, init) => reach(String(url).replace(/^https:\/\/[^/]+\.googleapis\.com/, baseUrl), init);
const authClient = new OAuth2Client();
authClient.setCredentials({ access_token: "none" });
const ai = genkit({
  plugins: [
    googleAI({ apiKey: "none", baseUrl }),
    vertexAI({ projectId: "p", location: "us-central1", googleAuth: { authClient } }),
  ],
});
const seen = [];
for (const [plugin, model] of Object.entries({
  googleAI: googleAI.model("veo-3.1-generate-preview"),
  vertexAI: vertexAI.model("veo-3.1-generate-001"),
})) {
  const { operation } = await ai.generate({ model, prompt: "A cat" });
  const { done, error, output } = await ai.checkOperation(operation);
  const [said, reason] = [JSON.stringify(error?.message), JSON.stringify(output?.finishReason)];
  console.log(`${plugin}: done ${done}, error ${said}, output ${reason}`);
  seen.push(`${done} ${said} ${reason}`);
}
const told = JSON.stringify(withheld.raiMediaFilteredReasons[0]);
process.exit(seen[0] === "true undefined undefined" && seen[1] === `true ${told} "blocked"` ? 0 : 1);
JS
node run.mjs
