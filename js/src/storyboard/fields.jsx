/**
 * Fields of the board: texts that grow, numbers, and settings by name.
 *
 * @import { Setting } from "./types.js"
 */
import { useRef, useState } from "preact/hooks";
import { Icon, IconButton } from "../ui/icons.jsx";
import { useGrowth } from "../ui/growth.js";
import { useTyped } from "./edits.js";

/**
 * @param {{label: string, value: string, save: (text: string, done: (ok: boolean) => void) => void, faulty?: boolean,
 *   placeholder?: string, leave?: () => void, name?: "prompt"}} props  name: of a prompt, into which the cast writes
 */
export function TextBox({ label, value, save, faulty = false, placeholder, leave, name }) {
  const box = useRef(/** @type {HTMLTextAreaElement|null} */ (null));
  const typed = useTyped(value, save, leave ? { leave } : {});
  useGrowth(box, typed.value);
  return <textarea {...typed} ref={box} name={name} class="veo-box" rows={1} dir="auto" aria-label={label} aria-invalid={faulty} placeholder={placeholder} title="Ctrl Enter saves, Esc gives back" />;
}

/**
 * @param {{label: string, value: string, save: (text: string, done: (ok: boolean) => void) => void, number?: boolean,
 *   placeholder?: string}} props
 */
export function LineBox({ label, value, save, number = false, placeholder = "" }) {
  const about = { ...useTyped(value, save, { line: true }), class: "veo-box", "aria-label": label, placeholder };
  return number ? <input {...about} type="number" min={0} step="any" /> : <input {...about} type="text" />;
}

/**
 * @param {{label: string, name: string, seconds: number|null, edit: (value: number|null, done: (ok: boolean) => void) => void,
 *   placeholder?: string}} props  placeholder: what is meant where nothing stands
 */
export function Seconds({ label, name, seconds, edit, placeholder = "0" }) {
  return (
    <label class="veo-pair">
      <span>{name}</span>
      <LineBox number label={label} value={seconds ? String(seconds) : ""} placeholder={placeholder} save={(text, done) => edit(text.trim() === "" ? null : Number(text), done)} />
    </label>
  );
}

/**
 * Names with their values, each to be edited or taken away, and a line to add one.
 *
 * @param {{rows: Setting[], what: string, of: string, long?: boolean,
 *   edit: (name: string, value: string|null, done?: (ok: boolean) => void) => void}} props  what: one of them is called; of: whose
 */
export function Rows({ rows, what, of, long = false, edit }) {
  const [name, setName] = useState("");
  const [text, setText] = useState("");
  const add = () => {
    if (!name.trim() || !text.trim()) return;
    edit(name.trim(), text, (ok) => {
      if (!ok) return;
      setName("");
      setText("");
    });
  };
  const Box = long ? TextBox : LineBox;
  return (
    <div class="veo-rows" role="group" aria-label={`${what}s of ${of}`}>
      {rows.map((row) => (
        <div key={row.name} class="veo-pair">
          <span>{long ? <code>{`{${row.name}}`}</code> : row.label}</span>
          {row.plain ? <Box label={`${row.label} of ${of}`} value={row.text} save={(value, done) => edit(row.name, value, done)} /> : <span class="veo-hint">{row.text}</span>}
          <IconButton icon="close" label={`Remove ${row.label} of ${of}`} onClick={() => edit(row.name, null)} />
        </div>
      ))}
      <form
        class="veo-pair"
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
      >
        <input class="veo-box" aria-label={`Name of a new ${what.toLowerCase()} of ${of}`} placeholder={long ? "character" : "seed"} value={name} onInput={(event) => setName(event.currentTarget.value)} />
        <input class="veo-box" aria-label={`New ${what.toLowerCase()} of ${of}`} placeholder={long ? "Mia, in a red scarf" : "7"} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        <button type="submit" class="veo-icon" aria-label={`Add a ${what.toLowerCase()} of ${of}`} title={`Add a ${what.toLowerCase()}`}>
          <Icon name="plus" />
        </button>
      </form>
    </div>
  );
}

/**
 * What is folded away until it is wanted.
 *
 * @param {{label: string, children: () => import("preact").ComponentChildren}} props
 */
export function Fold({ label, children }) {
  const [open, setOpen] = useState(false);
  return (
    <div class="veo-board-fold">
      <button type="button" class="veo-fold" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name="chevron" />
        {label}
      </button>
      {open && children()}
    </div>
  );
}
