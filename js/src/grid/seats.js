/**
 * Which cells hold an element that decodes. A page has only so many decoders: those in sight get them in reading order, the
 * cell that is pointed at before all others, and nothing changes while cells move past.
 */
import { useEffect, useState } from "preact/hooks";
import { onEvents } from "../kernel/events.js";
import { useRedraw } from "../kernel/redraw.js";

const MOST = 6;
/** How long nothing may move, come into sight or be pointed at, in ms: longer than between two turns of a wheel. */
const REST_MS = 200;

/** @param {Element} cell  that begins above the screen comes after all others */
function rank(cell) {
  const { top, left } = cell.getBoundingClientRect();
  return cell.matches(":hover,:focus") ? -1e9 : (top < 0 ? 1e9 : top * 1e4) + left;
}

/**
 * @typedef {object} Seats
 * @property {(Element|null)[]} taken  by these cells
 * @property {(cell: Element) => () => void} ask  for a cell that is in sight, or nearly, until it no longer is
 * @property {() => void} settle  once nothing moves
 */

/** @returns {Seats} */
export function useSeats() {
  const redraw = useRedraw();
  const [seats] = useState(() => {
    /** @type {Set<Element>} */
    const near = new Set();
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    let timer;
    const give = () => {
      const none = !near.size && !seats.taken.length;
      seats.taken = [...near].sort((a, b) => rank(a) - rank(b)).slice(0, MOST);
      if (!none) redraw();
    };
    const settle = () => {
      clearTimeout(timer);
      timer = setTimeout(give, near.size && seats.taken.length && REST_MS);
    };
    /** @type {Seats} */
    const seats = {
      taken: [],
      settle,
      ask(cell) {
        near.add(cell);
        settle();
        return () => {
          near.delete(cell);
          settle();
        };
      },
    };
    return seats;
  });
  useEffect(() => onEvents(window, "scroll", seats.settle, { capture: true, passive: true }), []);
  return seats;
}
