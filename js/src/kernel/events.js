/**
 * Who listens to what, until they no longer do.
 *
 * @import { Wire } from "./types.js"
 */

/** Something that tells its listeners of every change. */
export class Subject {
  /** @type {Set<() => void>} */
  #listeners = new Set();

  /**
   * @param {() => void} listener  called after every change
   * @returns {() => void} ends it
   */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tell of a change. */
  changed() {
    for (const listener of this.#listeners) listener();
  }

  dispose() {
    this.#listeners.clear();
  }
}

/**
 * Handle events of an element, or of the window, until the returned function is called.
 *
 * @param {EventTarget} target
 * @param {string} names  of the events, with blanks between
 * @param {(event: any) => void} handle
 * @param {AddEventListenerOptions} [options]
 * @returns {() => void}
 */
export function onEvents(target, names, handle, options) {
  const ended = new AbortController();
  for (const name of names.split(" ")) target.addEventListener(name, handle, { ...options, signal: ended.signal });
  return () => ended.abort();
}

/**
 * Handle the size of an element, now and whenever it changes.
 *
 * @param {Element} element
 * @param {() => void} handle
 * @returns {(() => void)|undefined} stops it
 */
export function onResize(element, handle) {
  handle();
  if (typeof ResizeObserver === "undefined") return undefined;
  const watcher = new ResizeObserver(handle);
  watcher.observe(element);
  return () => watcher.disconnect();
}

/**
 * Handle an event of a model, or a change of one of its traits, until the returned function is called.
 *
 * @param {Pick<Wire, "on"|"off">} model
 * @param {string} name
 * @param {(...args: any[]) => void} handle
 * @returns {() => void}
 */
export function onModel(model, name, handle) {
  model.on(name, handle);
  return () => model.off(name, handle);
}

/**
 * Handled here, and by nothing else.
 *
 * @param {Event} event
 */
export function claim(event) {
  event.preventDefault();
  event.stopPropagation();
}

/**
 * Several ends as one.
 *
 * @param {(() => void)[]} ends
 */
export const together = (...ends) => () => ends.forEach((end) => end());

/**
 * Call a clean-up function in the way of the host: when it aborts its signal, or else by what is returned.
 *
 * @param {AbortSignal|undefined} signal
 * @param {() => void} end
 */
export function endWith(signal, end) {
  signal?.addEventListener("abort", end, { once: true });
  // Never both, or the clean-up would run twice.
  return signal ? undefined : end;
}
