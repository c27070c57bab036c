/**
 * A prompt in parts: what one says of each becomes plain sentences. It lives in this browser, beside the form's draft.
 */
import { load, store } from "./keepsake.js";

/** @typedef {"subject"|"action"|"setting"|"camera"|"style"|"light"|"dialogue"|"sound"} PartName */
/** @typedef {Partial<Record<PartName, string>>} Parts */

/** Name, label, what it may look like, and phrases to choose from. @type {[PartName, string, string, string[]][]} */
export const PARTS = [
  ["subject", "Subject", "A tabby cat", ["An old fisherman", "Two children", "A paper boat", "A vintage tram"]],
  ["action", "Action", "chasing a ball of yarn", ["walking towards us", "turning around and smiling", "drifting by slowly", "unfolding leaf by leaf"]],
  ["setting", "Setting", "in a sunny garden", ["on a rainy street at night", "in a bright kitchen", "by the sea at low tide", "in a snowed-in forest"]],
  ["camera", "Camera", "Slow dolly-in at eye level", ["Slow dolly-in", "Tracking shot from the side", "Low angle", "Aerial view, drifting forward", "Locked-off wide shot", "Extreme close-up"]],
  ["style", "Style", "Grainy 16 mm film", ["Grainy 16 mm film", "Watercolour animation", "Claymation", "Black-and-white documentary", "Shallow depth of field"]],
  ["light", "Light", "Soft morning light", ["Soft morning light", "Golden hour", "Neon reflections", "Hard noon sun", "A single candle"]],
  ["dialogue", "Dialogue", "Girl: Careful, Mitsou!", []],
  ["sound", "Sound", "bees and a distant lawn mower", ["birdsong", "rain on a tin roof", "a solo piano", "footsteps on gravel", "no music"]],
];

const PLACED =
  /^(in|on|at|by|to|from|of|under|above|below|beneath|inside|outside|near|over|along|between|behind|beside|beyond|through|across|among|amid|around|within|against|during|before|after|where|while|as|with|into|onto|up|down)\b/i;
const MOST_OWN = 4;
const LONGEST_OWN = 60;

/** @param {string} text */
function sentence(text) {
  const whole = text.charAt(0).toLocaleUpperCase() + text.slice(1);
  return /[.!?…]["”’»]?$/.test(whole) ? whole : `${whole.replace(/[,;:]$/, "")}.`;
}

/** An article at the beginning is small within a sentence. @param {string} text */
const within = (text) => text.replace(/^(An?|The)\b/, (word) => word.toLowerCase());

/** Who says what: "Girl: Hello" or only the words. @param {string} text */
function spoken(text) {
  if (/["“„«]/.test(text)) return sentence(text);
  const [, who, words = text] = /^([^:]{1,40}):\s*(.+)$/s.exec(text) ?? [];
  return `${sentence(who ?? "A voice").slice(0, -1)} says: “${sentence(words)}”`;
}

/** @param {string} text */
const heard = (text) => (/^(we hear|no|silence|the sound|sounds?)\b/i.test(text) ? sentence(text) : sentence(`we hear ${within(text)}`));

/** Who does what where: one sentence, whatever is left out. @param {string} who @param {string} where */
function scene(who, where) {
  if (!who || !where) return who || where;
  return PLACED.test(where) ? `${who} ${where.charAt(0).toLowerCase()}${where.slice(1)}` : `${who}, ${within(where)}`;
}

/**
 * The parts as sentences that a person could have written.
 *
 * @param {Parts} parts
 */
export function prose(parts) {
  const said = (/** @type {PartName} */ name) => (parts[name] ?? "").trim();
  const who = [said("subject"), said("subject") ? within(said("action")) : said("action")].filter(Boolean).join(" ");
  const seen = [scene(who, said("setting")), said("camera"), said("style"), said("light")].filter(Boolean).map(sentence);
  return [...seen, said("dialogue") && spoken(said("dialogue")), said("sound") && heard(said("sound"))].filter(Boolean).join(" ");
}

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

  /** The user's own phrases first. @param {PartName} name @returns {string[]} */
  phrases(name) {
    const [, , , stock] = /** @type {(typeof PARTS)[0]} */ (PARTS.find(([one]) => one === name));
    return [...new Set([...(this.#own[name] ?? []), ...stock])];
  }

  /** Remember the phrases of a request that was sent. */
  keep() {
    for (const [name] of PARTS) {
      const text = (this.parts[name] ?? "").trim();
      if (!text || text.length > LONGEST_OWN) continue;
      this.#own[name] = [text, ...(this.#own[name] ?? []).filter((one) => one !== text)].slice(0, MOST_OWN);
    }
    store("phrases", this.#own);
  }
}
