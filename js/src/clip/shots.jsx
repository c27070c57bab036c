/**
 * The shots of a film on its bar: ticks where they begin, their names, and a way from one to the next.
 *
 * @import { ComponentChildren } from "preact"
 * @import { Clip } from "../kernel/types.js"
 */
import { hasModifier, keyName } from "../kernel/keys.js";
import { claim } from "../kernel/events.js";
import { IconButton } from "../ui/icons.jsx";

/** From later than this within a shot, in seconds, its beginning comes before that of the one before. */
const AGAIN = 1;

/**
 * @typedef {object} Shots
 * @property {(seconds: number) => string} told  what is added to a time in words
 * @property {(seconds: number) => ComponentChildren} ticks
 * @property {ComponentChildren} jumps  the buttons
 * @property {(event: KeyboardEvent) => boolean} pressed  whether it was one of their keys
 */

/**
 * @param {[number, string][]} begins  when each begins, in seconds, and its name
 * @param {Pick<Clip, "seconds"|"fps">} film
 * @param {() => number} now  where it is
 * @param {(seconds: number) => void} seek
 * @returns {Shots}
 */
export function shotsOf(begins, { seconds: whole, fps }, now, seek) {
  const near = 0.5 / fps;
  const nameAt = (/** @type {number} */ seconds) => begins.findLast(([at]) => at <= seconds + near)?.[1] ?? "";
  const jump = (/** @type {number} */ way) => {
    const to = way > 0 ? begins.find(([at]) => at > now() + near) : begins.findLast(([at]) => at < now() - AGAIN);
    if (to || way < 0) seek(to?.[0] ?? 0);
  };
  return {
    told: (seconds) => nameAt(seconds) && `, ${nameAt(seconds)}`,
    ticks: (seconds) => (
      <>
        {begins.map(([at]) => (at > 0 && at < whole ? <div key={at} class="veo-tick" style={{ left: `${(at / whole) * 100}%` }} /> : null))}
        <div class="veo-bubble veo-bubble-here" style={{ "--veo-at": `${(seconds / whole) * 100}%` }} aria-hidden="true">
          {nameAt(seconds)}
        </div>
      </>
    ),
    jumps: (
      <>
        <IconButton icon="before" label="Previous shot" keys="b" onClick={() => jump(-1)} />
        <IconButton icon="after" label="Next shot" keys="n" onClick={() => jump(1)} />
      </>
    ),
    pressed: (event) => {
      const way = { b: -1, n: 1 }[keyName(event)];
      if (!way || hasModifier(event)) return false;
      claim(event);
      jump(way);
      return true;
    },
  };
}
