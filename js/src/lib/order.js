/**
 * What stands where in a grid, and what it is called there.
 *
 * @import { Cell, Column, Mark } from "./types.js"
 */
import { stateText } from "./words.js";

/** @typedef {Record<string, Mark>} Marks  by the cell's number */

/** @param {unknown} value */
const words = (value) => (value === undefined || value === null || value === "" ? "–" : String(value));

/**
 * @param {Column} column
 * @param {Cell} cell
 */
function valueText({ name, label }, { values }) {
  const text = words(values[name]);
  if (name === "prompt" || name === "model" || name === "resolution" || name === "aspect_ratio") return text;
  return name === "duration_seconds" ? `${text} s` : `${label} ${text}`;
}

/**
 * The titles of all cells: only what differs; where that is not enough, also a number.
 *
 * @param {Cell[]} cells
 * @param {Column[]} columns
 * @returns {Map<number, string>}
 */
export function titles(cells, columns) {
  const plain = cells.map((cell) => columns.map((column) => valueText(column, cell)).join(" · "));
  const unique = new Set(plain).size === plain.length && columns.length > 0;
  return new Map(
    cells.map((cell, index) => {
      const number = `Clip ${cell.sample + 1}`;
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
  const key = (/** @type {Cell} */ cell) => (by === "starred" ? rank[marks[cell.sample] ?? ""] : (cell.values[by] ?? ""));
  return [...cells].sort((a, b) => {
    const [left, right] = [key(a), key(b)];
    return typeof left === "number" && typeof right === "number" ? left - right : String(left).localeCompare(String(right), undefined, { numeric: true });
  });
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
