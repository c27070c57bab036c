/**
 * The cast beside a prompt: a click, a drag, or "@" and the first letters put a name where the cursor is. It knows of the
 * prompt nothing but its field, so that it serves wherever prompts are written.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { claim, onEvents, together } from "../kernel/events.js";
import { hasModifier } from "../kernel/keys.js";
import { usePageId } from "./page_id.js";

/** @typedef {{name: string, text: string, images: number, face: string}} Character  face: a `data:` address, or "" */
/** @typedef {{current: HTMLTextAreaElement|null}} Field */

/** A name up to the cursor. An address of e-mail has a letter before the sign. */
const BEGUN = /(?<![\p{L}\p{N}_@])@([\p{L}\p{N}_]*)$/u;

/**
 * @param {{cast: Character[], remarks: string[], box: Field, onName?: () => void}} props  remarks: what to know of who is
 *   named; onName: a face has written its name
 */
export function CastShelf({ cast, remarks, box, onName }) {
  const id = usePageId();
  const { found, picked } = useNaming(cast, box, id);
  const naming = found.length > 0;
  return (
    <div class="veo-cast">
      <div id={id} class="veo-faces" role={naming ? "listbox" : "group"} aria-label="Cast">
        {cast.map((one) => (
          <Face
            key={one.name}
            id={`${id}-${one.name}`}
            {...{ one, box, naming, onName }}
            off={naming && !found.includes(one)}
            chosen={naming && found[picked] === one}
          />
        ))}
      </div>
      {remarks.map((remark) => (
        <p key={remark} class="veo-hint" role="status">
          {remark}
        </p>
      ))}
    </div>
  );
}

/**
 * @param {{id: string, one: Character, box: Field, naming: boolean, off: boolean, chosen: boolean,
 *   onName: (() => void)|undefined}} props
 */
function Face({ id, one, box, naming, off, chosen, onName }) {
  const write = () => {
    writeName(box.current, one.name);
    onName?.();
  };
  const face = useRef(/** @type {HTMLDivElement|null} */ (null));
  useEffect(() => {
    if (chosen) face.current?.scrollIntoView?.({ block: "nearest" });
  }, [chosen]);
  return (
    // No button: in Firefox none can be dragged.
    <div
      ref={face}
      id={id}
      class={`veo-face ${off ? "veo-face-off" : ""}`}
      role={naming ? "option" : "button"}
      aria-selected={naming ? chosen : undefined}
      tabIndex={0}
      title={aboutText(one)}
      draggable
      onDragStart={(event) => event.dataTransfer?.setData("text/plain", `@${one.name} `)}
      onClick={write}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        claim(event);
        write();
      }}
    >
      {one.face ? <img src={one.face} alt="" draggable={false} /> : <span aria-hidden="true">{[...one.name][0]}</span>}
      {one.name}
    </div>
  );
}

/** @param {Character} character */
function aboutText({ name, text, images }) {
  const many = images === 1 ? "1 image" : images ? `${images} images` : "";
  return [`@${name}`, text, many].filter(Boolean).join(" · ");
}

/**
 * Who may be meant by what is being written, and which of them the keys are at.
 *
 * @param {Character[]} cast
 * @param {Field} box
 * @param {string} id
 */
function useNaming(cast, box, id) {
  const [begun, setBegun] = useState(/** @type {string|null} */ (null));
  const [picked, setPicked] = useState(0);
  const fits = begun === null ? [] : cast.filter(({ name }) => name.toLowerCase().startsWith(begun));
  const found = fits.length === 1 && fits[0]?.name.toLowerCase() === begun ? [] : fits;
  const one = found[picked];
  const press = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const takes = event.key === "Enter" || (event.key === "Tab" && !event.shiftKey);
    if (!one || event.isComposing || hasModifier(event)) return;
    if (step) setPicked((picked + step + found.length) % found.length);
    else if (takes) writeName(box.current, one.name);
    else if (event.key !== "Escape") return;
    if (!step) setBegun(null);
    claim(event);
  };
  const pressed = useRef(press);
  pressed.current = press;
  useEffect(() => {
    const field = box.current;
    if (!field) return undefined;
    field.setAttribute("aria-autocomplete", "list");
    const look = () => {
      setBegun(BEGUN.exec(field.value.slice(0, field.selectionStart))?.[1]?.toLowerCase() ?? null);
      setPicked(0);
    };
    return together(
      onEvents(field, "input", look),
      onEvents(field, "blur click", () => setBegun(null)),
      onEvents(field, "keydown", (event) => pressed.current(event)),
    );
  }, [box]);
  useEffect(() => {
    const field = box.current;
    const about = { "aria-controls": one && id, "aria-activedescendant": one && `${id}-${one.name}` };
    for (const [name, value] of Object.entries(about)) if (value) field?.setAttribute(name, value);
    return () => Object.keys(about).forEach((name) => field?.removeAttribute(name));
  }, [box, one]);
  return { found, picked };
}

/**
 * Put a name where the cursor is, in the place of what was begun of it, and such that it can be told from its neighbours.
 *
 * @param {HTMLTextAreaElement|null} field
 * @param {string} name
 */
export function writeName(field, name) {
  if (!field) return;
  field.focus();
  const { value, selectionStart, selectionEnd } = field;
  const start = BEGUN.exec(value.slice(0, selectionStart))?.index ?? selectionStart;
  const gap = /[\p{L}\p{N}_@]$/u.test(value.slice(0, start)) ? " " : "";
  const text = `${gap}@${name}${/^[\s.,;:!?)'’]/.test(value.slice(selectionEnd)) ? "" : " "}`;
  field.setSelectionRange(start, selectionEnd);
  // So that Ctrl+Z takes it back; where there is no such command, the field is written to.
  if (field.ownerDocument.execCommand?.("insertText", false, text)) return;
  field.setRangeText(text, start, selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
