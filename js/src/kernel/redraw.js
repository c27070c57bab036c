import { useEffect, useState } from "preact/hooks";

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
  useEffect(() => subject.subscribe(redraw), [subject]);
}
