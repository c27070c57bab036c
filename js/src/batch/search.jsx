/**
 * Words and states to look for.
 *
 * @import { Filters, Kind, Standing } from "./types.js"
 */
import { SearchField } from "../library/search_field.jsx";
import { IconButton } from "../ui/icons.jsx";

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
        <SearchField what="rows" query={filters.query} change={change} />
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
