/**
 * What was asked for before, with search.
 *
 * @import { Wire } from "../kernel/types.js"
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { onEscape } from "../kernel/keys.js";
import { listen, longest, newRequest, send } from "../kernel/protocol.js";
import { Icon } from "../ui/icons.jsx";

/** @typedef {{job: string, prompt: string, model: string, state: string, at: number}} Remembered */

/** @param {{wire: Wire, onClose: () => void}} props */
export function History({ wire, onClose }) {
  const [query, setQuery] = useState("");
  const items = useHistory(wire, query);
  const field = useRef(/** @type {HTMLInputElement|null} */ (null));
  useEffect(() => field.current?.focus(), []);
  const use = (/** @type {string} */ job) => {
    send(wire, "use", { job });
    onClose();
  };
  return (
    <section class="veo-history" aria-label="Earlier prompts" onKeyDown={onEscape(onClose)}>
      <div class="veo-input veo-input-row">
        <Icon name="search" />
        <input
          ref={field}
          type="search"
          aria-label="Search earlier prompts"
          placeholder="Search earlier prompts"
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
        />
      </div>
      {items === null || items.length > 0 ? (
        <ul>
          {(items ?? []).map((item) => (
            <li key={item.job}>
              <button type="button" onClick={() => use(item.job)} title="Fill the form with this request">
                <span class="veo-line">{item.prompt}</span>
                <span class="veo-hint">
                  {item.model} · {new Date(item.at).toLocaleDateString()}
                </span>
              </button>
            </li>
          ))}
        </ul>
      ) : (
        <p class="veo-hint veo-empty">{query ? "No earlier prompt matches." : "No prompts yet."}</p>
      )}
    </section>
  );
}

/**
 * The kernel's answer to the newest search; null until there is one.
 *
 * @param {Wire} wire
 * @param {string} query
 */
function useHistory(wire, query) {
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
