/**
 * The kernel of a film's board, as far as a page plays it: edits of prompts and of the order are carried out.
 *
 * @import { Part, Shot } from "../src/storyboard/types.js"
 */
import { FakeModel } from "./fake_model.js";
import { castOf } from "./host_form.js";
import { clip, job } from "./samples.js";

const PROMPTS = [
  "{character} waits at a small station in the morning, her breath in the cold air",
  "A steam train comes round the bend and slows down, snow on the roofs of its coaches",
  "She finds her seat by the window; the landscape begins to move",
  "The train crosses a long stone bridge above a frozen river, seen from below, while a flock of birds rises from the trees on both banks and scatters over the valley",
  "Evening light on her face; she falls asleep",
];
const FREE = "on a real account; the emulator is free";

/**
 * @param {number} number  counted from 0
 * @param {Partial<Shot>} [change]
 * @returns {Shot}
 */
export function shot(number, change = {}) {
  return {
    id: `shot${number}`,
    shot: number,
    prompt: PROMPTS[number % PROMPTS.length] ?? "",
    begins: number === 2 || number === 3 ? "continue" : "cut",
    start: 0,
    end: null,
    fade: 0,
    dip: 0,
    captions: [],
    seconds: 8,
    lengths: [4, 6, 8],
    settings: [],
    width: 1280,
    height: 720,
    state: "to be sent",
    due: true,
    price: { usd: 0.8, text: "$0.80", note: FREE },
    problem: "",
    chosen: number,
    takes: [take(number, PROMPTS[number % PROMPTS.length] ?? "")],
    ...change,
  };
}

/** @param {number} number @param {string} prompt */
const take = (number, prompt) => ({ take: number, prompt, settings: [], price: { usd: 0.8, text: "$0.80", note: null }, due: false, problem: "" });

const CARD = { id: "card0", text: "The night train", seconds: 3, background: "#16213e", ink: "#ffffff", fade: 0, dip: 0 };

/** A film of five shots that is `planned`, `making`, or made. @param {URLSearchParams} asked */
function film(asked) {
  const poster = asked.get("poster");
  const how = asked.get("film") ?? "made";
  const made = (/** @type {number} */ number, /** @type {Partial<Shot>} */ change = {}) => shot(number, { state: "succeeded", due: false, ...change });
  /** @type {Shot[]} */
  const shots =
    how === "planned"
      ? [0, 1, 2, 3, 4].map((number) => shot(number, number === 3 ? { state: "after shot 3" } : {}))
      : how === "making"
        ? [made(0), shot(1, { due: false, state: "running" }), shot(2, { state: "after shot 2" }), shot(3, { state: "after shot 3" }), shot(4, { due: false, state: "filtered", problem: job("filtered").error?.message ?? "" })]
        : [
            made(0, { fade: 0, captions: [["Where is it?", 0, null]], takes: [take(0, PROMPTS[0] ?? ""), take(10, "{character} waits in the rain"), { ...take(11, PROMPTS[0] ?? ""), due: true }] }),
            made(1, { start: 0.5, end: 6, fade: 1 }),
            made(2),
            made(3, { settings: [{ name: "seed", label: "Seed", text: "7", plain: true }] }),
            made(4),
          ];
  const there = shots.filter(({ state }) => state === "succeeded").flatMap(({ takes }) => takes.filter(({ due }) => !due).map(({ take }) => take));
  const now = Date.now();
  const jobs = { ...(how === "making" ? { 1: job("running", { submitted_at: now - 40_000 }), 4: job("filtered") } : {}), ...Object.fromEntries(there.map((number) => [number, job("succeeded")])) };
  const facts = { prompt: PROMPTS[0] ?? "", model: "veo-3.1-fast-generate-001", settings: [["Length", "8 s"]] };
  return {
    parts: /** @type {Part[]} */ ([CARD, ...shots]),
    jobs,
    clips: Object.fromEntries(there.map((number) => [number, { ...clip({ sample: number, poster, seconds: 4 }), facts, offers: {} }])),
    how,
  };
}

/** @type {Record<string, {text: string, price: string, again: boolean, usd: number, note: string}[]>} */
const OFFERS = {
  planned: [{ text: "all 5 shots", price: "$4.00", usd: 4, again: false, note: "the emulator is free" }],
  making: [
    { text: "shot 3 and the one that continues it", price: "$1.60", usd: 1.6, again: false, note: "the emulator is free" },
    { text: "shot 3 and the one that continues it and shot 5 again", price: "$2.40", usd: 2.4, again: true, note: "the emulator is free" },
  ],
  made: [{ text: "another take of shot 1", price: "$0.80", usd: 0.8, again: false, note: "the emulator is free" }],
};

/**
 * @param {URLSearchParams} asked
 * @param {(model: FakeModel, wanted: any) => void} serveBytes
 */
export function storyboardModel(asked, serveBytes) {
  const { how, ...drawn } = film(asked);
  const model = new FakeModel({
    title: "The night train",
    ...drawn,
    shared: { settings: [{ name: "seconds", label: "Length", text: "8", plain: true }], texts: { character: "Mia, in a red scarf" } },
    standing: {
      offers: OFFERS[how] ?? [],
      remarks: asked.has("remark") ? ["the code has changed since this film was edited, so the code counts; film.recall() brings the edits back"] : [],
      running: how === "making" ? { text: "film 'train': 1 of 5 done · about 2:10 left", share: 0.2 } : null,
      undo: how === "made",
      recall: asked.has("remark"),
    },
    cast: asked.has("cast") ? castOf(asked.get("poster")) : [],
    saved_class: "",
    sequels: [],
  });
  model.onSend = (message) => {
    if (message.kind === "need-bytes") serveBytes(model, message);
    const file = message.kind === "panels" ? "cast" : message.kind === "player" && "player";
    if (file) void fetch(`../../veo_widgets/static/${file}.js`).then((reply) => reply.text()).then((code) => model.emit("msg:custom", { kind: message.kind, code }));
    if (message.kind === "edit") setTimeout(() => answer(model, message));
  };
  return model;
}

/** @param {FakeModel} model @param {{edit: any, request: string}} message */
function answer(model, { edit, request }) {
  /** @type {Part[]} */
  const parts = model.get("parts");
  if (edit.edit === "prompt" && edit.value === "") {
    model.emit("msg:custom", { kind: "not-edited", request, message: "shot 1: prompt: it is empty. Nothing was changed." });
    return;
  }
  if (edit.edit === "prompt") {
    model.set("parts", parts.map((part) => ("shot" in part && part.shot === edit.shot ? { ...part, prompt: edit.value } : part)));
  }
  if (edit.edit === "move") {
    const rest = parts.filter(({ id }) => id !== edit.part);
    model.set("parts", [...rest.slice(0, edit.to), ...parts.filter(({ id }) => id === edit.part), ...rest.slice(edit.to)]);
  }
  model.emit("msg:custom", { kind: "taken", request });
}
