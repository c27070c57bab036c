/* The AI SDK with the providers of Google's two services: generateVideo, and interactions as text and as a stream.
 * The download of generateVideo refuses addresses on this machine, even that of the service which it has just asked, so the
 * requests that are not `guarded` bring one of their own. */

import { writeFileSync } from "node:fs";
import { createGoogle } from "@ai-sdk/google";
import { createGoogleVertex } from "@ai-sdk/google-vertex";
import { generateText, experimental_generateVideo as generateVideo, streamText } from "ai";
import { runAll, said, signedIn } from "./requests.mjs";

const google = `${said.base_url}/v1beta`;
const place = "publishers/google";

function platform(base, location) {
  const baseURL = `${said.base_url}/${base}`;
  return createGoogleVertex({ project: "films", location, baseURL, googleAuthOptions: signedIn() });
}

const providers = {
  developer: () => createGoogle({ apiKey: said.key, baseURL: google }),
  express: () => createGoogleVertex({ apiKey: said.key, baseURL: `${said.base_url}/v1/${place}` }),
  platform: () => platform(`v1/projects/films/locations/us-central1/${place}`, "us-central1"),
  global: () => platform("v1beta1/projects/films/locations/global", "global"),
};

async function download({ url }) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${answer.status} ${url.pathname}`);
  return { data: new Uint8Array(await answer.arrayBuffer()), mediaType: answer.headers.get("content-type") };
}

async function video(provider, { model, guarded, ...asked }) {
  const brought = guarded ? {} : { download };
  return (await generateVideo({ model: provider.video(model), poll: { intervalMs: 20 }, ...brought, ...asked })).video;
}

async function text(provider, { model, ...asked }) {
  return (await generateText({ model: provider.interactions(model), ...asked })).files[0];
}

async function stream(provider, { model, ...asked }) {
  let file;
  for await (const part of streamText({ model: provider.interactions(model), onError: () => {}, ...asked }).stream) {
    if (part.type === "error") throw part.error;
    if (part.type === "file") file = part.file;
  }
  return file;
}

const kinds = { video, text, stream };

await runAll(async ({ account, kind = "video", ...asked }, path) => {
  const file = await kinds[kind](providers[account](), asked);
  writeFileSync(path, file.uint8Array);
  return { path, type: file.mediaType };
});
