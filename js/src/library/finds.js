/**
 * What a search has found: how much, and of the cards those that were asked for.
 *
 * @import { Entry, Filters, Model } from "./types.js"
 */
import { useEffect, useRef } from "preact/hooks";
import { together } from "../kernel/events.js";
import { listen, newRequest, page_cards, send } from "../kernel/protocol.js";
import { useRedraw } from "../kernel/redraw.js";

/** After a key, before the kernel is asked: whoever types goes on typing. */
const PAUSE_MS = 30;
/** Cards on either side of what is seen that are kept, with their stills. */
const KEPT = 10 * page_cards;

/** @param {Model} wire @param {Filters} filters */
export function useFinds(wire, filters) {
  const redraw = useRedraw();
  const now = useRef({
    /** of the newest search, answered or not */
    asked: "",
    /** of what is there */
    request: "",
    filters: "",
    count: -1,
    sums: { clips: 0, bytes: 0 },
    /** @type {Map<number, Entry>} */
    entries: new Map(),
    /** @type {Set<number>} pages that are on their way */
    coming: new Set(),
  });
  const wanted = JSON.stringify(filters);
  const look = () => {
    now.current.asked = newRequest();
    send(wire, "find", { filters: JSON.parse(wanted), request: now.current.asked });
  };
  const again = useRef(look);
  again.current = look;
  useEffect(
    () =>
      together(
        listen(wire, "found", ({ request, offset, count, items }) => {
          const held = now.current;
          if (request === held.asked && request !== held.request) begin(held, request, count, wanted);
          if (request !== held.request) return;
          held.coming.delete(offset);
          items.forEach((/** @type {Entry} */ item, /** @type {number} */ place) => held.entries.set(offset + place, item));
          redraw();
        }),
        listen(wire, "sums", ({ request, clips, bytes }) => {
          if (request !== now.current.request) return;
          now.current.sums = { clips, bytes };
          redraw();
        }),
        listen(wire, "changed", () => again.current()),
      ),
    [wire, wanted],
  );
  useEffect(() => {
    const timer = setTimeout(look, now.current.asked ? PAUSE_MS : 0);
    return () => clearTimeout(timer);
  }, [wire, wanted]);
  const ask = (/** @type {number} */ first, /** @type {number} */ last) => {
    const { request, count, entries, coming } = now.current;
    for (const place of entries.keys()) if (place < first - KEPT || place > last + KEPT) entries.delete(place);
    for (let offset = first - (first % page_cards); offset < Math.min(last, count); offset += page_cards) {
      const lacks = Array.from({ length: page_cards }, (_, n) => offset + n).some((place) => place >= first && place < Math.min(last, count) && !entries.has(place));
      if (lacks && !coming.has(offset)) {
        coming.add(offset);
        send(wire, "page", { offset, request });
      }
    }
  };
  return { ...now.current, ask, look };
}

/**
 * Take over what a newer search has found. After a change the same cards stay until they come anew.
 *
 * @param {{request: string, filters: string, count: number, entries: Map<number, Entry>, coming: Set<number>}} held
 * @param {string} request
 * @param {number} count
 * @param {string} filters
 */
function begin(held, request, count, filters) {
  const same = held.filters === filters && held.count === count;
  if (!same) held.entries.clear();
  held.coming.clear();
  Object.assign(held, { request, count, filters });
}

/** @typedef {ReturnType<typeof useFinds>} Finds */
