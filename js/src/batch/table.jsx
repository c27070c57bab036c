/**
 * The rows, of which only those that are seen are in the page, under heads that sort them.
 *
 * @import { Found } from "../library/finds.js"
 * @import { Kept } from "../library/scrolling.js"
 * @import { Filters, Row, Standing } from "./types.js"
 * @import { Stills } from "./stills.js"
 */
import { useEffect } from "preact/hooks";
import { shelfKey } from "../library/keys.js";
import { useScrolling } from "../library/scrolling.js";
import { Icon } from "../ui/icons.jsx";
import { TableRow } from "./row.jsx";

/**
 * @param {{finds: Found<Row>, stills: Stills, standing: Standing, filters: Filters, opened: number|undefined,
 *   change: (changes: Partial<Filters>) => void, kept: {current: Kept}, open: (row: Row) => void,
 *   star: (row: Row) => void, search: () => void}} props
 */
export function Table({ finds, stills, standing, filters, opened, change, kept, open, star, search }) {
  const { count, entries } = finds;
  const { columns: own } = standing;
  const measures = (/** @type {number} */ width) => {
    const narrow = width < 500 + 64 * own.length;
    return { narrow, columns: 1, row: narrow ? 108 : 72, gap: 0, head: 40 };
  };
  const { narrow, row, at, places, whole, rows, go, settle, frame, first } = useScrolling(finds, kept, measures);
  const seen = places.flatMap((place) => entries.get(place) ?? []);
  useEffect(() => stills.need(seen));
  const entry = entries.get(at);
  const commands = { ...(entry ? { Enter: () => open(entry), s: () => star(entry) } : {}), "/": search };
  const style = narrow ? "" : `--veo-columns: 32px 104px 52px ${"minmax(56px, 1fr) ".repeat(own.length)}minmax(96px, 3fr) minmax(112px, 2fr) 60px`;
  const tabbed = entry ? at : Math.min(first + 1, count - 1);
  return (
    <div
      {...frame}
      class={`veo-batch-rows ${narrow ? "veo-batch-narrow" : ""}`}
      role="grid"
      aria-label="Rows"
      aria-rowcount={count + 1}
      onKeyDown={(event) => shelfKey(event, { index: at, count, columns: 1, rows, go, commands })}
    >
      <div class="veo-batch-table" style={style} role="presentation">
        <div class="veo-batch-line veo-batch-heads" role="row" aria-rowindex={1}>
          {headsOf(own).map(([by, label, icon]) => (
            <SortHead key={by} {...{ by, label, icon, filters, change }} />
          ))}
        </div>
        <div class="veo-batch-body" role="rowgroup" style={{ height: `${whole}px` }}>
          {places.map((index) => (
            <TableRow
              key={index}
              {...{ index, open, star, narrow, stills }}
              row={entries.get(index)}
              chosen={entries.get(index)?.row === opened}
              inOrder={index === tabbed}
              place={{ top: `${index * row}px`, height: `${row}px` }}
              onFocus={() => settle(index)}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

/**
 * @param {string[]} own
 * @returns {[string, string, boolean?][]}
 */
const headsOf = (own) => [
  ["starred", "Star", true],
  ["", "Clip"],
  ["number", "Row"],
  ...own.map((name, place) => /** @type {[string, string]} */ ([`own${place}`, name])),
  ["prompt", "Prompt"],
  ["state", "State"],
  ["price", "Price"],
];

/** @param {{by: string, label: string, icon: boolean|undefined, filters: Filters, change: (changes: Partial<Filters>) => void}} props */
function SortHead({ by, label, icon, filters, change }) {
  if (!by) return <span role="columnheader" class="veo-batch-still veo-unsorted">{label}</span>;
  const now = (filters.by || "number") === by;
  return (
    <span role="columnheader" aria-sort={now ? (filters.down ? "descending" : "ascending") : "none"}>
      <button type="button" class="veo-batch-sort" title={`Sort by ${label}`} onClick={() => change({ by, down: now && !filters.down })}>
        {icon ? <Icon name="star" /> : label}
        {icon && <span class="veo-unseen">{label}</span>}
        {now && <Icon name="chevron" />}
      </button>
    </span>
  );
}
