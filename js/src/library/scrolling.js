/** Of many things in rows only those that are seen are in the page. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { onResize } from "../kernel/events.js";

const RESTS_MS = 40;
const HIGHEST = 640;

/**
 * @typedef {object} Kept  where a view was before something else took its place
 * @property {number} top
 * @property {number} index
 * @property {number} [moved]
 */

/**
 * @template {{columns: number, row: number, gap: number, head?: number}} Measures
 * @param {{count: number, request: string, moved: number, ask: (first: number, last: number) => void}} finds
 * @param {{current: Kept}} kept
 * @param {(width: number) => Measures} measured  in pixels, by the width that there is; gap: above the first row and below
 *   the last; head: of what stays on top
 */
export function useScrolling({ count, request, moved, ask }, kept, measured) {
  const box = useRef(/** @type {HTMLDivElement|null} */ (null));
  const [width, setWidth] = useState(0);
  const [top, setTop] = useState(kept.current.top);
  const [current, setCurrent] = useState(kept.current.index);
  const focusing = useRef(false);
  const sizes = measured(width);
  const { columns, row, gap, head = 0 } = sizes;
  const whole = Math.ceil(count / columns) * row + gap;
  const seen = Math.min(HIGHEST - head, whole);
  const first = Math.max(0, Math.floor(top / row) - 1) * columns;
  const last = Math.min(count, (Math.ceil((top + seen) / row) + 1) * columns);
  const at = Math.min(current, count - 1);
  useLayoutEffect(() => {
    const element = box.current;
    return element ? onResize(element, () => setWidth(element.clientWidth)) : undefined;
  }, []);
  useLayoutEffect(() => {
    // Only once its rows have their places there is something to scroll.
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
    // The last one was deleted, and the focus went with it.
    if (current > at && at >= 0) {
      focusing.current ||= document.activeElement === document.body;
      setCurrent(at);
    }
    const element = focusing.current ? box.current?.querySelector(`[data-index="${at}"][tabindex]`) : null;
    if (!element) return;
    focusing.current = false;
    /** @type {HTMLElement} */ (element).focus({ preventScroll: true });
  });
  const settle = (/** @type {number} */ index) => {
    kept.current.index = index;
    setCurrent(index);
  };
  const go = (/** @type {number} */ index) => {
    const element = box.current;
    const above = Math.floor(index / columns) * row;
    if (element && above < element.scrollTop) element.scrollTop = above;
    else if (element && above + row + gap > element.scrollTop + seen) element.scrollTop = above + row + gap - seen;
    setTop(element?.scrollTop ?? 0);
    focusing.current = true;
    settle(index);
  };
  const places = Array.from({ length: Math.max(0, last - first) }, (_, n) => first + n);
  // The focused one stays in the page wherever it was scrolled, or the keyboard would lose its place.
  if (at >= 0 && (at < first || at >= last)) places.push(at);
  const scroll = (/** @type {{currentTarget: HTMLElement}} */ { currentTarget }) => {
    kept.current.top = currentTarget.scrollTop;
    setTop(currentTarget.scrollTop);
  };
  return { ...sizes, at, places, whole, go, settle, rows: Math.max(1, Math.floor(seen / row)), first, frame: { ref: box, style: { height: `${seen + head}px` }, onScroll: scroll } };
}
