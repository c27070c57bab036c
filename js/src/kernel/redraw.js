import { useLayoutEffect, useState } from "preact/hooks";

/** @import { Subject } from "./events.js" */

/** Draws the component again when called. */
export function useRedraw() {
  const [, set] = useState({});
  return () => set({});
}

/**
 * Draws the component again whenever the subject tells of a change.
 *
 * @param {Subject} subject
 */
export function useSubject(subject) {
  const redraw = useRedraw();
  // Not after a paint: what changes before would be missed.
  useLayoutEffect(() => subject.subscribe(redraw), [subject]);
}
