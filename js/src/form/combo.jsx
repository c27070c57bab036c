/**
 * A text with suggestions: typed freely, or picked from a list that follows what is typed.
 *
 * @import { ComponentChildren } from "preact"
 * @import { About } from "./fields.jsx"
 */
import { useEffect, useState } from "preact/hooks";
import { claim } from "../kernel/events.js";
import { useAnchored } from "../ui/anchored.js";
import { usePageId } from "../ui/page_id.js";
import { TextField } from "./fields.jsx";

/** @typedef {{value: string, hint?: string}} Suggestion */

const MARGIN = 4;

/** Put the list below its field, or above where there is more room. @param {HTMLElement} list @param {Element} field */
function place(list, field) {
  const { left, top, bottom, width } = field.getBoundingClientRect();
  const below = window.innerHeight - bottom >= list.offsetHeight + MARGIN || top < window.innerHeight - bottom;
  const at = below ? bottom + MARGIN : top - list.offsetHeight - MARGIN;
  Object.assign(list.style, { left: `${left}px`, top: `${at}px`, width: `${width}px` });
}

/**
 * What is typed counts once it is done: at Enter, and when the focus leaves.
 *
 * @param {About & {name: string, value: string, options: Suggestion[], onSay: (text: string, left: boolean) => void, placeholder?: string,
 *   numeric?: boolean, class?: string, children?: ComponentChildren}} props
 */
export function Combo({ value, options, onSay, children, ...field }) {
  const id = usePageId();
  const [typed, setTyped] = useState(/** @type {string|null} */ (null));
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const words = (typed ?? "").toLowerCase().split(/\s+/);
  const found = options.filter((one) => words.every((word) => `${one.value} ${one.hint ?? ""}`.toLowerCase().includes(word)));
  const say = (/** @type {string} */ text, left = false) => {
    setTyped(null);
    setOpen(false);
    setAt(-1);
    if (text.trim() !== value) onSay(text.trim(), left);
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length > 0) {
      claim(event);
      setOpen(true);
      setAt((at + step + found.length + (at < 0 && step < 0 ? 1 : 0)) % found.length);
    } else if (event.key === "Enter") {
      const picked = open && !event.ctrlKey && !event.metaKey ? found[at]?.value : undefined;
      say(picked ?? typed ?? value);
    } else if (event.key === "Escape" && open) {
      claim(event);
      setOpen(false);
    }
  };
  const shown = open && found.length > 0;
  return (
    <TextField
      {...field}
      id={id}
      value={typed ?? value}
      onSay={(text) => {
        setTyped(text);
        setOpen(true);
        setAt(-1);
      }}
      input={{
        role: "combobox",
        spellcheck: false,
        "aria-expanded": shown,
        "aria-controls": `${id}-l`,
        "aria-autocomplete": "list",
        "aria-activedescendant": shown && at >= 0 ? `${id}-${at}` : undefined,
        onMouseDown: () => setOpen(true),
        onKeyDown: press,
        onBlur: () => say(typed ?? value, true),
      }}
    >
      {children}
      {shown && <Suggestions {...{ id, found, at }} label={field.label} onPick={say} onClose={() => setOpen(false)} />}
    </TextField>
  );
}

/**
 * @param {{id: string, label: string, found: Suggestion[], at: number, onPick: (text: string) => void, onClose: () => void}} props
 */
function Suggestions({ id, label, found, at, onPick, onClose }) {
  const [list, setList] = useState(/** @type {HTMLUListElement|null} */ (null));
  const field = list?.parentElement ?? null;
  const put = () => list && field && place(list, field);
  useEffect(() => {
    list?.showPopover?.();
    put();
  }, [list, found.length]);
  useEffect(() => list?.children[at]?.scrollIntoView?.({ block: "nearest" }), [list, at]);
  useAnchored(field, put, onClose);
  return (
    <ul ref={setList} id={`${id}-l`} class="veo-suggestions" role="listbox" aria-label={label} popover="manual">
      {found.map(({ value, hint }, n) => (
        <li
          key={value}
          id={`${id}-${n}`}
          role="option"
          aria-selected={n === at}
          // Before the field loses the focus, which would say what was typed.
          onMouseDown={(event) => {
            event.preventDefault();
            onPick(value);
          }}
        >
          <span>{value}</span>
          {hint ? <span class="veo-hint">{hint}</span> : null}
        </li>
      ))}
    </ul>
  );
}
