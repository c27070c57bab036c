/**
 * Keeps what costs money from presses that nobody meant: the second half of a double click, a key held down, and a click
 * on what has just come up under the pointer.
 *
 * A press counts by the time at which it was made, not at which it was handled, so a busy page changes nothing.
 */

/** How long a control has been where it is before a press on it counts, and how long after another at the same spot. */
export const SETTLE_MS = 500;
/** A pointer that has moved less was not moved there on purpose. */
const JOURNEY_PX = 12;
/** A pointer that has not moved for as long was at rest. */
const REST_MS = 150;
/** One movement is told as several events: over, enter, move. */
const ONE_EVENT_MS = 20;

/** @typedef {{x: number, y: number, at: number}} Spot */

/** @type {Spot} */
const NOWHERE = { x: -1e6, y: -1e6, at: -Infinity };
const distance = (/** @type {Spot} */ one, /** @type {Spot} */ other) => Math.hypot(one.x - other.x, one.y - other.y);
const spotOf = (/** @type {MouseEvent} */ event) => ({ x: event.clientX, y: event.clientY, at: event.timeStamp });

/** What the pointer and the keyboard of this page did last; followed while there is a control to keep. */
class Page {
  /** @type {Spot|null} where the pointer is */
  pointer = null;
  /** @type {Spot|null} where it set out from */
  start = null;
  /** Whether what was told last was a movement. */
  moving = false;
  /** The last press and the one before it: the last may be the very one that is looked at. */
  press = NOWHERE;
  earlier = NOWHERE;
  key = "";
  #told = -Infinity;
  #controls = 0;
  /** @type {AbortController|undefined} */
  #following;

  /** @returns {() => void} */
  follow() {
    if (this.#controls++ === 0) this.#begin();
    return () => {
      if (--this.#controls === 0) this.#following?.abort();
    };
  }

  #begin() {
    this.#following = new AbortController();
    const how = { capture: true, passive: true, signal: this.#following.signal };
    for (const name of /** @type {const} */ (["pointerover", "pointermove"])) window.addEventListener(name, (event) => this.move(spotOf(event)), how);
    window.addEventListener("pointerdown", (event) => this.pressed(spotOf(event)), how);
    window.addEventListener("keydown", (event) => void (this.key = event.key), how);
  }

  /**
   * A change of what lies under a resting pointer is told as a movement too, one that leads nowhere.
   *
   * @param {Spot} spot
   */
  move(spot) {
    const travelled = this.pointer ? distance(spot, this.pointer) : 0;
    if (travelled === 0 && spot.at - this.#told < ONE_EVENT_MS) return;
    this.#told = spot.at;
    this.moving = travelled > 0;
    if (!this.pointer || spot.at - this.pointer.at > REST_MS) this.start = this.pointer;
    if (!this.pointer || this.moving) this.pointer = spot;
  }

  /** @param {Spot} spot */
  pressed(spot) {
    this.earlier = this.press;
    this.press = spot;
  }
}

const page = new Page();

/** What one control knows of the presses on it. */
export class Guard {
  /** When the control was first on screen. */
  #shown = Infinity;
  /** @type {Spot|null} where the pointer was when the control came under it, or it came to the control */
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
    page.move(spot);
    if (!this.#under) {
      this.#under = spot;
      this.#brought = page.moving && page.start !== null && distance(spot, page.start) > JOURNEY_PX;
    }
    // The first movement of all set out from nowhere that is known here.
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

/** Follow what the pointer does in this page until the returned function is called. */
export const follow = () => page.follow();
