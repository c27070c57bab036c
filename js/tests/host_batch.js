/**
 * The kernel of a batch: rows of which pages and stills are sent.
 *
 * @import { Filters, Kind, Row } from "../src/batch/types.js"
 */
import { FakeModel } from "./fake_model.js";
import { clip, job } from "./samples.js";

/** As in the protocol. */
const page_cards = 24;
const COLUMNS = ["animal", "place", "seed"];
const ANIMALS = ["cat", "snow leopard", "otter", "heron"];
const PLACES = ["in a garden", "on a frozen pond", "in the rain at night, with neon lights"];
const FILTERED = "The safety filter withheld the clip. The prompt may go against the usage guidelines (support code 29310472: dangerous content).";
const REFUSED = "duration_seconds: 5 is not one of 4, 6, 8.";

/** @type {Record<string, [Kind, string]>} */
const STATES = {
  succeeded: ["made", ""],
  running: ["running", ""],
  "to be sent": ["due", ""],
  failed: ["failed", "The service could not make the clip. It answered INTERNAL."],
  filtered: ["failed", FILTERED],
  refused: ["failed", REFUSED],
};

/**
 * @param {number} number
 * @param {string} state
 * @returns {Row}
 */
function row(number, state) {
  const [kind, problem] = STATES[state] ?? ["failed", ""];
  const animal = ANIMALS[number % ANIMALS.length] ?? "";
  const place = PLACES[number % PLACES.length] ?? "";
  const sent = Date.now() - 9000 - (number % 5) * 4000;
  return {
    row: number,
    label: `row ${number + 1}`,
    values: [animal, place, String((number * 7) % 40)],
    prompt: `A ${animal} ${place}, handheld camera, shallow depth of field, soft morning light`,
    kind,
    state,
    problem,
    price: "$0.40",
    job: ["due", "refused"].includes(kind) || state === "refused" ? "" : `job${number}`,
    progress: kind === "running" ? job("running", { id: `job${number}`, submitted_at: sent, clips: [] }) : null,
    starred: kind === "made" && number % 5 === 1,
    better: kind === "made" && number % 10 === 1 ? "1080p" : "",
    still: kind === "made" ? `still${number}` : "",
  };
}

/** @param {Row[]} rows @param {Filters} filters */
function found(rows, { query, kind, starred, by, down }) {
  const fitting = rows.filter((one) => (!kind || one.kind === kind) && (!starred || one.starred) && JSON.stringify(one).toLowerCase().includes(query.toLowerCase()));
  const key = (/** @type {Row} */ one) => (by.startsWith("own") ? one.values[Number(by.slice(3))] : by === "state" ? one.state : by === "starred" ? !one.starred : one.row);
  fitting.sort((a, b) => ((key(a) ?? 0) < (key(b) ?? 0) ? -1 : (key(a) ?? 0) > (key(b) ?? 0) ? 1 : 0));
  return down ? fitting.reverse() : fitting;
}

/** @param {string} mode @param {number} number @param {number} count */
function stateOf(mode, number, count) {
  if (mode === "new") return "to be sent";
  if (mode === "refused") return number % 6 === 4 ? "refused" : "to be sent";
  if (mode === "running" && number > count * 0.4) return number > count * 0.7 ? "to be sent" : "running";
  return number % 7 === 2 ? "failed" : number % 7 === 5 ? "filtered" : "succeeded";
}

/** @param {Row[]} rows @param {string} mode */
function standingOf(rows, mode) {
  const count = (/** @type {Kind} */ kind) => rows.filter((one) => one.kind === kind).length;
  const [made, failed, due] = [count("made"), count("failed"), count("due")];
  const price = (/** @type {number} */ many, usd = 0.4) => ({ usd: many * usd, text: `$${(many * usd).toFixed(2)}`, note: null });
  const starred = rows.filter((one) => one.starred && !one.better);
  const running = mode === "running";
  const offered = !running && mode !== "refused";
  return {
    name: "animals",
    columns: COLUMNS,
    count: rows.length,
    counts: { made, failed, due, running: count("running"), starred: rows.filter((one) => one.starred).length },
    share: (made + failed) / rows.length,
    line: [`${made} of ${rows.length}`, failed && `${failed} failed`, made && price(made).text, running && "about 4 min left"].filter(Boolean).join(" · "),
    bill: `${price(rows.length).text} in all, ${price(due).text} of it still to pay`,
    running,
    refused: mode === "refused" ? failed : 0,
    idle: 0,
    make: offered && due > 0 ? { count: due, again: 0, ...price(due) } : null,
    retry: offered && failed > 0 ? { count: due + failed, again: failed, ...price(due + failed) } : null,
    render: starred.length > 0 ? { rows: starred.map((one) => one.row), resolution: "1080p", ...price(starred.length, 0.48) } : null,
  };
}

/** @param {Row} one @param {string|null} poster */
function openedOf(one, poster) {
  const settings = /** @type {[string, string][]} */ ([["Ratio", "16:9"], ["Resolution", "720p"], ["Length", "4 s"], ["Seed", one.values[2] ?? ""]]);
  const facts = { prompt: one.prompt, model: "veo-3.1-fast-generate-001", settings };
  const clips = one.kind === "made" ? [{ ...clip({ sample: 10 ** 9 + one.row * 1000, poster, seconds: 4 }), facts, offers: {} }] : [];
  return { ...one, ...facts, names: COLUMNS, error: one.problem ? { ...job("filtered").error, message: one.problem } : null, clips };
}

/**
 * @param {URLSearchParams} asked  rows: how many; batch: new, running, ended or refused; open: which row
 * @param {(model: FakeModel, wanted: any) => void} serveBytes
 */
export function batchModel(asked, serveBytes) {
  const count = Number(asked.get("rows") ?? 12);
  const mode = asked.get("batch") ?? "ended";
  const poster = asked.get("poster");
  const rows = Array.from({ length: count }, (_, number) => row(number, stateOf(mode, number, count)));
  const open = asked.get("open");
  const model = new FakeModel({
    standing: standingOf(rows, mode),
    opened: open ? openedOf(/** @type {Row} */ (rows[Number(open)]), poster) : {},
    saved_class: "",
    sequels: [],
  });
  let hits = rows;
  model.onSend = (message) => {
    const { kind, request, offset = 0 } = message;
    if (kind === "need-bytes") serveBytes(model, message);
    if (kind === "player") void fetch("../../veo_widgets/static/player.js").then((reply) => reply.text()).then((code) => model.emit("msg:custom", { kind, code }));
    if (kind === "find") hits = found(rows, message.filters);
    if (kind === "row") model.set("opened", message.on ? openedOf(/** @type {Row} */ (rows[message.row]), poster) : {});
    const answer =
      kind === "find" || kind === "page"
        ? { kind: "found", request, offset, count: hits.length, items: hits.slice(offset, offset + page_cards) }
        : kind === "stills"
          ? { kind, request, items: message.samples.map((/** @type {number} */ n) => ({ key: `still${n}`, still: poster ?? "" })) }
          : null;
    if (answer) setTimeout(() => model.emit("msg:custom", answer));
  };
  return model;
}
