/**
 * The prompt in parts, each with phrases to choose from.
 *
 * @import { FormStore } from "./store.js"
 * @import { PartName } from "./prompt_parts.js"
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { prose } from "./prose.js";
import { onEscape } from "../kernel/keys.js";
import { usePageId } from "../ui/page_id.js";

/** @param {{store: FormStore, onClose: () => void}} props */
export function BuilderPanel({ store, onClose }) {
  const [near, setNear] = useState(/** @type {PartName} */ ("subject"));
  const panel = useRef(/** @type {HTMLElement|null} */ (null));
  useEffect(() => panel.current?.querySelector("input")?.focus(), []);
  const { builder } = store;
  const fill = (/** @type {PartName} */ name, /** @type {string} */ text) => {
    const followed = follows(store);
    builder.say({ [name]: text });
    if (followed) store.say({ prompt: prose(builder.parts) });
  };
  const add = (/** @type {string} */ phrase) => {
    const said = builder.parts[near]?.trim();
    fill(near, said ? `${said}, ${phrase.charAt(0).toLowerCase()}${phrase.slice(1)}` : phrase);
  };
  return (
    <section ref={panel} class="veo-builder" aria-label="The prompt in parts" onKeyDown={onEscape(onClose)}>
      <div class="veo-parts">
        {store.schema.parts.map(([name, label, example]) => (
          <Part key={name} label={label} example={example} text={builder.parts[name] ?? ""} onFocus={() => setNear(name)} onSay={(text) => fill(name, text)} />
        ))}
      </div>
      <Phrases store={store} near={near} onAdd={add} />
      <Outcome store={store} />
    </section>
  );
}

/** Whether the prompt is what the parts say, so that it may go on following them. @param {FormStore} store */
const follows = ({ state, builder }) => (state.values.prompt ?? "") === prose(builder.parts) || !state.values.prompt;

/** @param {{label: string, example: string, text: string, onFocus: () => void, onSay: (text: string) => void}} props */
function Part({ label, example, text, onFocus, onSay }) {
  const id = usePageId();
  return (
    <div class="veo-part">
      <label for={id}>{label}</label>
      <input id={id} class="veo-input" type="text" autocomplete="off" dir="auto" value={text} placeholder={example} onFocus={onFocus} onInput={(event) => onSay(event.currentTarget.value)} />
    </div>
  );
}

/** @param {{store: FormStore, near: PartName, onAdd: (phrase: string) => void}} props */
function Phrases({ store, near, onAdd }) {
  const part = store.schema.parts.find(([name]) => name === near);
  if (!part) return null;
  const label = part[1];
  const said = store.builder.parts[near] ?? "";
  return (
    <ul class="veo-phrases" aria-label={`Phrases for: ${label}`}>
      {store.builder.phrases(part).map((phrase) => (
        <li key={phrase}>
          <button type="button" class="veo-chip" disabled={said.includes(phrase)} onClick={() => onAdd(phrase)}>
            {phrase}
          </button>
        </li>
      ))}
      {near === "dialogue" && <li class="veo-hint">Who speaks, a colon, and the words.</li>}
    </ul>
  );
}

/** What becomes of the parts. @param {{store: FormStore}} props */
function Outcome({ store }) {
  const { builder } = store;
  const text = prose(builder.parts);
  const clear = () => builder.say({});
  const replace = () => store.say({ prompt: text });
  const append = () => {
    store.say({ prompt: `${store.state.values.prompt?.trimEnd()} ${text}` });
    clear();
  };
  const apart = text && !follows(store);
  return (
    <div class="veo-outcome">
      <span class="veo-hint">{apart ? "The prompt has changed since." : "These parts are written into the prompt above as plain sentences."}</span>
      {apart && (
        <>
          <button type="button" onClick={append}>Add these</button>
          <button type="button" onClick={replace}>Replace it</button>
        </>
      )}
      {text && !apart ? (
        <button type="button" class="veo-link" onClick={clear}>
          Clear the parts
        </button>
      ) : null}
    </div>
  );
}
