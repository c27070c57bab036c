/**
 * The edge between anywidget and the views.
 *
 * @import { ComponentChild } from "preact"
 * @import { Wire } from "../kernel/types.js"
 * @import { WayBack } from "./alive.jsx"
 */
import { render } from "preact";
import { Alive } from "./alive.jsx";
import { hear } from "../kernel/hearing.js";
import { keepFromNotebook } from "../kernel/keys.js";
import { watchLink } from "../kernel/link.js";

/**
 * Draw into a view's element until the view goes away.
 *
 * @param {Wire & {get: (name: any) => any}} model
 * @param {HTMLElement} el
 * @param {AbortSignal|undefined} signal
 * @param {ComponentChild} view
 * @param {{wayBack?: WayBack, stays?: boolean}} [how]  stays: it is shown still when its kernel has gone
 * @returns {() => void} the same end, for hosts that call a clean-up function; it may be called twice
 */
export function mount(model, el, signal, view, how) {
  const root = el.ownerDocument.createElement("div");
  // Pages that set mathematics leave prices alone.
  root.className = "veo-root mathjax_ignore tex2jax_ignore";
  root.addEventListener("keydown", keepFromNotebook);
  const unfollow = followTheme(root);
  el.append(root);
  hear(model);
  const unwatch = watchLink(model, root);
  render(<Alive wire={model} {...how}>{view}</Alive>, root);
  const end = () => {
    unwatch();
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
