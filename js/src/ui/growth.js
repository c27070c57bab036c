/** A text box that is as high as its text. */
import { useLayoutEffect } from "preact/hooks";

const HIGHEST = 420;

/**
 * @param {{current: HTMLTextAreaElement|null}} box
 * @param {string} text
 */
export function useGrowth(box, text) {
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const grow = () => {
      element.style.height = "auto";
      element.style.height = `${Math.min(element.scrollHeight, HIGHEST)}px`;
    };
    grow();
    if (typeof ResizeObserver === "undefined") return undefined;
    // A narrower box has more lines. Its own height is none of the watcher's business.
    let width = element.clientWidth;
    const watcher = new ResizeObserver(() => {
      if (element.clientWidth === width) return;
      width = element.clientWidth;
      grow();
    });
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [box, text]);
}
