/**
 * What was asked for before, with search.
 *
 * @import { Wire } from "../kernel/types.js"
 * @import { useEarlier } from "./earlier.js"
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { onEscape } from "../kernel/keys.js";
import { Icon } from "../ui/icons.jsx";

/** @param {{wire: Wire, earlier: typeof useEarlier, onPick: (job: string) => void, onClose: () => void}} props */
export function History({ wire, earlier, onPick, onClose }) {
  const [query, setQuery] = useState("");
  const items = earlier(wire, query);
  const field = useRef(/** @type {HTMLInputElement|null} */ (null));
  useEffect(() => field.current?.focus(), []);
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
              <button type="button" onClick={() => onPick(item.job)} title="Fill the form with this request">
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
