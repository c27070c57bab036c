/**
 * The kernel of a library: thousands of jobs, of which pages are sent.
 *
 * @import { Entry } from "../src/library/types.js"
 */
import { FakeModel } from "./fake_model.js";
import { clip } from "./samples.js";

/** As in the protocol. */
const page_cards = 24;

const PROMPTS = ["A cat playing with a ball of yarn in a sunny garden, soft morning light", "A lighthouse at dusk, waves against the rocks", "Rain on a window, a train station behind it, out of focus"];
const STATES = /** @type {const} */ (["succeeded", "succeeded", "failed", "succeeded", "running", "succeeded", "filtered", "succeeded"]);
const EMPTY = { query: "", state: "", model: "", day: "", since: "", price: "", notebook: "", starred: false, deleted: false };

/**
 * @param {number} number  0 is the newest
 * @param {string|null} poster
 * @param {Partial<Entry>} [change]
 * @returns {Entry}
 */
export function entry(number, poster = null, change = {}) {
  const state = STATES[number % STATES.length] ?? "succeeded";
  const made = state === "succeeded";
  const missing = number % 9 === 5 ? 1 : 0;
  return {
    job: `job${number}`,
    state,
    prompt: PROMPTS[number % PROMPTS.length] ?? "",
    model: "veo-3.1-fast-generate-001",
    price: { usd: 0.8, text: "$0.80", note: null },
    created_at: 1_790_000_000_000 - number * 7_200_000,
    clips: made ? (number % 4 === 3 ? 4 : 1) : 0,
    missing: made ? missing : 0,
    bytes: made && !missing ? 4_500_000 : 0,
    seconds: 8,
    width: 1280,
    height: 720,
    poster: made ? poster : null,
    name: `cat_${number}.mp4`,
    notebook: "cats.ipynb",
    reason: state === "failed" ? "The service could not make the clip" : state === "filtered" ? "The safety filter withheld the clip" : null,
    starred: number % 5 === 1,
    deleted: false,
    code: { python: 'veo.submit("A cat")', magic: "%%veo\nA cat" },
    ...change,
  };
}

/**
 * @param {URLSearchParams} asked
 * @param {(model: FakeModel, wanted: any) => void} serveBytes
 */
export function libraryModel(asked, serveBytes) {
  const count = Number(asked.get("jobs") ?? 5000);
  const poster = asked.get("poster");
  const all = Array.from({ length: count }, (_, number) => entry(number, poster));
  const facts = { prompt: PROMPTS[0] ?? "", model: "veo-3.1-fast-generate-001", settings: [["Length", "8 s"]] };
  const opened = asked.has("clip") ? { job: "job0", starred: true, clips: [{ ...clip({ poster, seconds: 4 }), facts, offers: {} }] } : {};
  const model = new FakeModel({
    filters: { ...EMPTY, ...(asked.has("starred") ? { starred: true } : {}) },
    models: ["veo-3.1-fast-generate-001", "gemini-omni-1.1-flash"],
    notebooks: ["/notebooks/cats.ipynb"],
    chosen: (asked.get("chosen") ?? "").split(",").filter(Boolean),
    opened,
    undo: asked.has("undo") ? "Deleted 2 jobs (9.0 MB). The files are in the trash." : "",
    saved_class: "",
    sequels: [],
  });
  /** @type {Entry[]} */
  let found = all;
  model.onSend = (message) => {
    const { kind, request, offset = 0 } = message;
    if (kind === "need-bytes") serveBytes(model, message);
    if (kind === "player") void fetch("../../veo_widgets/static/player.js").then((reply) => reply.text()).then((code) => model.emit("msg:custom", { kind, code }));
    if (kind === "find") found = all.filter((one) => one.prompt.toLowerCase().includes(message.filters.query.toLowerCase()));
    if (kind === "find" || kind === "page") {
      const answer = { kind: "found", request, offset, count: found.length, items: found.slice(offset, offset + page_cards) };
      setTimeout(() => {
        model.emit("msg:custom", answer);
        if (kind === "find") model.emit("msg:custom", { kind: "sums", request, clips: 4100, bytes: 18_450_000_000 });
      });
    }
  };
  return model;
}
