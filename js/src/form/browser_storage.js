/**
 * What this browser remembers of a form, for the day the kernel is gone. Storage may be full, forbidden or not there.
 *
 * @import { Draft, Values } from "./types.js"
 */
const key = (/** @type {string} */ name) => `veo_widgets.${name}`;

/** @param {string} name @param {unknown} value */
export function store(name, value) {
  try {
    localStorage.setItem(key(name), JSON.stringify(value));
  } catch {
    // The kernel has what matters all the same.
  }
}

/** @param {string} name @returns {any} null if there is nothing, or nothing that can be read */
export function load(name) {
  try {
    return JSON.parse(localStorage.getItem(key(name)) ?? "null");
  } catch {
    return null;
  }
}

/**
 * @param {string} place
 * @param {Draft} draft
 */
export const remember = (place, draft) => store(`form.${place}`, draft);

/** @param {string} place */
export function forget(place) {
  try {
    localStorage.removeItem(key(`form.${place}`));
  } catch {
    // Then there was nothing.
  }
}

/**
 * @param {string} place
 * @returns {Draft|null}
 */
export function recall(place) {
  const found = load(`form.${place}`);
  return found && typeof found.at === "number" && found.values ? found : null;
}

/**
 * What a cell says that it did not say when it was last run.
 *
 * @param {Values} given
 * @param {Values} [before]
 * @returns {Values}
 */
export function changedOf(given, before = {}) {
  const old = /** @type {Record<string, unknown>} */ (before);
  return Object.fromEntries(Object.entries(given).filter(([name, value]) => JSON.stringify(old[name]) !== JSON.stringify(value)));
}
