/** The field in which words are searched for. */
import { longest } from "../kernel/protocol.js";
import { Icon } from "../ui/icons.jsx";

/** @param {{what: string, query: string, change: (changes: {query: string}) => void}} props  what: is searched */
export function SearchField({ what, query, change }) {
  return (
    <div class="veo-lib-search">
      <Icon name="search" />
      <input
        type="search"
        aria-label={`Search ${what}`}
        aria-keyshortcuts="/"
        placeholder={`Search ${what}`}
        maxLength={longest.query}
        value={query}
        onInput={(event) => change({ query: event.currentTarget.value })}
      />
    </div>
  );
}
