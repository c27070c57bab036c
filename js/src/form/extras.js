/**
 * Parameters of a model's own: which there are, and their values as people write them.
 *
 * @import { Extra, Model, Problem, Schema, Values } from "./types.js"
 */

/**
 * A value as it is written on a line: JSON, or else text; undefined for nothing. Python reads `--extra` in the same way.
 *
 * @param {string} text
 * @returns {unknown}
 */
export function readValue(text) {
  const words = text.trim();
  try {
    const value = JSON.parse(words);
    // A number that this browser cannot hold is kept as it was written.
    return typeof value === "number" && String(value) !== words && Math.abs(value) > Number.MAX_SAFE_INTEGER ? words : value;
  } catch {
    return words || undefined;
  }
}

/** @param {unknown} value */
export function writeValue(value) {
  if (value === undefined) return "";
  return typeof value === "string" && readValue(value) === value ? value : JSON.stringify(value);
}

/** What kind of value it is, for people. @param {unknown} value */
export const kindOf = (value) => (Array.isArray(value) ? "list" : value === null ? "null" : typeof value === "string" ? "text" : typeof value);

/**
 * The model's own parameters, and the others that the form holds or was told to show.
 *
 * @param {Schema} schema
 * @param {Model} model
 * @param {Values} values
 * @param {string[]} [shown]
 * @returns {{own: Extra[], others: Extra[]}}
 */
export function extrasOf({ learned = [] }, { extra: own = [] }, { extra = {} }, shown = []) {
  const names = [...new Set([...shown, ...Object.keys(extra)])].filter((name) => !own.some((one) => one.name === name));
  return { own, others: names.map((name) => learned.find((one) => one.name === name) ?? { name, kind: "json" }) };
}

/** By kind what a value has to be, for people, and whether it is that. @type {[Extra["kind"], string, (value: any) => boolean][]} */
const KINDS = [
  ["number", "A number", (value) => typeof value === "number"],
  ["integer", "A whole number", Number.isInteger],
  ["boolean", "True or false", (value) => typeof value === "boolean"],
  ["text", "A text", (value) => typeof value === "string"],
];

/**
 * What is wrong with a value, in few words; "" if nothing is.
 *
 * @param {Extra} extra
 * @param {any} value
 */
function faultOf(extra, value) {
  const { kind, minimum = -Infinity, maximum = Infinity, choices } = extra;
  if (choices) return choices.includes(value) ? "" : `One of ${choices.join(", ")}`;
  const [, wanted, fits = () => true] = KINDS.find(([name]) => name === kind) ?? [];
  return fits(value) && !(value < minimum || value > maximum) ? "" : `${wanted} ${rangeText(extra)}`.trim();
}

/** @param {{minimum?: number, maximum?: number}} limits */
export function rangeText({ minimum, maximum }) {
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  return [minimum === undefined ? "" : `at least ${minimum}`, maximum === undefined ? "" : `at most ${maximum}`].join("");
}

/**
 * The faults of the extra parameters that are said; each under its path.
 *
 * @param {Schema} schema
 * @param {Model} model
 * @param {Values} values
 * @param {string} [against]  why none can be sent
 * @returns {Problem[]}
 */
export function extraProblems(schema, model, values, against) {
  const { own, others } = extrasOf(schema, model, values);
  const said = [...own, ...others].filter(({ name }) => values.extra?.[name] !== undefined);
  return said.map((one) => ({ parameter: `extra.${one.name}`, message: against ?? faultOf(one, values.extra?.[one.name]) })).filter(({ message }) => message);
}

/** Why a name cannot be that of an extra parameter, or "". @param {Schema} schema @param {string} name */
export function reasonAgainstName({ params }, name) {
  const own = ["model", "seconds", "input_reference", ...params.map((one) => one.name)];
  if (own.includes(name)) return `${name} has a field of its own`;
  return name.split(".").every(Boolean) ? "" : `${name} is no name`;
}
