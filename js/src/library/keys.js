/** Keys of the focused card. */
import { claim } from "../kernel/events.js";
import { hasModifier, keyName } from "../kernel/keys.js";

/**
 * @param {KeyboardEvent} event
 * @param {{index: number, count: number, columns: number, rows: number, go: (index: number) => void,
 *   commands: Record<string, () => void>}} shelf  rows: as many as are seen; commands: by their keys
 */
export function shelfKey(event, { index, count, columns, rows, go, commands }) {
  // A button, a box or a menu in the card keeps its own keys.
  const own = event.target instanceof Element && event.target.matches("button, input, [role^=menuitem]");
  if (hasModifier(event) || (own && [" ", "Enter"].includes(event.key))) return;
  const to = {
    ArrowLeft: index - 1,
    ArrowRight: index + 1,
    ArrowUp: index - columns,
    ArrowDown: index + columns,
    PageUp: index - columns * rows,
    PageDown: index + columns * rows,
    Home: 0,
    End: count - 1,
  }[event.key];
  const command = commands[keyName(event)];
  if (to !== undefined) go(Math.min(Math.max(to, 0), count - 1));
  else if (command) command();
  else return;
  claim(event);
}
