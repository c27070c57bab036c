/**
 * Where the parts of a film lie on its time line, in whole frames of the film.
 *
 * @import { Clip } from "../kernel/types.js"
 */
import { clipKey } from "../kernel/clip_sources.js";

/** How long the place of a shot without a clip is shown, in seconds. */
const BLANK = 2;

/**
 * @typedef {object} Part  a shot or a title card of a film
 * @property {string} key
 * @property {string} label
 * @property {Clip|null} clip  null of a title card, and of a shot that has none yet
 * @property {number} from  seconds of the clip; of a card and a blank only the difference to `to` counts
 * @property {number} to
 * @property {{text: string, background: string, ink: string}} [card]  with colours as in CSS
 *
 * @typedef {object} Stretch  a part in its place
 * @property {Part} part
 * @property {number} first  of its frames
 * @property {number} count
 *
 * @typedef {{stretches: Stretch[], fps: number, count: number}} Layout
 */

/**
 * The parts one after another, at the frame rate of the first clip.
 *
 * @param {Part[]} parts
 * @returns {Layout}
 */
export function layOut(parts) {
  const fps = parts.find(({ clip }) => clip)?.clip?.fps || 24;
  let first = 0;
  const stretches = parts.map((part) => {
    const seconds = part.clip || part.card ? part.to - part.from : Math.min(BLANK, part.to - part.from || BLANK);
    const stretch = { part, first, count: Math.max(1, Math.round(seconds * fps)) };
    first += stretch.count;
    return stretch;
  });
  return { stretches, fps, count: first };
}

/**
 * Whether two parts are pictures of one clip, or both have none.
 *
 * @param {Part} one
 * @param {Part} other
 */
export const isOneClip = ({ clip: one }, { clip: other }) => (one && clipKey(one)) === (other && clipKey(other));

/**
 * Whether a part is where its clip goes on after the part before, as of a shot that extends another.
 *
 * @param {Part} before
 * @param {Part} part
 */
export const goesOn = (before, part) => part.clip !== null && isOneClip(before, part) && Math.abs(part.from - before.to) < 0.5 / part.clip.fps;
