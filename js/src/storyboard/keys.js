/**
 * Keys of the board.
 *
 * @import { Order } from "./board.jsx"
 * @import { Part } from "./types.js"
 */
import { claim } from "../kernel/events.js";
import { hasModifier, keyName } from "../kernel/keys.js";

/**
 * @param {KeyboardEvent} event
 * @param {{parts: Part[], order: Order, undo: () => void}} board
 */
export function boardKey(event, { parts, order, undo }) {
  const target = /** @type {HTMLElement} */ (event.target);
  // What is typed in keeps its own keys.
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName) || event.defaultPrevented) return;
  const act = (event.ctrlKey || event.metaKey) && !event.shiftKey && keyName(event) === "z" ? undo : cardKey(event, target, parts, order);
  if (!act) return;
  claim(event);
  act();
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement} target
 * @param {Part[]} parts
 * @param {Order} order
 * @returns {(() => void)|undefined}
 */
function cardKey(event, target, parts, order) {
  const id = target.dataset.part;
  const at = parts.findIndex((part) => part.id === id);
  if (!id || at < 0) return undefined;
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (event.altKey) return step ? () => order.move(id, at + step) : undefined;
  if (hasModifier(event)) return undefined;
  return {
    ArrowLeft: () => order.focus(parts[at - 1]?.id),
    ArrowRight: () => order.focus(parts[at + 1]?.id),
    Home: () => order.focus(parts[0]?.id),
    End: () => order.focus(parts.at(-1)?.id),
    Delete: () => order.remove(id),
    Enter: () => target.querySelector("textarea")?.focus(),
  }[event.key];
}
