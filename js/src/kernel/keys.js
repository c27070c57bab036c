/**
 * Keys of the focused player.
 *
 * @typedef {"toggle"|"mute"|"fullscreen"|"skip"|"frame"|"share"|"grab"|"window"|"captions"|"help"} KeyCommand
 */

/** @type {Record<string, [KeyCommand, number]>} */
const KEYS = {
  " ": ["toggle", 0],
  k: ["toggle", 0],
  m: ["mute", 0],
  f: ["fullscreen", 0],
  p: ["window", 0],
  g: ["grab", 0],
  c: ["captions", 0],
  "?": ["help", 0],
  j: ["skip", -1],
  l: ["skip", 1],
  ArrowLeft: ["skip", -1],
  ArrowRight: ["skip", 1],
  ",": ["frame", -1],
  ".": ["frame", 1],
  Home: ["share", 0],
  End: ["share", 1],
};

export const KEYS_TEXT = "k play · j l 1 s · , . frame · 0–9 jump · m sound · f full screen · p small window · g take the frame · c captions";

export const hasModifier = (/** @type {KeyboardEvent} */ event) => event.ctrlKey || event.metaKey || event.altKey;

/** A letter is the same with Caps Lock. @param {KeyboardEvent} event */
export const keyName = ({ key }) => (key.length === 1 ? key.toLowerCase() : key);

/**
 * What a key means, or null. A control that needs the key itself keeps it.
 *
 * @param {KeyboardEvent} event
 * @returns {[KeyCommand, number]|null}
 */
export function keyCommand(event) {
  if (hasModifier(event)) return null;
  const tag = event.target instanceof Element ? event.target.tagName : "";
  const volume = event.target instanceof Element && event.target.classList.contains("veo-volume");
  if (tag === "SELECT" || tag === "TEXTAREA" || (volume && /^(Arrow|Home|End)/.test(event.key))) return null;
  if (event.key === " " && (tag === "BUTTON" || tag === "A" || tag === "SUMMARY")) return null;
  if (/^[0-9]$/.test(event.key)) return ["share", Number(event.key) / 10];
  return KEYS[keyName(event)] ?? null;
}

/**
 * Handles the key that closes a panel.
 *
 * @param {() => void} close
 */
export const onEscape = (close) => (/** @type {KeyboardEvent} */ event) => {
  if (event.key !== "Escape") return;
  event.stopPropagation();
  close();
};

/**
 * Keep plain keys from the notebook, where a letter is a command ("d d" deletes the cell). Ctrl+S and the like pass.
 *
 * @param {KeyboardEvent} event
 */
export function keepFromNotebook(event) {
  const leaves = event.key === "Tab" || event.key === "Escape" || event.shiftKey && event.key === "Enter";
  if (!hasModifier(event) && !leaves) event.stopPropagation();
}
