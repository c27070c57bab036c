#!/bin/sh
# @ai-sdk/google-vertex 5.0.141, @ai-sdk/google 4.0.121: pollIntervalMs and pollTimeoutMs of a video model change nothing.
#
# The page of the Agent Platform's provider documents both, and advises 10 minutes or more for pollTimeoutMs; the types of
# both providers have them. With ai 7 a video is asked for by generateVideo itself, which waits 5 s before each look and
# 10 minutes in all, and heeds only its own `poll: { intervalMs, timeoutMs }`. A long video times out after 10 minutes,
# though it is made and paid for, whatever pollTimeoutMs says.
#
# Seen on 2026-11-29 with Node 20.20:
#   ai 7.0.173, @ai-sdk/google-vertex 5.0.141, @ai-sdk/google 4.0.121
#   vertex, pollIntervalMs 200, pollTimeoutMs 1000: first looked after 5 s, a video
#   google, pollIntervalMs 200, pollTimeoutMs 1000: first looked after 5 s, a video
#   vertex, poll { intervalMs: 200 }: first looked after 0 s, a video
#   google, poll { intervalMs: 200 }: first looked after 0 s, a video
#
# Exits 0 while that is so. Needs npm and Node; nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund ai@7.0.173 @ai-sdk/google@4.0.121 @ai-sdk/google-vertex@5.0.141
cat >run.mjs <<'JS'
import { createRequire } from "node:module";
import { createServer } from "node:http";
import { createGoogle } from "@ai-sdk/google";
import { createGoogleVertex } from "@ai-sdk/google-vertex";
import { experimental_generateVideo as generateVideo } from "ai";

const require = createRequire(import.meta.url);
const packages = ["ai", "@ai-sdk/google-vertex", "@ai-sdk/google"];
console.log(packages.map((name) => `${name} ${require(`./node_modules/${name}/package.json`).version}`).join(", "));

const bytes = Buffer.from("a video").toString("base64");
let begun, looked;
const server = createServer((request, response) => {
  request.resume().on("end", () => {
    const name = "models/veo/operations/1";
    let answer = { name };
    if (request.url.endsWith(":predictLongRunning")) begun = Date.now();
    else {
      looked ??= Date.now();
      const uri = `data:video/mp4;base64,${bytes}`;
      const samples = { generateVideoResponse: { generatedSamples: [{ video: { uri } }] } };
      answer = { name, done: true, response: { ...samples, videos: [{ bytesBase64Encoded: bytes }] } };
    }
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
  });
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const baseURL = `http://127.0.0.1:${server.address().port}`;
const models = {
  vertex: createGoogleVertex({ apiKey: "none", baseURL }).video("veo"),
  google: createGoogle({ apiKey: "none", baseURL }).video("veo"),
};
const own = { pollIntervalMs: 200, pollTimeoutMs: 1000 };
const settings = {
  "pollIntervalMs 200, pollTimeoutMs 1000": { providerOptions: { vertex: own, google: own } },
  "poll { intervalMs: 200 }": { poll: { intervalMs: 200 } },
};
const seen = [];
for (const [told, given] of Object.entries(settings)) {
  for (const [name, model] of Object.entries(models)) {
    looked = undefined;
    const { video } = await generateVideo({ model, prompt: "A cat", ...given });
    const seconds = Math.floor((looked - begun) / 1000);
    seen.push(seconds);
    console.log(`${name}, ${told}: first looked after ${seconds} s, ${Buffer.from(video.uint8Array)}`);
  }
}
server.close();
process.exit(seen.slice(0, 2).every((one) => one >= 5) && seen.slice(2).every((one) => one < 5) ? 0 : 1);
JS
node run.mjs
