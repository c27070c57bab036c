/**
 * Keeps what costs money from presses that nobody meant: the second half of a double click, a key held down, and a click
 * on what has just come up under the pointer.
 *
 * A press counts by the time at which it was made, not at which it was handled, so a busy page changes nothing.
 */

import { onEvents } from "../kernel/events.js";

/** How long a control has been where it is before a press on it counts, and how long after another at the same spot. */
export const SETTLE_MS = 500;
/** A pointer that has moved less was not moved there on purpose. */
const JOURNEY_PX = 12;

/** @typedef {{x: number, y: number, at: number}} Spot */

/** @type {Spot} */
const NOWHERE = { x: -1e6, y: -1e6, at: -Infinity };
const distance = (/** @type {Spot} */ one, /** @type {Spot} */ other) => Math.hypot(one.x - other.x, one.y - other.y);
const spotOf = (/** @type {MouseEvent} */ event) => ({ x: event.clientX, y: event.clientY, at: event.timeStamp });

/** What was pressed last in this page; followed while there is a control to keep. */
const page = { press: NOWHERE, earlier: NOWHERE, key: "", moved: false, controls: 0 };
/** @param {any} event */
function note(event) {
  if (event.type === "keydown") page.key = event.key;
  else if (event.type === "pointermove") page.moved = true;
  else Object.assign(page, { earlier: page.press, press: spotOf(event) });
}
let unfollow = () => {};

/** Follow it until the returned function is called. */
export function follow() {
  if (page.controls++ === 0) unfollow = onEvents(window, "pointerdown pointermove keydown", note, { capture: true });
  return () => {
    if (--page.controls === 0) unfollow();
  };
}

/** What one control knows of the presses on it. */
export class Guard {
  /** When the control was first on screen. */
  #shown = Infinity;
  /** @type {Spot|null} where the pointer and the control met */
  #under = null;
  #brought = false;
  #pressed = false;
  #focused = { at: -Infinity, byTab: false };
  /** @type {boolean|null} whether the key that is down counts; null while none is */
  #key = null;
  #acted = -Infinity;

  /** @param {number} at */
  shown(at) {
    this.#shown = at;
  }

  /** @param {PointerEvent} event  the pointer is over the control now */
  over(event) {
    const spot = spotOf(event);
    // The first movement of all comes from nowhere that is known.
    if (!this.#under) this.#brought = !page.moved;
    this.#under ??= spot;
    // A change of what lies under a resting pointer is told as a movement too, one that leads nowhere.
    const leap = Math.hypot(event.movementX || 0, event.movementY || 0);
    if (Math.max(leap, distance(spot, this.#under)) > JOURNEY_PX) this.#brought = true;
  }

  out() {
    this.#under = null;
    this.#pressed = false;
  }

  /** @param {PointerEvent} event */
  press(event) {
    this.over(event);
    const under = /** @type {Spot} */ (this.#under);
    const at = event.timeStamp;
    const hovering = event.pointerType === "mouse" || event.pointerType === "pen";
    const again = at - page.earlier.at < SETTLE_MS && distance(page.earlier, spotOf(event)) <= JOURNEY_PX;
    const moved = hovering && !this.#brought && at - under.at < SETTLE_MS;
    this.#pressed = event.button === 0 && at - this.#shown >= SETTLE_MS && !moved && !again;
  }

  /** @param {FocusEvent} event */
  focus(event) {
    this.#focused = { at: event.timeStamp, byTab: page.key === "Tab" };
  }

  /** @param {KeyboardEvent} event */
  keydown(event) {
    if (event.key !== "Enter" && event.key !== " ") return;
    if (event.repeat) return event.preventDefault();
    const { at, byTab } = this.#focused;
    this.#key = (byTab || event.timeStamp - at >= SETTLE_MS) && event.timeStamp - this.#acted >= SETTLE_MS;
  }

  /**
   * Whether a click counts. Once: the next needs a press of its own.
   *
   * @param {MouseEvent} event
   */
  admits(event) {
    // A click without a number of clicks comes from a key, or from a screen reader, which knows no double ones.
    const counts = event.detail === 0 ? this.#key !== false : event.detail === 1 && this.#pressed;
    this.#pressed = false;
    this.#key = null;
    if (counts) this.#acted = event.timeStamp;
    return counts;
  }
}
