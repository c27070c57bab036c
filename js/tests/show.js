/**
 * A widget in a page without a browser, with a model that no kernel stands behind.
 */
import { afterEach, beforeEach, vi } from "vitest";
import { FakeModel } from "./fake_model.js";

/** Says at once that all is on screen; the DOM used here has no layout to tell. */
export class AllSeen {
  /** @param {IntersectionObserverCallback} report */
  constructor(report) {
    this.report = report;
  }
  observe() {
    this.report([/** @type {any} */ ({ isIntersecting: true })], /** @type {any} */ (this));
  }
  disconnect() {}
}

/** Let effects and redraws happen. */
export const settle = () => vi.advanceTimersByTimeAsync(120);

/**
 * An empty page for each test of a file or a group, on a clock of its own; `ended` takes away what is shown on it.
 *
 * @returns {{ended: AbortController}}
 */
export function emptyPage() {
  const page = { ended: new AbortController() };
  beforeEach(() => {
    page.ended = new AbortController();
    vi.useFakeTimers();
    vi.stubGlobal("IntersectionObserver", AllSeen);
    localStorage.clear();
  });
  afterEach(async () => {
    page.ended.abort();
    await settle();
    document.body.replaceChildren();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
  return page;
}

/**
 * @param {() => any} widget
 * @param {Record<string, any>} state
 * @param {AbortSignal} signal
 */
export async function show(widget, state, signal) {
  const model = new FakeModel(state);
  const parts = widget();
  parts.initialize?.({ model, signal });
  const another = async (/** @type {AbortSignal} */ end = signal) => {
    const el = document.body.appendChild(document.createElement("div"));
    parts.render({ model, el, signal: end });
    await settle();
    return el;
  };
  return { model, another, el: await another() };
}

/**
 * @param {ParentNode} el
 * @param {string} text  in the button, or its tooltip
 * @returns {HTMLButtonElement}
 */
export function button(el, text) {
  const found = [...el.querySelectorAll("button")].find((one) => one.textContent?.includes(text) || one.title.includes(text));
  if (!found) throw new Error(`no button “${text}” in: ${/** @type {HTMLElement} */ (el).textContent}`);
  return found;
}

/**
 * @param {Element} target
 * @param {string} key
 */
export async function press(target, key) {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  target.dispatchEvent(event);
  await settle();
  return event;
}
