/**
 * The prompts of earlier jobs, as the kernel finds them.
 *
 * @import { Wire } from "../kernel/types.js"
 */
import { useEffect, useState } from "preact/hooks";
import { listen, longest, newRequest, send } from "../kernel/protocol.js";

/** @typedef {{job: string, prompt: string, model: string, state: string, at: number}} Remembered */

/**
 * The kernel's answer to the newest search; null until there is one.
 *
 * @param {Wire} wire
 * @param {string} query
 */
export function useEarlier(wire, query) {
  const [items, setItems] = useState(/** @type {Remembered[]|null} */ (null));
  useEffect(() => {
    const request = newRequest();
    const stop = listen(wire, "history", (message) => message.request === request && setItems(message.items));
    const timer = setTimeout(() => send(wire, "history", { query: query.slice(0, longest.query), request }), query ? 250 : 0);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [wire, query]);
  return items;
}
