/**
 * What the request will cost, by the rows that the schema brings; Python reads the same ones (`pricing.py`).
 *
 * @import { Schema, Values } from "./types.js"
 */
import { extrasOf } from "./extras.js";
import { holding, modelOf } from "./rules.js";

/**
 * The length that is made where none is said; null if nobody knows.
 *
 * @param {Schema} schema
 * @param {Values} values
 * @returns {number|null}
 */
export function defaultSeconds(schema, values) {
  const holds = holding(schema, values);
  return modelOf(schema, values).lengths.find((row) => !row.fixed && holds(row))?.seconds ?? null;
}

/** US dollars for each second of one clip, if they are known. @param {Schema} schema @param {Values} values */
export const rateOf = (schema, values) => modelOf(schema, values).rates.find(holding(schema, values))?.usd;

/**
 * US dollars, or null where no rate is published. Unknown is never zero.
 *
 * @param {Schema} schema
 * @param {Values} values
 * @returns {{usd: number|null, estimated: boolean}}
 */
export function priceOf(schema, values) {
  const holds = holding(schema, values);
  const model = modelOf(schema, values);
  if (model.free) return { usd: 0, estimated: false };
  const { lengths, doubts, rates, usd_per_clip: each } = model;
  const rate = rates.length > 0 || each === undefined ? rateOf(schema, values) : 0;
  const fixed = lengths.find((row) => row.fixed && holds(row))?.seconds;
  const seconds = fixed ?? (values.duration_seconds || defaultSeconds(schema, values) || 0);
  // Nor is it known what a parameter costs that nobody has described.
  const unknown = rate === undefined || (rate > 0 && !seconds) || extrasOf(schema, model, values).others.length > 0;
  if (unknown) return { usd: null, estimated: false };
  return { usd: Math.round((seconds * rate + (each ?? 0)) * (values.samples || 1) * 1e6) / 1e6, estimated: doubts.some(holds) };
}

/** @param {number|null} usd */
export function dollars(usd) {
  if (usd === null) return "price unknown";
  return usd >= 0.01 || usd === 0 ? `$${usd.toFixed(2)}` : `$${usd.toFixed(4)}`;
}
