#!/bin/sh
# ai 7.0.173, @ai-sdk/google 4.0.121: a video is made at a base URL on one's own machine or network, and then not fetched.
#
# `baseURL` may be http://127.0.0.1:8080/v1beta, or a private address such as 10.0.0.5: the create and the looks go there.
# The video's address is at the same origin; generateVideo fetches it with a download of its own, which refuses every such
# host, and fails with AI_DownloadError when the video is made and paid for; only the `url` of that error still says where
# it is. The guard has a way to trust the origin that was set (`trustedOrigin`), which other calls of the SDK use. With
# `download`, an option of generateVideo, the same video is fetched.
#
# Seen on 2026-11-29 with Node 20.20:
#   ai 7.0.173, @ai-sdk/google 4.0.121
#   as it is: AI_DownloadError: URL with IP address 127.0.0.1 is not allowed
#     asked for: create, look
#   with a download: a video
#     asked for: create, look, video
#
# Exits 0 while that is so. Needs npm and Node; nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund ai@7.0.173 @ai-sdk/google@4.0.121
cat >run.mjs <<'JS'
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createGoogle } from "@ai-sdk/google";
import { experimental_generateVideo as generateVideo } from "ai";

const version = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version;
console.log(["ai", "@ai-sdk/google"].map((name) => `${name} ${version(name)}`).join(", "));

let asked = [];
const server = createServer((request, response) => {
  request.resume().on("end", () => {
    const name = "models/veo/operations/1";
    if (request.url.startsWith("/v1beta/files/")) {
      asked.push("video");
      return response.setHeader("content-type", "video/mp4").end("a video");
    }
    const create = request.url.endsWith(":predictLongRunning");
    asked.push(create ? "create" : "look");
    const uri = `${origin}/v1beta/files/1:download?alt=media`;
    const made = { name, done: true, response: { generateVideoResponse: { generatedSamples: [{ video: { uri } }] } } };
    response.setHeader("content-type", "application/json").end(JSON.stringify(create ? { name } : made));
  });
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const origin = `http://127.0.0.1:${server.address().port}`;
const model = createGoogle({ apiKey: "none", baseURL: `${origin}/v1beta` }).video("veo");

async function download({ url }) {
  return { data: new Uint8Array(await (await fetch(url)).arrayBuffer()), mediaType: "video/mp4" };
}

const seen = [];
for (const [told, given] of Object.entries({ "as it is": {}, "with a download": { download } })) {
  asked = [];
  const request = { model, prompt: "A cat", poll: { intervalMs: 50 }, ...given };
  const became = await generateVideo(request).then(
    ({ video }) => Buffer.from(video.uint8Array).toString(),
    (error) => `${error.name}: ${error.message}`,
  );
  console.log(`${told}: ${became}\n  asked for: ${asked.join(", ")}`);
  seen.push(`${became}; ${asked}`);
}
server.close();
const refused = "AI_DownloadError: URL with IP address 127.0.0.1 is not allowed; create,look";
process.exit(seen[0] === refused && seen[1] === "a video; create,look,video" ? 0 : 1);
JS
node run.mjs
