/**
 * A page that plays the notebook and the kernel for one built widget, in the state that its address names.
 *
 * @import { Cell, Clip, Job, JobState } from "../src/kernel/types.js"
 */
import { FakeModel } from "./fake_model.js";
import { batchModel } from "./host_batch.js";
import { formModel, studioModel } from "./host_form.js";
import { libraryModel } from "./host_library.js";
import { reelModel } from "./host_reel.js";
import { storyboardModel } from "./host_storyboard.js";
import { cell, clip, job, sequel } from "./samples.js";

const CHUNK = 1 << 18;
const asked = new URLSearchParams(location.search);
const state = /** @type {JobState} */ (asked.get("state") ?? "succeeded");
const portrait = asked.get("shape") === "portrait";
const size = portrait ? { width: 720, height: 1280 } : { width: 1280, height: 720 };

/** The look of a JupyterLab theme, as far as the widgets read it. */
const LAB = {
  light: { "--jp-layout-color1": "white", "--jp-ui-font-color1": "rgba(0, 0, 0, 0.87)", "--jp-brand-color1": "#1976d2" },
  dark: { "--jp-layout-color1": "#111111", "--jp-ui-font-color1": "rgba(255, 255, 255, 1)", "--jp-brand-color1": "#2196f3" },
};

/** @returns {Clip[]} */
function clips() {
  const count = Number(asked.get("samples") ?? 1);
  const poster = asked.get("poster");
  return Array.from({ length: count }, (_, sample) => clip({ sample, ...size, poster, seconds: 4 }));
}

const PRICED = { usd: 0.7, text: "$0.70", note: "on a real account; the emulator is free" };
const code = { python: 'veo.submit("A cat")', magic: "%%veo --seed 7\nA cat" };

/** What clips of the player and the grid have beside what a job's clips have. */
const VTT = "WEBVTT\n\n00:00.000 --> 00:04.000\nCareful, Mitsou!";
/** @type {[number, string][]} */
const SHOTS = [[0, "Shot 1: A cat playing with a ball of yarn"], [1.5, "Shot 2: It falls asleep"], [3, "Shot 3: It wakes up"]];
const richly = () => clips().map((one) => ({ ...one, code, ...(asked.has("shots") ? { shots: SHOTS } : {}), captions: asked.has("captions") ? VTT : null, offers: { extend: PRICED, edit: PRICED } }));

/**
 * A grid of `cells`, of which some may be drafts, running, failed, starred or rejected.
 */
function gridState() {
  const count = Number(asked.get("cells") ?? 6);
  const poster = asked.get("poster");
  const models = ["veo-3.1-lite-generate-001", "veo-3.1-fast-generate-001"];
  const numbers = (/** @type {string} */ name) => (asked.get(name) ?? "").split(",").filter(Boolean).map(Number);
  const [drafts, running, failed, filtered] = ["drafts", "running", "failed", "filtered"].map(numbers);
  /** @type {Cell[]} */
  const cells = Array.from({ length: count }, (_, n) => {
    const made = asked.has("rendered") && n === count - 1;
    const values = asked.has("same") ? {} : { model: models[n % 2] ?? "", seed: (n >> 1) + 1, ...(asked.has("rendered") ? { resolution: made ? "1080p" : "720p" } : {}) };
    const state = running?.includes(n) ? "running" : failed?.includes(n) ? "failed" : filtered?.includes(n) ? "filtered" : "succeeded";
    const now = Date.now();
    const planned = asked.has("planned") || drafts?.includes(n) ? { usd: 0.2, text: "$0.20", note: null } : null;
    const take = 1 + Math.floor((n * Number(asked.get("takes") ?? 1)) / count);
    return cell(n, { ...size, values, planned, take, made_from: made ? 0 : null, job: planned ? null : job(state, { id: `job${n}`, submitted_at: now - 18_000 - n * 3000 }) });
  });
  const there = cells.filter(({ planned, job: one }) => !planned && one?.state === "succeeded").map(({ sample }) => sample);
  const render = { usd: 0.64, text: "$0.64", note: null, resolution: "1080p" };
  return {
    cells,
    clips: Object.fromEntries(there.map((n) => [n, { ...clip({ sample: n, ...size, poster, seconds: 4 }), render, code, offers: {}, facts: { prompt: job("succeeded").prompt, model: models[n % 2], settings: [["Seed", "1"]] } }])),
    columns: asked.has("same") ? [] : [{ name: "model", label: "Model" }, { name: "seed", label: "Seed" }, ...(asked.has("rendered") ? [{ name: "resolution", label: "Resolution" }] : [])],
    marks: Object.fromEntries([...numbers("starred").map((n) => [n, "star"]), ...numbers("rejected").map((n) => [n, "reject"])]),
    total: asked.has("planned") ? { count, usd: count * 0.2, text: `$${(count * 0.2).toFixed(2)}`, note: "on a real account; the emulator is free" } : null,
  };
}

/** @returns {Partial<Job>} */
function changes() {
  const now = Date.now();
  const elapsed = Number(asked.get("elapsed") ?? 12) * 1000;
  const settings = /** @type {[string, string][]} */ ([["Ratio", portrait ? "9:16" : "16:9"], ["Resolution", "720p"], ["Length", "8 s"], ["Seed", "7"]]);
  return {
    now,
    ...size,
    settings,
    ...(state === "submitting" ? { created_at: now - 400 } : { created_at: now - elapsed - 300, submitted_at: now - elapsed }),
    ...(asked.has("stopped") ? { watching: false, next_poll_at: null, can: { stop: false, resume: true, cancel: false, retry: false, look: false, forget: false } } : {}),
    ...(asked.has("held")
      ? {
          held_back: true,
          next_poll_at: now + 34_000,
          notice: "Not sent yet, so nothing is charged. Agent Platform takes 50 requests a minute for veo-3.1-fast-generate-001.",
          can: { stop: true, resume: false, cancel: true, retry: false, look: false, forget: false },
        }
      : {}),
    ...(asked.has("paid") ? { emulator: false, provider: "agent_platform", price: { usd: 0.8, text: "$0.80", note: "estimate" } } : {}),
    ...(asked.has("told") ? { pace: { share: 0.4, at: now - 2000, ends_at: now + 31_000 } } : {}),
    ...(asked.has("guess") ? { typical: { low: 1, likely: 60, high: 600, guess: true } } : {}),
    ...(asked.has("unpriced") ? { emulator: false, provider: "litellm", price: { usd: null, text: "price unknown", note: null }, retry_price: null } : {}),
    ...(asked.has("notice") ? { notice: "1 of 4 clips was withheld by the safety filter" } : {}),
    ...(asked.has("long") ? { prompt: Array(9).fill(job("running").prompt).join(". ") } : {}),
    ...(state === "succeeded" ? { clips: clips() } : {}),
  };
}

/**
 * The kernel's part of a download.
 *
 * @param {FakeModel} model
 * @param {{sample: number, request: string}} wanted
 */
async function serveBytes(model, { sample, request }) {
  const reply = await fetch(`./clip.mp4?sample=${sample}`);
  const all = await reply.arrayBuffer();
  for (let offset = 0; offset < all.byteLength; offset += CHUNK) {
    const part = new DataView(all, offset, Math.min(CHUNK, all.byteLength - offset));
    model.emit("msg:custom", { kind: "bytes", request, sample, offset, total: all.byteLength }, [part]);
  }
}

function dress() {
  const theme = asked.get("theme") === "dark" ? "dark" : "light";
  document.body.dataset.jpThemeLight = String(theme === "light");
  if (!asked.has("lab")) return;
  for (const [name, value] of Object.entries(LAB[theme])) document.body.style.setProperty(name, value);
}

/** A model of the widgets that show jobs or clips. @param {string} widget */
function clipModel(widget) {
  const sent = job(state, changes());
  const made = sequel("succeeded", { clips: [clip({ sample: 1000, ...size, poster: asked.get("poster"), seconds: 4 })] });
  const sequels = asked.has("sequels") ? [made, sequel("running", { id: "b", verb: "edit", prompt: "Make it night" }), sequel("filtered", { id: "c" })] : [];
  const playing = { job: { ...sent, clips: sent.clips.length > 0 ? richly() : [] }, clips: richly(), prompt: sent.prompt, model: sent.model, settings: sent.settings, saved_class: "", sequels };
  const model = new FakeModel(widget === "grid" ? { ...gridState(), sequels: [] } : playing);
  model.onSend = (content) => void (content.kind === "need-bytes" && serveBytes(model, content));
  return model;
}

/** The kernel ends, as JupyterLab tells of it. @param {FakeModel} model */
function lose(model) {
  model.widget_manager.context.sessionContext.end();
}

async function start() {
  dress();
  const widget = asked.get("widget") ?? "job_view";
  const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: `../../veo_widgets/static/${widget}.css` });
  document.head.append(sheet);
  const made = { form: formModel, studio: studioModel, batch: () => batchModel(asked, serveBytes), library: () => libraryModel(asked, serveBytes), reel: () => reelModel(asked, size, serveBytes), storyboard: () => storyboardModel(asked, serveBytes) }[widget];
  const model = made ? await made(asked) : clipModel(widget);
  const el = /** @type {HTMLElement} */ (document.getElementById("view"));
  if (asked.get("width")) el.style.width = `${asked.get("width")}px`;
  const bundle = await import(`../../veo_widgets/static/${widget}.js`);
  const parts = bundle.default();
  const { signal } = new AbortController();
  await parts.initialize?.({ model, signal });
  await parts.render({ model, el, signal });
  if (asked.has("gone")) lose(model);
  if (asked.has("away")) model.widget_manager.context.sessionContext.connection("connecting");
  Object.assign(globalThis, { model, job, parts });
}

void start();
