/**
 * Whether a model takes what the form holds: the twin of `rules.py`, worked out from the schema while one types.
 * Python checks again when the request is sent; a table of requests compares the two (tests/agreement.json).
 *
 * @import { Model, Problem, Schema, Values } from "./form_types.js"
 */

import { clamp } from "./clamp.js";

/** @type {Record<string, keyof Values>} */
const OWN_NAMES = { image: "first_frame", video: "extend_from" };
const SOURCES = /** @type {const} */ (["edit_from", "remix_from", "upscale_from", "extend_from"]);

/** @param {unknown} value */
export const isSaid = (value) => value !== undefined && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0);

/**
 * What is asked for, as the catalog's rules name it.
 *
 * @param {Values} values
 */
export function modeOf(values) {
  if (values.upscale_from) return "upscale";
  if (values.edit_from || values.remix_from) return "edit";
  if (values.extend_from) return "extension";
  if (isSaid(values.reference_images) || isSaid(values.reference_videos)) return "reference";
  if (values.last_frame) return "interpolation";
  return values.first_frame ? "image" : "text";
}

/**
 * @param {Record<string, unknown>} conditions
 * @param {Values} values
 * @param {Model} model
 */
export function applies(conditions, values, model) {
  /** @type {Record<string, unknown>} */
  const facts = {
    resolution: values.resolution ?? model.default_resolution,
    mode: modeOf(values),
    has_last_frame: isSaid(values.last_frame),
    has_reference_images: isSaid(values.reference_images),
    has_reference_videos: isSaid(values.reference_videos),
  };
  return Object.entries(conditions).every(([key, wanted]) => facts[key] === wanted);
}

/**
 * The model that is meant: the one that is named, or the schema's default.
 *
 * @param {Schema} schema
 * @param {Values} values
 * @returns {Model|undefined}
 */
export const modelOf = (schema, values) => schema.models.find(({ id }) => id === (values.model ?? schema.default_model));

/** @param {string} parameter @param {string} message @param {(string|number|boolean)[]} [allowed] @returns {Problem} */
const problem = (parameter, message, allowed = []) => ({ parameter, message, allowed });
/** @param {(string|number)[]} items */
const listed = (items) => (items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} or ${items.at(-1)}`);

/**
 * Every rule that the values break, worst first; each parameter's first fault only.
 *
 * @param {Values} values
 * @param {Model} model
 * @returns {Problem[]}
 */
export function problemsOf(values, model) {
  /** @type {Problem[]} */
  const found = [];
  if (model.retired && !values.allow_retired) found.push(problem("model", model.retired, model.replacement ? [model.replacement] : []));
  found.push(...promptProblems(values, model), ...sourceProblems(values, model));
  if (model.listed) for (const check of CHECKS) found.push(...check(values, model));
  found.push(...uncarried(values, model));
  return found.filter((one, index) => found.findIndex(({ parameter }) => parameter === one.parameter) === index);
}

/** @typedef {(values: Values, model: Model) => Problem[]} Check */

/** @type {Check} */
function promptProblems(values, model) {
  if (values.prompt?.trim()) return [];
  const without = values.first_frame || values.extend_from || values.upscale_from;
  return without && model.api !== "openai_videos" ? [] : [problem("prompt", "Say what the clip shows.")];
}

/** @type {Check} */
function sourceProblems(values, model) {
  const found = [];
  const [first, ...rest] = SOURCES.filter((name) => isSaid(values[name]));
  for (const name of rest) found.push(problem(name, `One request changes one clip in one way: leave this out, or ${first}.`));
  if (values.extend_from && model.extension === null) found.push(problem("extend_from", "This model cannot extend clips."));
  for (const name of /** @type {const} */ (["edit_from", "remix_from"])) {
    if (values[name] && model.edit === false) found.push(problem(name, "This model cannot edit clips."));
  }
  if (values.upscale_from && !model.upscales) found.push(problem("upscale_from", "This model cannot upscale clips."));
  const most = model.reference_videos_max;
  if (most !== null && (values.reference_videos?.length ?? 0) > most) {
    found.push(problem("reference_videos", most ? `At most ${most} clips.` : "This model takes no clips as references."));
  }
  return found;
}

/** @type {Check} */
function choiceProblems(values, model) {
  const found = [];
  if (values.aspect_ratio && !model.aspect_ratios.includes(values.aspect_ratio)) {
    found.push(problem("aspect_ratio", `This model makes ${listed(model.aspect_ratios)}.`, model.aspect_ratios));
  }
  if (values.resolution && !model.resolutions.includes(values.resolution)) {
    found.push(problem("resolution", `This model makes ${listed(model.resolutions)}.`, model.resolutions));
  }
  return found;
}

/** @type {Check} */
function lengthProblems(values, model) {
  const seconds = values.duration_seconds ?? null;
  if (seconds === null || model.durations_s.length === 0) return [];
  const [low, high, allowed] = lengthBounds(values, model);
  if (allowed === null) {
    return low <= seconds && seconds <= high ? [] : [problem("duration_seconds", `From ${low} to ${high} s.`, [clamp(seconds, low, high)])];
  }
  return allowed.includes(seconds) ? [] : [problem("duration_seconds", `This model makes ${listed(allowed)} s.`, allowed)];
}

/**
 * Shortest and longest clip in seconds, and the lengths between if only some can be had.
 *
 * @param {Values} values
 * @param {Model} model
 * @returns {[number, number, number[]|null]}
 */
export function lengthBounds(values, model) {
  const extension = model.extension;
  if (extension?.adds_s_max && modeOf(values) === "extension") return [extension.adds_s_min ?? 1, extension.adds_s_max, null];
  const all = model.durations_s;
  return [all[0] ?? 1, all.at(-1) ?? 60, model.durations_continuous ? null : all];
}

/** @type {Check} */
function sampleProblems(values, model) {
  if ((values.samples ?? 1) <= model.max_samples) return [];
  const most = model.max_samples;
  return [problem("samples", most === 1 ? "This model makes one clip at a time." : `At most ${most} at a time.`, [most])];
}

/** @type {Check} */
function switchProblems(values, model) {
  const found = [];
  if (isSaid(values.seed) && !model.seed) found.push(problem("seed", "This model takes no seed."));
  if (values.negative_prompt && !model.negative_prompt) found.push(problem("negative_prompt", "This model takes none."));
  if (values.generate_audio === false && model.audio && !model.audio_switch) {
    found.push(problem("generate_audio", "This model always makes sound.", [true]));
  }
  if (values.generate_audio && !model.audio) found.push(problem("generate_audio", "This model makes no sound.", [false]));
  if (values.storage_uri && model.surface !== "agent-platform") found.push(problem("storage_uri", "This service cannot write to a bucket."));
  return found;
}

/** @type {Check} */
function frameProblems(values, model) {
  const found = [];
  if (values.first_frame && !model.image_to_video) found.push(problem("first_frame", "This model starts from text only."));
  if (values.last_frame && model.last_frame === false) found.push(problem("last_frame", "This model takes no last frame."));
  const most = model.reference_images_max;
  if (most !== null && (values.reference_images?.length ?? 0) > most) {
    found.push(problem("reference_images", most ? `At most ${most} images.` : "This model takes no references."));
  }
  for (const name of /** @type {const} */ (["first_frame", "last_frame", "reference_images"])) {
    const images = [values[name] ?? []].flat();
    if (images.some(({ in_bucket }) => in_bucket) && model.surface !== "agent-platform") {
      found.push(problem(name, "A gs:// address cannot be read here."));
    }
  }
  return found;
}

/** @type {Check} */
function peopleProblems(values, model) {
  if (!values.person_generation) return [];
  const allowed = peopleAllowed(values, model);
  if (allowed === null) return [problem("person_generation", "This model has no such setting.")];
  if (allowed.includes(values.person_generation)) return [];
  return [problem("person_generation", `Here only ${listed(allowed)}.`, allowed)];
}

/**
 * @param {Values} values
 * @param {Model} model
 * @returns {string[]|null} null if the model has no such setting
 */
export function peopleAllowed(values, model) {
  const rules = model.person_generation;
  if (!rules) return null;
  const own = rules.any ?? [...(/** @type {string[]|undefined} */ (rules[modeOf(values)]) ?? []), ...(rules.restricted_regions ?? [])];
  return [...new Set(own)];
}

/** @type {Check} */
function combinedProblems(values, model) {
  return model.constraints
    .filter((rule) => applies(rule.if, values, model))
    .flatMap((rule) => consequences(rule.then, values, because(rule.if, values, model)));
}

/** @type {Record<string, string>} */
const BECAUSE = {
  has_last_frame: "with a last frame",
  has_reference_images: "with references",
  has_reference_videos: "with video references",
};

/**
 * @param {Record<string, unknown>} conditions
 * @param {Values} values
 * @param {Model} model
 */
function because(conditions, values, model) {
  const parts = Object.entries(conditions).map(([key, value]) => {
    if (key === "resolution") return `at ${values.resolution ?? model.default_resolution}`;
    return key === "mode" ? `for ${/^[aeiou]/.test(String(value)) ? "an" : "a"} ${value}` : (BECAUSE[key] ?? key);
  });
  return parts.join(" and ");
}

/**
 * @param {Record<string, any>} then
 * @param {Values} values
 * @param {string} why
 * @returns {Problem[]}
 */
function consequences(then, values, why) {
  return Object.entries(then).flatMap(([key, wanted]) => {
    if (key === "duration_s") return outside("duration_seconds", values.duration_seconds, wanted, why, " s");
    if (key === "resolution") return outside("resolution", values.resolution, wanted, why);
    if (key === "source_to_target") {
      return outside("resolution", values.resolution, [...new Set(Object.values(wanted).flat())].sort(), why);
    }
    if (key === "max_samples" && (values.samples ?? 1) > wanted) return [problem("samples", `${wanted} only ${why}.`, [wanted])];
    if (key === "require" || key === "forbid") return presence(key, wanted, values, why);
    return [];
  });
}

/**
 * @param {string} name
 * @param {string|number|null|undefined} value
 * @param {any[]} allowed
 * @param {string} why
 * @param {string} [unit]
 */
function outside(name, value, allowed, why, unit = "") {
  if (!value || allowed.includes(value)) return [];
  const what = `${listed(allowed)}${unit}`;
  const one = why.startsWith("at ") ? `${why.slice(3)} is always ${what}.` : `Always ${what} ${why}.`;
  return [problem(name, allowed.length === 1 ? one : `${what} only ${why}.`, allowed)];
}

/**
 * @param {"require"|"forbid"} kind
 * @param {string[]} names
 * @param {Values} values
 * @param {string} why
 */
function presence(kind, names, values, why) {
  return names.flatMap((wired) => {
    const name = OWN_NAMES[wired] ?? /** @type {keyof Values} */ (wired);
    const present = isSaid(values[name]);
    if (kind === "require" && !present) return [problem(name, `Needed ${why}.`)];
    return kind === "forbid" && present ? [problem(name, `Not ${why}.`)] : [];
  });
}

/**
 * What the way to the service has no place for, as Python has found out for each parameter by itself.
 *
 * @type {Check}
 */
function uncarried(values, model) {
  return Object.entries(model.uncarried).flatMap(([name, message]) => {
    const value = values[/** @type {keyof Values} */ (name)];
    const harmless = (name === "samples" && value === 1) || (name === "generate_audio" && value === model.audio);
    return isSaid(value) && !harmless ? [problem(name, message.replace(/^\w+: /, ""))] : [];
  });
}

const CHECKS = [choiceProblems, lengthProblems, sampleProblems, switchProblems, frameProblems, peopleProblems, combinedProblems];
