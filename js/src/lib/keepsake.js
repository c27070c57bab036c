/**
 * What this browser remembers of a form, for the day the kernel is gone. Storage may be full, forbidden or not there.
 *
 * @import { Draft, Values } from "./form_types.js"
 */
const key = (/** @type {string} */ place) => `veo_widgets.form.${place}`;

/**
 * @param {string} place
 * @param {Draft} draft
 */
export function remember(place, draft) {
  try {
    localStorage.setItem(key(place), JSON.stringify(draft));
  } catch {
    // The kernel has it all the same.
  }
}

/** @param {string} place */
export function forget(place) {
  try {
    localStorage.removeItem(key(place));
  } catch {
    // Then there was nothing.
  }
}

/**
 * @param {string} place
 * @returns {Draft|null}
 */
export function recall(place) {
  try {
    const found = JSON.parse(localStorage.getItem(key(place)) ?? "null");
    return found && typeof found.at === "number" && found.values ? found : null;
  } catch {
    return null;
  }
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
