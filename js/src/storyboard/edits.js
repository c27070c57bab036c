/**
 * Edits on their way to the film, what was refused, and what is typed meanwhile.
 *
 * @import { Edit, Model } from "./types.js"
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { claim, together } from "../kernel/events.js";
import { GONE } from "../kernel/link.js";
import { listen, newRequest, send } from "../kernel/protocol.js";

/**
 * @param {Model} wire
 * @returns {{edit: Edit, faults: Record<string, string>, forget: (part: string) => void, busy: boolean}}
 */
export function useEdits(wire) {
  const [faults, setFaults] = useState(/** @type {Record<string, string>} */ ({}));
  const [busy, setBusy] = useState(false);
  const waiting = useRef(new Map()).current;
  const say = (/** @type {string} */ part, /** @type {string} */ fault) => setFaults(({ [part]: _, ...rest }) => (fault ? { ...rest, [part]: fault } : rest));
  const settle = (/** @type {string} */ request, /** @type {string} */ fault) => {
    const asked = waiting.get(request);
    if (!asked) return;
    waiting.delete(request);
    setBusy(waiting.size > 0);
    say(asked.part, fault);
    asked.done?.(!fault);
  };
  useEffect(
    () =>
      together(
        listen(wire, "taken", ({ request }) => settle(request, "")),
        listen(wire, "not-edited", ({ request, message }) => settle(request, message)),
      ),
    [wire],
  );
  /** @type {Edit} */
  const edit = (part, what, done) => {
    const request = newRequest();
    waiting.set(request, { part, done });
    setBusy(true);
    if (!send(wire, "edit", { edit: what, request })) settle(request, GONE);
  };
  return { edit, faults, forget: (part) => say(part, ""), busy };
}

/**
 * A field in which a text is edited in place: given when it is left or with Ctrl+Enter, and given back by Esc. What was
 * refused stays as it was typed.
 *
 * @param {string} value  as the film has it
 * @param {(text: string, done: (ok: boolean) => void) => void} save
 * @param {{line?: boolean, leave?: () => void}} [how]  line: Enter gives it too; leave: where the keyboard goes from here
 */
export function useTyped(value, save, { line = false, leave } = {}) {
  const [typed, setTyped] = useState(/** @type {string|null} */ (null));
  // Not state: a field is left before it is drawn again.
  const held = useRef({ typed: /** @type {string|null} */ (null), given: /** @type {string|null} */ (null) }).current;
  const hold = (/** @type {string|null} */ text) => {
    held.typed = text;
    held.given = null;
    setTyped(text);
  };
  const give = () => {
    const text = held.typed;
    if (text === null || text === held.given) return;
    if (text === value) return hold(null);
    held.given = text;
    save(text, (ok) => void (ok && held.typed === text && hold(null)));
  };
  return {
    value: typed ?? value,
    onInput: (/** @type {{currentTarget: HTMLInputElement|HTMLTextAreaElement}} */ event) => hold(event.currentTarget.value),
    onBlur: give,
    onKeyDown: (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Escape") {
        claim(event);
        hold(null);
        leave?.();
      } else if (event.key === "Enter" && !event.isComposing && (line || event.ctrlKey || event.metaKey)) {
        claim(event);
        give();
      }
    },
  };
}
