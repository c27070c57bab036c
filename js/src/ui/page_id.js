/** Ids for labels and groups of radio buttons. */
import { useState } from "preact/hooks";

const COUNTER = Symbol.for("veo-widgets-ids");
const page = /** @type {{[COUNTER]?: number}} */ (globalThis);

/**
 * An id that nothing else on the page has, for as long as the component is drawn.
 *
 * Preact's `useId` counts from the beginning in every root and every bundle. With two widgets on a page a label would
 * name the box of the other one, and radio buttons of both would be a single group, of which one can be chosen.
 */
export const usePageId = () => useState(nextId)[0];

function nextId() {
  // Each widget brings a bundle of its own; the page is all that they share.
  page[COUNTER] = (page[COUNTER] ?? 0) + 1;
  return `veo-${page[COUNTER]}`;
}
