/**
 * The kernel of a film that is played through.
 *
 * @import { Part } from "../src/film/layout.js"
 */
import { FakeModel } from "./fake_model.js";
import { clip } from "./samples.js";

/**
 * A title card, two shots, one that extends the second, and one without a clip.
 *
 * @param {Partial<import("../src/kernel/types.js").Clip>} change  of its clips
 * @returns {Part[]}
 */
export function filmParts(change = {}) {
  const [one, two] = [clip({ sample: 0, seconds: 4, ...change }), clip({ sample: 1, seconds: 4, ...change })];
  return [
    { key: "card", label: "The cats of Kyoto", clip: null, from: 0, to: 2, card: { text: "The cats of Kyoto", background: "#1c1c1e", ink: "#ffffff" } },
    { key: "a", label: "Shot 1: A cat playing with a ball of yarn", clip: one, from: 0.5, to: 3 },
    { key: "b", label: "Shot 2: It falls asleep", clip: two, from: 0, to: 2 },
    { key: "c", label: "Shot 3: It wakes up", clip: two, from: 2, to: 4 },
    { key: "d", label: "Shot 4: It runs away", clip: null, from: 0, to: 8 },
  ];
}

/**
 * @param {URLSearchParams} asked
 * @param {Partial<import("../src/kernel/types.js").Clip>} change
 * @param {(model: FakeModel, wanted: any) => void} serveBytes
 */
export function reelModel(asked, change, serveBytes) {
  const model = new FakeModel({ parts: filmParts({ ...change, poster: asked.get("poster") }), shown: "" });
  model.onSend = (content) => void (content.kind === "need-bytes" && serveBytes(model, content));
  return model;
}
