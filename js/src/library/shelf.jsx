/**
 * The cards, of which only those that are seen are in the page.
 *
 * @import { Deeds } from "./cell.jsx"
 * @import { Finds } from "./finds.js"
 * @import { Kept } from "./scrolling.js"
 */
import { LibraryCell } from "./cell.jsx";
import { shelfKey } from "./keys.js";
import { useScrolling } from "./scrolling.js";

const GAP = 12;
/** Below each still; the style sheet has the same. */
const CAPTION = 100;
/** The least width of a card, on a wide page and on a narrow one. */
const WIDE = 200;
const NARROW = 136;

/** @param {number} width  of the shelf */
function measures(width) {
  const least = width < 480 ? NARROW : WIDE;
  const columns = Math.max(1, Math.floor((width - GAP) / (least + GAP)));
  const cell = Math.max(0, (width - GAP * (columns + 1)) / columns);
  const height = Math.round((cell * 9) / 16) + CAPTION;
  return { columns, cell, height, row: height + GAP, gap: GAP };
}

/**
 * @param {{finds: Finds, chosen: string[], deeds: Deeds, commands: {undo: () => void, search: () => void},
 *   kept: {current: Kept}}} props
 */
export function Shelf({ finds, chosen, deeds, commands, kept }) {
  const { count, entries, moved } = finds;
  const { columns, cell, height, row, at, first, places, whole, rows, go, settle, frame } = useScrolling(finds, kept, measures);
  const entry = entries.get(at);
  // One that was scrolled far away is no longer there to take the focus.
  const tabbed = entry ? at : Math.min(first + columns, count - 1);
  const keyed = {
    ...(entry
      ? { Enter: () => deeds.open(entry), s: () => deeds.star(entry), " ": () => deeds.choose(entry, !chosen.includes(entry.job)), Delete: () => deeds.discard(entry) }
      : {}),
    z: commands.undo,
    "/": commands.search,
  };
  return (
    <div {...frame} class="veo-lib-shelf" onKeyDown={(event) => shelfKey(event, { index: at, count, columns, rows, go, commands: keyed })}>
      <ul class="veo-lib-cells" aria-label="Jobs, newest first" style={{ height: `${whole}px` }}>
        {places.map((index) => (
          <LibraryCell
            // Not by the job: where one is deleted the next takes its place, and the keyboard stays there. What comes
            // before them moves the cards with what is open in them.
            key={index - moved}
            {...{ index, count, deeds }}
            entry={entries.get(index)}
            chosen={chosen.includes(entries.get(index)?.job ?? "")}
            inOrder={index === tabbed}
            place={{ left: GAP + (index % columns) * (cell + GAP), top: GAP + Math.floor(index / columns) * row, width: cell, height }}
            onFocus={() => settle(index)}
          />
        ))}
      </ul>
    </div>
  );
}
