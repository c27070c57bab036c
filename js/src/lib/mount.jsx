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
  const unfollow = followTheme(root);
  el.append(root);
  render(view, root);
  const end = () => {
    unfollow();
    render(null, root);
    root.remove();
  };
  signal?.addEventListener("abort", end, { once: true });
  return end;
}

/**
 * Follow the theme of marimo, whose word for it no selector reaches from within its shadow roots.
 *
 * @param {HTMLElement} root
 */
function followTheme(root) {
  const { body } = root.ownerDocument;
  const follow = () => {
    root.style.colorScheme = ["light", "dark"].find((theme) => body.classList.contains(`${theme}-theme`)) ?? "";
  };
  follow();
  const changes = new MutationObserver(follow);
  changes.observe(body, { attributeFilter: ["class"] });
  return () => changes.disconnect();
}
