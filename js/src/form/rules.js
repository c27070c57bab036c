/**
 * Whether a model takes what the form holds, by the rows that the schema brings. Python reads the same rows (`rules.py`)
 * once more when a request is sent.
 *
 * @import { Model, Problem, Row, Rule, Schema, Values } from "./types.js"
 */
import { clamp } from "../ui/clamp.js";
import { extraProblems } from "./extras.js";

/** @param {unknown} value */
export const isSaid = (value) => value !== undefined && value !== null && value !== "" && !(typeof value === "object" && Object.keys(value).length === 0);

/**
 * The tests of the rules by name: whether a value breaks them.
 *
 * @type {Record<Rule["test"], (value: any, limits: any[]) => boolean>}
 */
const BREAKS = {
  in: (value, limits) => isSaid(value) && !limits.includes(value),
  between: (value, [low, high]) => isSaid(value) && !(low <= value && value <= high),
  most: (value, [most]) => (Array.isArray(value) ? value.length : (value ?? 0)) > most,
  // Python strips texts before it looks at them.
  given: (value) => !isSaid(value?.trim?.() ?? value),
  absent: isSaid,
  bytes: (value) => [value ?? []].flat().some(({ in_bucket }) => in_bucket),
};

/**
 * The model that is meant: the one that is named, or the schema's default.
 *
 * @param {Schema} schema
 * @param {Values} values
 * @returns {Model}
 */
export const modelOf = ({ models, default_model, unlisted }, { model = default_model }) =>
  /** @type {Model} */ (models.find(({ id }) => id === model) ?? (unlisted ? { ...unlisted, id: model } : models[0]));

/**
 * A test of rows: whether all conditions of one hold.
 *
 * @param {Schema} schema
 * @param {Values} values
 * @returns {(row: Row) => boolean}
 */
export function holding(schema, values) {
  const mode = schema.modes.find(([, names]) => !names[0] || names.some((name) => isSaid(values[name])))?.[0];
  const { resolution, size } = values;
  /** @type {Record<string, unknown>} */
  const facts = { ...values, mode, resolution: size ? `${Math.min(...size.split("x").map(Number))}p` : resolution || modelOf(schema, values).default_resolution };
  return ({ when = {} }) =>
    Object.entries(when).every(([name, wanted]) =>
      Array.isArray(wanted) ? wanted.includes(facts[name]) : isSaid(values[/** @type {keyof Values} */ (name)]) === wanted,
    );
}

/** The rules that count now. @param {Schema} schema @param {Values} values */
const rulesOf = (schema, values) =>
  modelOf(schema, values).rules.map((place) => /** @type {Rule} */ (schema.rules[place])).filter(holding(schema, values));

/**
 * The widest rule on a parameter, before combinations narrow it; undefined where nothing is said of it.
 *
 * @param {Schema} schema
 * @param {Values} values
 * @param {keyof Values} name
 * @param {Rule["test"]} [kind]
 */
export const ruleOn = (schema, values, name, kind) =>
  rulesOf(schema, values).find(({ parameter, test }) => parameter === name && (!kind || test === kind));

/**
 * Every rule that the values break, worst first; each parameter's first fault only.
 *
 * @param {Schema} schema
 * @param {Values} values
 * @returns {Problem[]}
 */
export function problemsOf(schema, values) {
  const model = modelOf(schema, values);
  const { retired, replacement } = model;
  /** @type {Problem[]} */
  const found = [];
  if (!model.id && (schema.offered?.length ?? 0) > 1) found.push({ parameter: "model", message: "Choose one of the server's models." });
  if (retired && !values.allow_retired) found.push({ parameter: "model", message: retired, allowed: replacement ? [replacement] : [] });
  const rules = rulesOf(schema, values);
  for (const { parameter, test, limits = [], message } of rules) {
    // Its names are told one by one.
    if (parameter === "extra") continue;
    const value = values[parameter];
    if (!BREAKS[test](value, limits) || found.some((one) => one.parameter === parameter)) continue;
    const allowed = test === "between" ? [clamp(Number(value), limits[0], limits[1])] : limits;
    found.push({ parameter, message, allowed, needed: test === "given" });
  }
  return [...found, ...extraProblems(schema, model, values, rules.find(({ parameter }) => parameter === "extra")?.message)];
}
