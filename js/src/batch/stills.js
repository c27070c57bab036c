/** Stills of the rows that are seen: each comes once, since rows are told of again whenever something has changed. */
import { useEffect, useRef } from "preact/hooks";
import { listen, newRequest, send } from "../kernel/protocol.js";
import { useRedraw } from "../kernel/redraw.js";

/** @import { Model, Row } from "./types.js" */

const KEPT = 240;

/**
 * @param {Model} wire
 * @param {string} request  of the newest search: what had no still then may have one now
 */
export function useStills(wire, request) {
  const redraw = useRedraw();
  const held = useRef(/** @type {Map<string, string>} */ (new Map()));
  const coming = useRef({ request, keys: /** @type {Set<string>} */ (new Set()) });
  if (coming.current.request !== request) coming.current = { request, keys: new Set() };
  useEffect(
    () =>
      listen(wire, "stills", ({ items }) => {
        for (const { key, still } of items) if (still) held.current.set(key, still);
        for (const key of held.current.keys()) if (held.current.size > KEPT) held.current.delete(key);
        redraw();
      }),
    [wire],
  );
  return {
    of: (/** @type {Row} */ { still }) => held.current.get(still),
    need: (/** @type {Row[]} */ rows) => {
      const lacking = rows.filter(({ still }) => still && !held.current.has(still) && !coming.current.keys.has(still));
      for (const { still } of lacking) coming.current.keys.add(still);
      if (lacking.length > 0) send(wire, "stills", { samples: lacking.map(({ row }) => row), request: newRequest() });
    },
  };
}

/** @typedef {ReturnType<typeof useStills>} Stills */
