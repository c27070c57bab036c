/**
 * Keys of the grid: they move between clips, mark them, and play all of them.
 *
 * @import { GridClip, Mark } from "../kernel/types.js"
 * @import { LinkedPlayback } from "./linked.js"
 */
import { claim } from "../kernel/events.js";
import { hasModifier, keyName } from "../kernel/keys.js";

/**
 * @typedef {object} GridCommands
 * @property {LinkedPlayback} linked
 * @property {(sample: number, mark: Mark) => void} mark
 * @property {(sample: number) => void} open
 * @property {(sample: number) => void} hear
 * @property {Record<string, Mark>} marks
 * @property {Record<string, GridClip>} clips
 * @property {() => void} help
 */

/**
 * The cell that lies in a direction from another.
 *
 * @param {HTMLElement[]} cells
 * @param {HTMLElement} from
 * @param {string} key
 */
function neighbour(cells, from, key) {
  const at = cells.indexOf(from);
  if (key === "Home") return cells[0];
  if (key === "End") return cells.at(-1);
  if (key === "ArrowLeft" || key === "ArrowRight") return cells[at + (key === "ArrowLeft" ? -1 : 1)];
  const above = key === "ArrowUp";
  const far = cells.filter((cell) => (above ? from.offsetTop > cell.offsetTop : cell.offsetTop > from.offsetTop));
  const row = far.at(above ? -1 : 0)?.offsetTop;
  const inRow = far.filter((cell) => cell.offsetTop === row);
  return inRow.sort((a, b) => Math.abs(a.offsetLeft - from.offsetLeft) - Math.abs(b.offsetLeft - from.offsetLeft))[0];
}

/**
 * @param {GridCommands} commands
 * @returns {Record<string, () => void>}
 */
function playing({ linked, help }) {
  const toggle = () => linked.toggle();
  return {
    " ": toggle,
    k: toggle,
    "?": help,
    j: () => linked.seek(linked.position - 1),
    l: () => linked.seek(linked.position + 1),
    ",": () => linked.step(-1),
    ".": () => linked.step(1),
  };
}

/**
 * @param {GridCommands} commands
 * @param {number} sample
 * @returns {Record<string, () => void>}
 */
function marking({ mark, marks, clips, open, hear }, sample) {
  const set = (/** @type {Mark} */ wanted) => mark(sample, marks[sample] === wanted ? "" : wanted);
  return {
    ...(clips[sample] ? { s: () => set("star"), Enter: () => open(sample), m: () => hear(sample) } : {}),
    x: () => set("reject"),
  };
}

/**
 * @param {KeyboardEvent & {currentTarget: HTMLElement}} event
 * @param {GridCommands} commands
 */
export function gridKey(event, commands) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (hasModifier(event) || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
  const onButton = target.tagName === "BUTTON" && (event.key === " " || event.key === "Enter");
  if (onButton) return;
  const cell = /** @type {HTMLElement|null} */ (target.closest(".veo-cell"));
  const name = keyName(event);
  const moves = cell === target && /^(Arrow|Home|End)/.test(name);
  const act = moves
    ? () => neighbour([.../** @type {NodeListOf<HTMLElement>} */ (event.currentTarget.querySelectorAll(".veo-cell"))], cell, name)?.focus()
    : { ...playing(commands), ...(cell ? marking(commands, Number(cell.dataset.sample)) : {}) }[name];
  if (!act) return;
  claim(event);
  act();
}
