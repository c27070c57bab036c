/**
 * A prompt in parts: what one says of each becomes plain sentences. It lives in this browser, beside the form's draft.
 */
import { load, store } from "./browser_storage.js";

/** @typedef {"subject"|"action"|"setting"|"camera"|"style"|"light"|"dialogue"|"sound"} PartName */
/** @typedef {Partial<Record<PartName, string>>} Parts */
/** @typedef {[PartName, string, string, string[]]} PartRow  its name, label, what it may look like, and phrases for it */

const MOST_OWN = 4;
const LONGEST_OWN = 60;

/** What a form's parts say, and the phrases that were used before. One of these per form. */
export class Builder {
  #place;
  #redraw;
  /** @type {Parts} */
  parts;
  /** @type {Partial<Record<PartName, string[]>>} */
  #own;

  /**
   * @param {string} place  which form it is, as the kernel calls it
   * @param {() => void} redraw
   */
  constructor(place, redraw) {
    this.#place = `parts.${place}`;
    this.#redraw = redraw;
    this.parts = load(this.#place) ?? {};
    this.#own = load("phrases") ?? {};
  }

  /** @param {Parts} parts  a change, or {} for all to be empty */
  say(parts) {
    this.parts = Object.keys(parts).length > 0 ? { ...this.parts, ...parts } : {};
    store(this.#place, this.parts);
    this.#redraw();
  }

  /** The user's own phrases first. @param {PartRow} part @returns {string[]} */
  phrases([name, , , stock]) {
    return [...new Set([...(this.#own[name] ?? []), ...stock])];
  }

  /** Remember the phrases of a request that was sent. */
  keep() {
    for (const [name, said] of /** @type {[PartName, string][]} */ (Object.entries(this.parts))) {
      const text = said.trim();
      if (!text || text.length > LONGEST_OWN) continue;
      this.#own[name] = [text, ...(this.#own[name] ?? []).filter((one) => one !== text)].slice(0, MOST_OWN);
    }
    store("phrases", this.#own);
  }
}
