/** A text box that is as high as its text. */
import { useLayoutEffect } from "preact/hooks";
import { onResize } from "../kernel/events.js";

const HIGHEST = 420;

/**
 * @param {{current: HTMLTextAreaElement|null}} box
 * @param {string} text
 */
export function useGrowth(box, text) {
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    let width = -1;
    return onResize(element, () => {
      // A narrower box has more lines. Its own height is none of the watcher's business.
      if (element.clientWidth === width) return;
      width = element.clientWidth;
      element.style.height = "auto";
      element.style.height = `${Math.min(element.scrollHeight, HIGHEST)}px`;
    });
  }, [box, text]);
}
