/**
 * What a search has found: how much, and of the cards those that were asked for.
 *
 * @import { Wire } from "../kernel/types.js"
 * @import { Entry } from "./types.js"
 */
import { useEffect, useRef } from "preact/hooks";
import { onEvents, together } from "../kernel/events.js";
import { listen, newRequest, page_cards, send } from "../kernel/protocol.js";
import { useRedraw } from "../kernel/redraw.js";

/** After a key, before the kernel is asked: whoever types goes on typing. */
const PAUSE_MS = 30;
/** Before a search is asked for again that has had no answer. What was sent before JupyterLab has a line of its own for
 * widgets waits for the end of the cell that runs. */
const PATIENCE_MS = 2000;
/** Cards on either side of what is seen that are kept, with their stills. */
const KEPT = 10 * page_cards;

/**
 * @template Item
 * @param {Wire} wire
 * @param {object} filters  as its kernel has them
 */
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
    /** @type {Map<number, Item>} */
    entries: new Map(),
    /** @type {Set<number>} those that an earlier search has brought */
    stale: new Set(),
    /** @type {Set<number>} pages that are on their way */
    coming: new Set(),
    /** when the newest job was made that was ever here */
    newest: 0,
    /** by how many places jobs that were made meanwhile have moved all others */
    moved: 0,
    timer: 0,
  });
  const wanted = JSON.stringify(filters);
  const look = (patience = PATIENCE_MS) => {
    const held = now.current;
    held.asked = newRequest();
    send(wire, "find", { filters: JSON.parse(wanted), request: held.asked });
    clearTimeout(held.timer);
    held.timer = window.setTimeout(() => held.asked !== held.request && again.current(2 * patience), patience);
  };
  const again = useRef(look);
  again.current = look;
  useEffect(
    () =>
      together(
        listen(wire, "found", ({ request, offset, count, items }) => {
          const held = now.current;
          if (request === held.asked && request !== held.request) begin(held, request, count, wanted, items);
          if (request !== held.request) return;
          held.coming.delete(offset);
          held.count = count;
          items.forEach((/** @type {Item} */ item, /** @type {number} */ place) => {
            held.entries.set(offset + place, item);
            held.stale.delete(offset + place);
          });
          redraw();
        }),
        listen(wire, "sums", ({ request, clips, bytes }) => {
          if (request !== now.current.request) return;
          now.current.sums = { clips, bytes };
          redraw();
        }),
        listen(wire, "changed", () => again.current()),
        // Another program may have made something meanwhile.
        onEvents(window, "focus", () => again.current()),
        () => clearTimeout(now.current.timer),
      ),
    [wire, wanted],
  );
  useEffect(() => {
    const timer = setTimeout(() => again.current(), now.current.asked ? PAUSE_MS : 0);
    return () => clearTimeout(timer);
  }, [wire, wanted]);
  const ask = (/** @type {number} */ first, /** @type {number} */ last) => {
    const { request, count, entries, stale, coming } = now.current;
    for (const place of entries.keys()) if (place < first - KEPT || place > last + KEPT) entries.delete(place);
    for (let offset = first - (first % page_cards); offset < Math.min(last, count); offset += page_cards) {
      const lacks = Array.from({ length: page_cards }, (_, n) => offset + n).some((place) => place >= first && place < Math.min(last, count) && (stale.has(place) || !entries.has(place)));
      if (lacks && !coming.has(offset)) {
        coming.add(offset);
        send(wire, "page", { offset, request });
      }
    }
  };
  return { ...now.current, ask, look: () => look() };
}

/**
 * Take over what a newer search has found. After a change the same cards stay until they come anew, behind what was made
 * meanwhile.
 *
 * @param {{request: string, filters: string, count: number, entries: Map<number, any>, stale: Set<number>, coming: Set<number>, newest: number, moved: number}} held
 * @param {string} request
 * @param {number} count
 * @param {string} filters
 * @param {{created_at?: number}[]} items  the first
 */
function begin(held, request, count, filters, items) {
  const more = count - held.count;
  const made = items.filter(({ created_at = 0 }) => created_at > held.newest).length;
  // Of many that are new only the first page is here.
  const by = held.filters === filters && (made === more || made === items.length) ? more : -1;
  held.entries = new Map(by < 0 ? [] : [...held.entries].map(([place, entry]) => [place + by, entry]));
  held.moved += Math.max(0, by);
  held.newest = Math.max(held.newest, items[0]?.created_at ?? 0);
  held.coming.clear();
  Object.assign(held, { request, count, filters, stale: new Set(held.entries.keys()) });
}

/**
 * @template Item
 * @typedef {ReturnType<typeof useFinds<Item>>} Found
 */
/** @typedef {Found<Entry>} Finds */
