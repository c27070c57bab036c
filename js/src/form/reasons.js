/**
 * Why a control or one of its options cannot be used now: found by trying it out on the rules.
 *
 * @import { Problem, Schema, Values } from "./types.js"
 */
import { problemsOf } from "./rules.js";

const HELD = { held: "", name: "" };
/** What stands for "used" in a control that may be impossible as a whole. */
const PROBES = /** @type {const} */ ({
  seed: 1,
  negative_prompt: "rain",
  first_frame: HELD,
  last_frame: HELD,
  reference_images: [HELD],
});
/** @type {Record<string, string>} */
const NAMES = {
  first_frame: "a first frame",
  last_frame: "a last frame",
  reference_images: "references",
  extend_from: "a clip to continue",
  reference_videos: "video references",
};
/** Faults that a choice can mend, which do not stand against anything. */
const MENDED = new Set(["duration_seconds", "resolution", "samples", "aspect_ratio", "generate_audio", "person_generation"]);

/**
 * Why a control cannot be used with this model or what is chosen already, or "".
 *
 * @param {Schema} schema
 * @param {Values} values
 * @param {keyof typeof PROBES} name
 */
export function reasonAgainst(schema, values, name) {
  const before = new Set(problemsOf(schema, values).map(({ parameter }) => parameter));
  const used = { ...values, prompt: values.prompt || "A cat", [name]: PROBES[name] };
  const found = problemsOf(schema, used).find((one) => (one.parameter === name || !before.has(one.parameter)) && !MENDED.has(one.parameter));
  return found ? reason(found, name) : "";
}

/**
 * @param {Problem} problem
 * @param {string} name
 */
function reason(problem, name) {
  if (problem.parameter === name) return problem.message.replace(/\.$/, "");
  const other = NAMES[problem.parameter] ?? problem.parameter;
  return problem.needed ? `Needs ${other}` : `Not with ${other}`;
}

/**
 * Why an option cannot be chosen now, or "".
 *
 * @param {Schema} schema
 * @param {Values} values
 * @param {keyof Values} name
 * @param {unknown} option
 */
export function reasonAgainstOption(schema, values, name, option) {
  return problemsOf(schema, { ...values, [name]: option }).find(({ parameter }) => parameter === name)?.message ?? "";
}
