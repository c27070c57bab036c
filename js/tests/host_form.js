/**
 * The kernel's part of a form, for pictures: the state that the page's address names.
 *
 * @import { Schema, Values } from "../src/form/types.js"
 */
import { FakeModel } from "./fake_model.js";
import { clip, job } from "./samples.js";

const PROMPT =
  "A cat playing with a ball of yarn in a sunny garden. Slow dolly-in at the cat's eye level, shallow depth of field, " +
  "soft morning light, bees humming and a distant lawn mower. A girl off screen says: “Careful, Mitsou!”";

/** @type {Record<string, Values>} */
const VALUES = {
  empty: {},
  filled: { prompt: PROMPT, aspect_ratio: "16:9", resolution: "1080p", samples: 2, seed: 7, negative_prompt: "text on screen", first_frame: { held: "a", name: "garden.jpg", bytes: 250_000 }, last_frame: { held: "b", name: "tall.jpg", bytes: 250_000 } },
  invalid: { prompt: PROMPT, resolution: "1080p", duration_seconds: 4, seed: 7, model: "gemini-omni-1.1-flash-preview", negative_prompt: "rain", last_frame: { held: "b", name: "tall.jpg", bytes: 250_000 } },
  retired: { prompt: PROMPT, model: "veo-3.0-generate-001" },
  variables: { prompt: "A {animal} playing with {toy} in a {place}", extend_from: { held: "c", name: "2026-11-22_cat_k3f9x2ab.mp4" } },
  own: { prompt: PROMPT, model: "Wan-AI/Wan2.2-T2V-A14B", size: "832x480", extra: { guidance_scale: 7.5, sampler: "euler", lora: "loras/ink-wash-v2.safetensors" } },
  own_invalid: { prompt: PROMPT, model: "Wan-AI/Wan2.2-T2V-A14B", size: "640x480", duration_seconds: 8, extra: { guidance_scale: 70, num_inference_steps: "many", shift: 3 } },
  any: { prompt: PROMPT, model: "Lightricks/LTX-2-distilled", size: "1216x704", duration_seconds: 6, seed: 7, extra: { fps: 24, "lora.paths": ["a.safetensors", "b.safetensors"], enhance: true } },
  several: { prompt: PROMPT },
  cast: { prompt: "@Mia feeds a cat, and @Old_sailor watches them from the boat. @M", first_frame: { held: "a", name: "garden.jpg", bytes: 250_000 } },
  omni: { prompt: PROMPT, model: "gemini-omni-1.2-flash", reference_images: [{ held: "a", name: "garden.jpg", bytes: 250_000 }, { held: "b", name: "tall.jpg", bytes: 250_000 }] },
};

/** What a server says of itself. @type {Partial<Schema>} */
const SAID = {
  offered: ["Wan-AI/Wan2.2-T2V-A14B", "Lightricks/LTX-2-distilled", "tencent/HunyuanVideo-1.5"],
  learned: [
    { name: "fps", kind: "integer", minimum: 1 },
    { name: "num_frames", kind: "integer" },
    { name: "num_inference_steps", kind: "integer" },
    { name: "guidance_scale_2", kind: "number" },
    { name: "enable_teacache", kind: "boolean" },
    { name: "generator_device", kind: "text", default: "cuda" },
  ],
};

const REMARK = "@Mia is described in words only, without references: reference_images: not together with first_frame.";

/** @param {string|null} face  of those who have one */
export const castOf = (face) =>
  ["Fisher_and_his_wife_from_the_sea", "Leo", "Mia", "Mitsou", "Old_sailor", "Zoë", "米亚"].map((name, n) => ({ name, text: "red scarf, freckles", images: n % 3, face: (n % 3 && face) || "" }));

/**
 * @param {URLSearchParams} asked
 * @param {Record<string, any>} more  other traits
 */
export async function formModel(asked, more = {}) {
  const table = await (await fetch("./agreement.json")).json();
  const own = /^(own|any|several)/.test(asked.get("form") ?? "");
  /** @type {Schema} */
  const schema = own ? { ...table[4].schema, ...SAID } : table[asked.has("paid") ? 1 : 0].schema;
  const values = VALUES[asked.get("form") ?? "empty"] ?? {};
  const model = new FakeModel({
    schema,
    draft: { values, at: 1, by: "", locked: false, given: {} },
    budget: { left: asked.has("poor") ? 0.3 : 18.4 },
    cast: asked.get("form") === "cast" ? castOf(asked.get("poster")) : [],
    remarks: asked.get("form") === "cast" ? [REMARK] : [],
    variables: { animal: "tabby cat", toy: "a ball of yarn", place: null },
    place: location.search,
    ...more,
  });
  model.onSend = (content) => answer(model, content);
  return model;
}

/**
 * @param {FakeModel} model
 * @param {any} content
 */
export async function answer(model, content) {
  const say = (/** @type {any} */ message, /** @type {DataView[]} */ buffers = []) => model.emit("msg:custom", message, buffers);
  if (content.kind === "need-image") {
    const picture = await picturePng(content.image === "b" ? [720, 1280] : [1280, 720]);
    say({ kind: "bytes", request: content.request, sample: 0, offset: 0, total: picture.byteLength }, [new DataView(picture)]);
  }
  if (content.kind === "history") {
    const prompts = [PROMPT, "Dawn over a harbour, gulls, a tug boat's horn", "A paper boat in a gutter after rain, macro"];
    const items = prompts.filter((prompt) => prompt.toLowerCase().includes(content.query.toLowerCase()));
    say({ kind: "history", request: content.request, items: items.map((prompt, n) => ({ job: `j${n}`, prompt, model: "veo-3.1-fast-generate-001", state: "succeeded", at: 1795300000000 - n * 1e8 })) });
  }
  if (content.kind === "panels") say({ kind: "panels", code: await (await fetch("../../veo_widgets/static/panels.js")).text() });
  if (content.kind === "generate") say({ kind: "accepted", order: content.order, job: "k3f9x2ab" });
}

/** @param {[number, number]} size */
async function picturePng([width, height]) {
  const canvas = new OffscreenCanvas(width, height);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const sky = pen.createLinearGradient(0, 0, width, height);
  for (const [at, colour] of /** @type {[number, string][]} */ ([[0, "#f4b26b"], [0.5, "#7fb7be"], [1, "#20424a"]])) sky.addColorStop(at, colour);
  pen.fillStyle = sky;
  pen.fillRect(0, 0, width, height);
  return (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer();
}

/**
 * The kernel's part of a studio with jobs in every state.
 *
 * @param {URLSearchParams} asked
 */
export async function studioModel(asked) {
  const card_code = await (await fetch("../../veo_widgets/static/job_view.js")).text();
  const chosen = asked.get("chosen") ?? "j1";
  const form_code = await (await fetch("../../veo_widgets/static/form.js")).text();
  const model = await formModel(asked, { card_code, form_code, chosen });
  const poster = asked.get("poster");
  const now = Date.now();
  const paid = asked.has("paid") ? { emulator: false, provider: "agent_platform", price: { usd: 0.8, text: "$0.80", note: null } } : {};
  const states = /** @type {const} */ (["submitting", "running", "downloading", "succeeded", "filtered", "failed", "unknown", "succeeded"]);
  const prompts = [PROMPT, "Dawn over a harbour, gulls, a tug boat's horn", "A paper boat in a gutter after rain, macro"];
  const jobs = states.slice(0, Number(asked.get("jobs") ?? 8)).map((state, n) => {
    const at = now - 40_000 * n - 14_000;
    const live = n < 3;
    const held = n === 0 ? { held_back: true, next_poll_at: now + 34_000, can: { stop: true, resume: false, cancel: true, retry: false, look: false, forget: false } } : {};
    const clips = state === "succeeded" ? [clip({ poster, seconds: 4 })] : [];
    const prompt = prompts[n % 3] ?? PROMPT;
    return job(state, { id: `j${n}`, now, prompt, created_at: at, submitted_at: n ? at : null, finished_at: live ? null : at + 62_000, clips, saved_class: "", ...held, ...paid });
  });
  const tell = () => jobs.forEach((one) => model.emit("msg:custom", { kind: "job", job: one }));
  model.onSend = (content) => {
    if (content.kind === "ready") tell();
    else if (content.kind === "select") model.set("chosen", content.job);
    else if (content.kind === "of-job") void ofJob(model, content);
    else void answer(model, content);
  };
  return model;
}

/**
 * @param {FakeModel} model
 * @param {{job: string, message: any}} wrapped
 */
async function ofJob(model, { job: id, message }) {
  if (message.kind !== "need-bytes") return;
  const all = await (await fetch("./clip.mp4")).arrayBuffer();
  const part = { kind: "bytes", request: message.request, sample: 0, offset: 0, total: all.byteLength };
  model.emit("msg:custom", { kind: "of-job", job: id, message: part }, [new DataView(all)]);
}
