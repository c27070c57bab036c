/**
 * What stands where in a grid, and what it is called there.
 *
 * @import { Cell, Column, Mark } from "../kernel/types.js"
 */
import { stateText } from "../ui/words.js";

/** @typedef {Record<string, Mark>} Marks  by the cell's number */

/** @param {unknown} value */
const words = (value) => String(value ?? "") || "–";

/** What reads by itself, without its parameter's name; the long ones come last. */
const PLAIN = ["resolution", "aspect_ratio", "model", "prompt"];

/** @param {Column} column */
const place = ({ name }) => (name === "model" || name === "prompt" ? PLAIN.indexOf(name) : 0);

/**
 * Only the parts in which several texts differ: of two models "fast" and "lite".
 *
 * @param {string[]} texts
 * @param {string} between
 * @returns {Map<string, string>}
 */
export function differing(texts, between) {
  const parts = [...new Set(texts)].map((text) => text.split(between));
  const shortest = Math.min(...parts.map(({ length }) => length));
  const same = (/** @type {number} */ at) => parts.every((part) => part.at(at) === parts[0]?.at(at));
  let start = 0;
  let end = 0;
  while (start < shortest && same(start)) start++;
  while (end < shortest - start && same(-1 - end)) end++;
  return new Map(
    parts.map((part) => {
      const rest = part.slice(start, part.length - end).join(between);
      return [part.join(between), rest || part.join(between)];
    }),
  );
}

/**
 * @param {Column} column
 * @param {Cell[]} cells
 * @returns {(cell: Cell) => string}
 */
function namer({ name, label }, cells) {
  const text = (/** @type {Cell} */ { values }) => words(values[name]);
  if (name === "model" || name === "prompt") {
    const short = differing(cells.map(text), name === "model" ? "-" : " ");
    return (cell) => short.get(text(cell)) ?? text(cell);
  }
  if (PLAIN.includes(name)) return text;
  return name === "duration_seconds" ? (cell) => `${text(cell)} s` : (cell) => `${label} ${text(cell)}`;
}

/**
 * The titles of all cells: only what differs; where that is not enough, also a number.
 *
 * @param {Cell[]} cells
 * @param {Column[]} columns
 * @returns {Map<number, string>}
 */
export function titles(cells, columns) {
  const names = [...columns].sort((a, b) => place(a) - place(b)).map((column) => namer(column, cells));
  const plain = cells.map((cell) => names.map((name) => name(cell)).join(" · "));
  const unique = new Set(plain).size === plain.length && columns.length > 0;
  return new Map(
    cells.map((cell, index) => {
      const number = `Clip ${index + 1}`;
      const title = plain[index] ?? "";
      return [cell.sample, unique ? title : [title, number].filter(Boolean).join(" · ")];
    }),
  );
}

/**
 * The cells in the order wanted; equal ones stay as they were.
 *
 * @param {Cell[]} cells
 * @param {string} by  "", "starred", or the name of a parameter
 * @param {Marks} marks
 */
export function ordered(cells, by, marks) {
  if (by === "") return cells;
  const rank = { star: 0, "": 1, reject: 2 };
  /** @type {(cell: Cell) => any} */
  const key = ({ sample, values }) => (by === "starred" ? rank[marks[sample] ?? ""] : (values[by] ?? ""));
  // What is no number differs by none.
  return [...cells].sort((a, b) => key(a) - key(b) || String(key(a)).localeCompare(key(b), undefined, { numeric: true }));
}

/**
 * A cell in words, for those who do not see it.
 *
 * @param {Cell} cell
 * @param {string} title
 * @param {Mark} mark
 * @param {boolean} there  whether its clip is
 */
export function cellWords({ job, planned }, title, mark, there) {
  const state = planned ? `not sent, ${planned.text}` : !there && job ? stateText(job) : "";
  const marked = { star: "starred", reject: "rejected", "": "" }[mark];
  return [title, state, marked].filter(Boolean).join(", ");
}
