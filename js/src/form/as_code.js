/**
 * The form as code: what one would type to ask for the same.
 *
 * @import { Param, Schema, Values } from "./types.js"
 */
import { writeValue } from "./extras.js";
import { isSaid } from "./rules.js";

/** @param {Schema} schema @param {Values} values @returns {[Param, any][]} */
const saidParams = (schema, values) =>
  schema.params
    .filter(({ name }) => name !== "prompt" && isSaid(values[/** @type {keyof Values} */ (name)]))
    .map((param) => [param, values[/** @type {keyof Values} */ (param.name)]]);

/** @param {string} text */
const stringLiteral = (text) => (text.includes("\n") && !text.includes('"""') && !/["\\]$/.test(text) ? `"""${text.replaceAll("\\", "\\\\")}"""` : JSON.stringify(text));

/** Images and clips by their names. @param {any} value */
const named = (value) => (Array.isArray(value) ? value.map((one) => one.name ?? one) : (value.name ?? value));

/** @param {any} value @returns {string} */
function literal(value) {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (value === null) return "None";
  if (typeof value === "object") return `{${Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${literal(one)}`).join(", ")}}`;
  return typeof value === "boolean" ? (value ? "True" : "False") : JSON.stringify(value);
}

/**
 * A call of `veo.submit`; images stand there by their file names.
 *
 * @param {Schema} schema
 * @param {Values} values
 */
export function asPython(schema, values) {
  const { name } = schema.provider;
  const lines = [
    holdsVariables(values.prompt) ? `f${stringLiteral(doubleBraces(values.prompt ?? ""))}` : stringLiteral(values.prompt ?? ""),
    ...(values.model ? [`model=${JSON.stringify(values.model)}`] : []),
    `provider=${JSON.stringify(name)}`,
    ...saidParams(schema, values).map(([param, value]) => `${param.name}=${literal(param.kind === "object" ? value : named(value))}`),
    ...(values.allow_retired ? ["allow_retired=True"] : []),
  ];
  return `import veo_widgets as veo\n\njob = veo.submit(\n${lines.map((line) => `    ${line},\n`).join("")})`;
}

/** @param {string} [prompt] */
const holdsVariables = (prompt = "") => /\{[A-Za-z_]\w*\}/.test(prompt);

/** @param {string} word */
const shellWord = (word) => (/^[\w./:@%+,=-]+$/.test(word) ? word : `"${word.replace(/(["\\])/g, "\\$1")}"`);

/**
 * A `%%veo` cell.
 *
 * @param {Schema} schema
 * @param {Values} values
 */
export function asCell(schema, values) {
  const flags = saidParams(schema, values).flatMap(([param, value]) => {
    const flag = `--${param.name.replaceAll("_", "-")}`;
    if (typeof value === "boolean") return [value ? flag : `--no-${flag.slice(2)}`];
    const words =
      param.kind === "object"
        ? Object.entries(value).map(([name, one]) => `${name}=${writeValue(one)}`)
        : [named(value)].flat().map(String);
    return words.map((word) => `${flag} ${shellWord(doubleDollars(word.replace(/[{}]/g, "$&$&")))}`);
  });
  const model = values.model ? [`--model ${shellWord(values.model)}`] : [];
  const retired = values.allow_retired ? ["--allow-retired"] : [];
  const line = ["%%veo", `--provider ${schema.provider.name}`, ...model, ...flags, ...retired].join(" ");
  return `${line}\n${escapeHashes(doubleDollars(doubleBraces(values.prompt ?? "")))}`;
}

/** Braces that name no variable are doubled: in a cell every brace holds Python. @param {string} prompt */
const doubleBraces = (prompt) => prompt.replace(/\{[A-Za-z_]\w*\}|[{}]/g, (found) => (found.length > 1 ? found : found + found));

/** In a cell, a dollar before a name may stand for a variable; two stand for one. @param {string} text */
const doubleDollars = (text) => text.replace(/\$(?=\p{L})/gu, "$$$$");

/** A line that begins with a hash would be a note, which is not sent. @param {string} prompt */
const escapeHashes = (prompt) => prompt.replace(/^(?=\\*#)/gm, "\\");
