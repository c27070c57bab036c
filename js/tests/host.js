/**
 * A page that plays the notebook and the kernel for one built widget, in the state that its address names.
 *
 * @import { Clip, Job, JobState } from "../src/lib/types.js"
 */
import { FakeModel } from "./fake_model.js";
import { formModel, studioModel } from "./host_form.js";
import { clip, job } from "./samples.js";

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
          notice: "Not sent yet, and nothing is charged so far. Agent Platform takes 50 requests a minute for veo-3.1-fast-generate-001.",
          can: { stop: true, resume: false, cancel: true, retry: false, look: false, forget: false },
        }
      : {}),
    ...(asked.has("paid") ? { emulator: false, provider: "agent_platform", price: { usd: 0.8, text: "$0.80", note: "estimate" } } : {}),
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

/** A model of the widgets that show one job or clips. */
function jobModel() {
  const sent = job(state, changes());
  const model = new FakeModel({ job: sent, clips: clips(), prompt: sent.prompt, model: sent.model, settings: sent.settings, saved_class: "" });
  model.onSend = (content) => void (content.kind === "need-bytes" && serveBytes(model, content));
  return model;
}

async function start() {
  dress();
  const widget = asked.get("widget") ?? "job_view";
  const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: `../../veo_widgets/static/${widget}.css` });
  document.head.append(sheet);
  const model = widget === "form" ? await formModel(asked) : widget === "studio" ? await studioModel(asked) : jobModel();
  const el = /** @type {HTMLElement} */ (document.getElementById("view"));
  if (asked.get("width")) el.style.width = `${asked.get("width")}px`;
  const bundle = await import(`../../veo_widgets/static/${widget}.js`);
  const parts = bundle.default();
  const { signal } = new AbortController();
  await parts.initialize({ model, signal });
  await parts.render({ model, el, signal });
  Object.assign(globalThis, { model, job });
}

void start();
