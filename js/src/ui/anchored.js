/** What lies over the page, beside something in it. */
import { useEffect, useRef } from "preact/hooks";
import { onEvents } from "../kernel/events.js";
import { useVisible } from "../kernel/hooks.js";

/**
 * Put it there again whenever the page moves, as a notebook does by itself when outputs grow.
 *
 * @param {Element|null} anchor
 * @param {() => void} put
 * @param {() => void} onGone  the anchor has left the screen
 */
export function useAnchored(anchor, put, onGone) {
  useEffect(() => onEvents(window, "scroll resize", put, { capture: true, passive: true }), [anchor]);
  const visible = useVisible(anchor, "0px");
  const wasVisible = useRef(false);
  useEffect(() => {
    if (wasVisible.current && !visible) onGone();
    wasVisible.current ||= visible;
  }, [visible]);
}
