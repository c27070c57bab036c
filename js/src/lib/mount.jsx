/**
 * The edge between anywidget and the views.
 *
 * @import { ComponentChild } from "preact"
 */
import { render } from "preact";
import { keepFromNotebook } from "./keys.js";

/**
 * Draw into a view's element until the view goes away.
 *
 * @param {HTMLElement} el
 * @param {AbortSignal|undefined} signal
 * @param {ComponentChild} view
 * @returns {() => void} the same end, for hosts that call a clean-up function; it may be called twice
 */
export function mount(el, signal, view) {
  const root = el.ownerDocument.createElement("div");
  root.className = "veo-root";
  root.addEventListener("keydown", keepFromNotebook);
  el.append(root);
  render(view, root);
  const end = () => {
    render(null, root);
    root.remove();
  };
  signal?.addEventListener("abort", end, { once: true });
  return end;
}
