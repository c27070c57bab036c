/**
 * What the request will cost: the twin of `pricing.py`, from the same catalog.
 *
 * @import { Model, Values } from "./form_types.js"
 */
import { applies, modeOf } from "./rules.js";

/**
 * The length that is made where none is said: the model's default, unless a rule allows others only.
 *
 * @param {Values} values
 * @param {Model} model
 * @returns {number|null}
 */
export function defaultSeconds(values, model) {
  for (const rule of model.constraints) {
    const allowed = /** @type {number[]|undefined} */ (rule.then.duration_s);
    if (allowed?.length && !allowed.includes(model.default_duration_s) && applies(rule.if, values, model)) return allowed[0] ?? null;
  }
  return model.default_duration_s || null;
}

/**
 * US dollars, or null where no rate is published. Unknown is never zero.
 *
 * @param {Values} values
 * @param {Model} model
 * @returns {{usd: number|null, estimated: boolean}}
 */
export function priceOf(values, model) {
  const mode = modeOf(values);
  const reshaped = mode === "edit" || mode === "upscale";
  const said = values.duration_seconds || (reshaped ? null : defaultSeconds(values, model));
  const adds = values.extend_from ? model.extension?.adds_s?.[0] : undefined;
  const seconds = adds ?? said ?? model.default_duration_s;
  const rate = rateOf(values, model, mode);
  if (rate === null) return { usd: null, estimated: false };
  const silent = values.generate_audio === false && model.audio;
  const usd = Math.round(seconds * rate * (values.samples || 1) * 1e6) / 1e6;
  return { usd, estimated: silent || (reshaped && said === null) || model.price_doubted };
}

/**
 * US dollars for each second of one clip.
 *
 * @param {Values} values
 * @param {Model} model
 * @param {string} mode
 */
function rateOf(values, model, mode) {
  const resolution = values.resolution || model.default_resolution;
  const tokens = mode === "upscale" ? model.upscale_tokens_per_second[resolution] : undefined;
  const video = model.usd_per_million_tokens.video;
  if (tokens && video) return (tokens * video) / 1e6;
  return model.usd_per_second[resolution] ?? null;
}

/** @param {number|null} usd */
export function dollars(usd) {
  if (usd === null) return "price unknown";
  return usd >= 0.01 || usd === 0 ? `$${usd.toFixed(2)}` : `$${usd.toFixed(4)}`;
}
