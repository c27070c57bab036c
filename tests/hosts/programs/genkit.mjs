/* Genkit with Google's plugins, as its page on Veo has it: generate, check the operation, fetch the clip. */

import { writeFileSync } from "node:fs";
import { googleAI, vertexAI } from "@genkit-ai/google-genai";
import { genkit } from "genkit";
import { pause, runAll, said, signedIn } from "./requests.mjs";

// The plugin of the Agent Platform knows no other address than Google's; `fetch` is where it can be led elsewhere.
const reach = fetch;
globalThis.fetch = (url, init) => reach(String(url).replace(/^https:\/\/[^/]+\.googleapis\.com/, said.base_url), init);

const ai = genkit({
  plugins: [
    googleAI({ apiKey: said.key, baseUrl: said.base_url }),
    vertexAI({ projectId: "films", location: "us-central1", googleAuth: signedIn() }),
  ],
});
const plugins = { developer: googleAI, platform: vertexAI };

async function bytesOf(url) {
  if (url.startsWith("data:")) return Buffer.from(url.split(",")[1], "base64");
  const answer = await fetch(url, { headers: { "x-goog-api-key": said.key } });
  if (!answer.ok) throw new Error(`${answer.status} ${url}`);
  return Buffer.from(await answer.arrayBuffer());
}

await runAll(async ({ account, model, ...asked }, path) => {
  let { operation } = await ai.generate({ model: plugins[account].model(model), ...asked });
  while (!operation.done) {
    await pause();
    operation = await ai.checkOperation(operation);
  }
  const url = operation.output?.message.content[0]?.media.url;
  if (!url) return { error: operation.error ?? null, output: operation.output ?? null };
  writeFileSync(path, await bytesOf(url));
  return { path };
});
