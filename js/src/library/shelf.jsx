/**
 * The cards, of which only those that are seen are in the page.
 *
 * @import { Deeds } from "./cell.jsx"
 * @import { Finds } from "./finds.js"
 */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { onResize } from "../kernel/events.js";
import { LibraryCell } from "./cell.jsx";
import { shelfKey } from "./keys.js";

const GAP = 12;
/** Below each still; the style sheet has the same. */
const CAPTION = 100;
/** The least width of a card, on a wide page and on a narrow one. */
const WIDE = 200;
const NARROW = 136;
const RESTS_MS = 40;
const HIGHEST = 640;

/** @param {number} width  of the shelf */
function measures(width) {
  const least = width < 480 ? NARROW : WIDE;
  const columns = Math.max(1, Math.floor((width - GAP) / (least + GAP)));
  const cell = Math.max(0, (width - GAP * (columns + 1)) / columns);
  const height = Math.round((cell * 9) / 16) + CAPTION;
  return { columns, cell, height, row: height + GAP };
}

/**
 * @param {{finds: Finds, chosen: string[], deeds: Deeds, commands: {undo: () => void, search: () => void},
 *   kept: {current: {top: number, index: number, moved?: number}}}} props  kept: where the view was before a clip was opened
 */
export function Shelf({ finds, chosen, deeds, commands, kept }) {
  const { count, entries, request, ask, moved } = finds;
  const box = useRef(/** @type {HTMLDivElement|null} */ (null));
  const [width, setWidth] = useState(0);
  const [top, setTop] = useState(kept.current.top);
  const [current, setCurrent] = useState(kept.current.index);
  const focusing = useRef(false);
  const { columns, cell, height, row } = measures(width);
  const whole = Math.ceil(count / columns) * row + GAP;
  const seen = Math.min(HIGHEST, whole);
  const first = Math.max(0, Math.floor(top / row) - 1) * columns;
  const last = Math.min(count, (Math.ceil((top + seen) / row) + 1) * columns);
  const at = Math.min(current, count - 1);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    return onResize(element, () => setWidth(element.clientWidth));
  }, []);
  useLayoutEffect(() => {
    // Only once its cards have their places there is something to scroll.
    if (width > 0 && box.current) box.current.scrollTop = kept.current.top;
  }, [width > 0]);
  useLayoutEffect(() => {
    const place = kept.current;
    const by = moved - (place.moved ?? moved);
    place.moved = moved;
    const element = box.current;
    // Who has not gone anywhere yet sees what comes; who has stays where the eyes and the keyboard are.
    if (!element || !by || !(place.top || place.index || element.matches(":focus-within"))) return;
    setCurrent((place.index += by));
    if (place.top) element.scrollTop = place.top += Math.round(by / columns) * row;
  }, [moved]);
  useEffect(() => {
    const timer = setTimeout(() => ask(first, last), RESTS_MS);
    return () => clearTimeout(timer);
  }, [first, last, request]);
  useLayoutEffect(() => {
    // The last card was deleted, and the focus went with it.
    if (current > at && at >= 0) {
      focusing.current ||= document.activeElement === document.body;
      setCurrent(at);
    }
    const element = focusing.current ? box.current?.querySelector(`[data-index="${at}"][tabindex]`) : null;
    if (!element) return;
    focusing.current = false;
    /** @type {HTMLElement} */ (element).focus({ preventScroll: true });
  });
  const go = (/** @type {number} */ index) => {
    const element = box.current;
    const above = Math.floor(index / columns) * row;
    if (element && above < element.scrollTop) element.scrollTop = above;
    else if (element && above + row + GAP > element.scrollTop + seen) element.scrollTop = above + row + GAP - seen;
    setTop(element?.scrollTop ?? 0);
    kept.current.index = index;
    focusing.current = true;
    setCurrent(index);
  };
  const places = Array.from({ length: Math.max(0, last - first) }, (_, n) => first + n);
  // The focused card stays in the page wherever it was scrolled, or the keyboard would lose its place.
  if (at >= 0 && (at < first || at >= last)) places.push(at);
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
    <div
      ref={box}
      class="veo-lib-shelf"
      style={{ height: `${seen}px` }}
      onScroll={(event) => {
        kept.current.top = event.currentTarget.scrollTop;
        setTop(event.currentTarget.scrollTop);
      }}
      onKeyDown={(event) => shelfKey(event, { index: at, count, columns, rows: Math.max(1, Math.floor(seen / row)), go, commands: keyed })}
    >
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
            onFocus={() => {
              kept.current.index = index;
              setCurrent(index);
            }}
          />
        ))}
      </ul>
    </div>
  );
}
