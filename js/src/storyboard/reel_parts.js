/**
 * The film as it is played through without being rendered.
 *
 * @import { Part as ReelPart } from "../film/layout.js"
 * @import { Part, TakeClip } from "./types.js"
 */

/**
 * Shots and title cards in their order, each with what is shown of its clip.
 *
 * @param {Part[]} parts
 * @param {Record<string, TakeClip>} clips
 * @returns {ReelPart[]}
 */
export function reelParts(parts, clips) {
  /** @type {ReelPart[]} */
  const found = [];
  /** @type {TakeClip|undefined} */
  let before;
  let number = 0;
  for (const part of parts) {
    if (!("shot" in part)) {
      found.push({ key: part.id, label: part.text, clip: null, from: 0, to: part.seconds, card: { text: part.text, background: part.background, ink: part.ink } });
      before = undefined;
      continue;
    }
    const clip = clips[part.chosen];
    const made = { key: part.id, label: `Shot ${++number}: ${part.prompt}`, clip: clip ?? null, from: part.start, to: part.end ?? clip?.seconds ?? part.seconds };
    // Most services give an extension with the clip that it extends at its beginning; that is then shown from it too.
    if (part.begins === "extend" && clip && before && clip.seconds > part.seconds + before.seconds / 2) {
      made.from = before.seconds;
      for (let at = found.length - 1; at >= 0 && found[at]?.clip === before; at--) found[at] = { .../** @type {ReelPart} */ (found[at]), clip };
    }
    const last = found.at(-1);
    // The frame that a shot goes on from is seen once, as in the joined film.
    if (part.begins === "continue" && clip && before && last?.to === before.seconds) last.to -= 1 / before.fps;
    found.push(made);
    before = clip;
  }
  return found;
}
