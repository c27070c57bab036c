/* @google/genai as its guide has it: Veo at the Agent Platform, generated, polled and downloaded, and Omni's events. */

import { writeFileSync } from "node:fs";
import { GoogleGenAI } from "@google/genai";
import { pause, runAll, said, signedIn } from "./requests.mjs";

const accounts = {
  developer: { apiKey: said.key },
  express: { enterprise: true, apiKey: said.key },
  platform: { enterprise: true, project: "films", location: "us-central1", googleAuthOptions: signedIn() },
};

async function video(ai, asked, path) {
  let operation = await ai.models.generateVideos(asked);
  while (!operation.done) {
    await pause();
    operation = await ai.operations.getVideosOperation({ operation });
  }
  if (operation.error) return { error: operation.error };
  const { generatedVideos: made, raiMediaFilteredReasons: reasons } = operation.response;
  if (!made?.length) return { reasons };
  await ai.files.download({ file: made[0], downloadPath: path });
  return { path };
}

async function events(ai, asked, path) {
  const seen = { events: [], usage: null };
  for await (const event of await ai.interactions.create({ ...asked, stream: true })) {
    seen.events.push(event.event_type);
    if (event.event_type === "step.delta" && event.delta.type === "video") {
      writeFileSync(path, Buffer.from(event.delta.data, "base64"));
      seen.path = path;
    }
    if (event.event_type === "interaction.completed") seen.usage = event.interaction.usage.total_output_tokens;
  }
  return seen;
}

await runAll(({ account, kind = "video", ...asked }, path) => {
  const ai = new GoogleGenAI({ ...accounts[account], httpOptions: { baseUrl: said.base_url } });
  return kind === "video" ? video(ai, asked, path) : events(ai, asked, path);
});
