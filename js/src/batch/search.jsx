/**
 * Words and states to look for.
 *
 * @import { Filters, Kind, Standing } from "./types.js"
 */
import { longest } from "../kernel/protocol.js";
import { Icon, IconButton } from "../ui/icons.jsx";

/** @type {[Kind|"", string][]} */
const KINDS = [
  ["", "All"],
  ["made", "Made"],
  ["running", "In progress"],
  ["due", "To make"],
  ["failed", "Failed"],
];

/** @param {{standing: Standing, filters: Filters, change: (changes: Partial<Filters>) => void}} props */
export function Search({ standing: { count, counts }, filters, change }) {
  return (
    <div class="veo-lib-bar" role="search" aria-label="Rows">
      <div class="veo-lib-find">
        <div class="veo-lib-search">
          <Icon name="search" />
          <input
            type="search"
            aria-label="Search rows"
            aria-keyshortcuts="/"
            placeholder="Search rows"
            maxLength={longest.query}
            value={filters.query}
            onInput={(event) => change({ query: event.currentTarget.value })}
          />
        </div>
        <IconButton icon="star" label={`Only starred (${counts.starred})`} pressed={filters.starred} onClick={() => change({ starred: !filters.starred })} />
      </div>
      <div class="veo-lib-filters" role="group" aria-label="States">
        {KINDS.map(([kind, label]) => (
          <button
            key={kind}
            type="button"
            class="veo-switch-button"
            aria-pressed={filters.kind === kind}
            disabled={kind !== "" && counts[kind] === 0 && filters.kind !== kind}
            onClick={() => change({ kind })}
          >
            {label} {(kind ? counts[kind] : count).toLocaleString()}
          </button>
        ))}
      </div>
    </div>
  );
}
