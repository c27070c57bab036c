/**
 * The form: what to make, how, and at what price.
 *
 * @import { FormStore } from "./store.js"
 * @import { Wire } from "../kernel/types.js"
 * @import { Slot } from "./frames.jsx"
 */
import { useRef, useState } from "preact/hooks";
import { claim } from "../kernel/events.js";
import { JOB_TYPE, longest, send } from "../kernel/protocol.js";
import { useSubject } from "../kernel/redraw.js";
import { useEarlier } from "./earlier.js";
import { addImages, Frames } from "./frames.jsx";
import { Footer } from "./footer.jsx";
import { OtherExtras, OwnExtras } from "./extra_fields.jsx";
import { extrasOf } from "./extras.js";
import { ModelField, RetiredNote } from "./model_field.jsx";
import { BUILDER, EARLIER, NONE, Panel } from "./panel.jsx";
import { PromptBox } from "./prompt.jsx";
import * as fields from "./settings.jsx";
import { Dismiss, Icon } from "../ui/icons.jsx";

/** @typedef {{store: FormStore, wire: Wire & {get: (name: any) => any}}} Props */

/** @param {FormStore} store */
export function useStore(store) {
  useSubject(store);
  return store.state;
}

/** @param {Props} props */
export function FormCard({ store, wire }) {
  const state = useStore(store);
  const card = useRef(/** @type {HTMLElement|null} */ (null));
  const [complaints, setComplaints] = useState(/** @type {Record<string, string>} */ ({}));
  const complain = (/** @type {Slot} */ slot, /** @type {string} */ fault) => setComplaints((all) => ({ ...all, [slot]: fault }));
  const faults = { ...faultsOf(store), ...Object.fromEntries(Object.entries(complaints).filter(([, fault]) => fault)) };
  const generate = () => {
    if (!store.generate() && store.problems[0]) focusOn(card.current, store.problems[0].parameter);
  };
  const drop = useDrop(store, wire, complain);
  return (
    <section
      ref={card}
      class={`veo-card veo-form ${drop.over ? "veo-dropping" : ""}`}
      aria-label="New clip"
      onKeyDown={(event) => pressed(event, generate)}
      onFocusOut={() => store.flush()}
      {...drop.handlers}
    >
      <Top store={store} wire={wire} fault={faults.prompt ?? ""} />
      <Frames {...{ store, faults, complain }} />
      <fields.OtherParts {...{ store, faults }} />
      <Settings {...{ store, faults }} />
      <RetiredNote {...{ store, faults }} />
      <Notices store={store} />
      <Footer {...{ store, wire }} onGenerate={generate} />
      <div class="veo-unseen" role="status" aria-live="polite">
        {state.order === "sent" ? "The request was sent" : ""}
      </div>
    </section>
  );
}

/**
 * By parameter, what is wrong with it. That nothing is written yet is only said to who wants to send it.
 *
 * @param {FormStore} store
 * @returns {Record<string, string>}
 */
function faultsOf(store) {
  const { values, tried } = store.state;
  const found = store.problems.filter(({ parameter }) => parameter !== "prompt" || tried || values.prompt);
  return Object.fromEntries(found.map(({ parameter, message }) => [parameter, message]));
}

/** @param {KeyboardEvent} event @param {() => void} generate */
function pressed(event, generate) {
  if (event.key !== "Enter") return;
  // Shift+Enter in a text is a new line, whatever it is in the notebook.
  if (event.shiftKey && event.target instanceof HTMLTextAreaElement) event.stopPropagation();
  if (!event.ctrlKey && !event.metaKey) return;
  // In a notebook these keys run the cell.
  claim(event);
  if (!event.repeat) generate();
}

/** @param {HTMLElement|null} card @param {string} parameter */
function focusOn(card, parameter) {
  /** @type {HTMLElement|null|undefined} */
  const field = card?.querySelector(`[data-parameter="${CSS.escape(parameter)}"]`);
  /** @type {HTMLElement|null|undefined} */ (field?.querySelector("input, textarea, select, button"))?.focus();
}

/** @param {Props & {fault: string}} props */
function Top({ store, wire, fault }) {
  const [open, setOpen] = useState(NONE);
  const opener = useRef(/** @type {HTMLButtonElement|null} */ (null));
  const close = () => {
    setOpen(NONE);
    opener.current?.focus();
  };
  const link = (/** @type {number} */ panel, /** @type {import("../ui/icons.jsx").IconName} */ icon, /** @type {string} */ label) => (
    <button
      type="button"
      class="veo-link"
      aria-expanded={open === panel}
      onClick={(event) => {
        opener.current = event.currentTarget;
        setOpen(open === panel ? NONE : panel);
      }}
    >
      <Icon name={icon} />
      {label}
    </button>
  );
  return (
    <>
      <PromptBox {...{ store, wire, fault }}>
        <span class="veo-copies">
          {link(BUILDER, "parts", "Builder")}
          {link(EARLIER, "clock", "Earlier")}
        </span>
      </PromptBox>
      {open !== NONE && (
        <Panel
          key={open}
          which={open}
          {...{ store, wire }}
          earlier={useEarlier}
          onPick={(/** @type {string} */ job) => {
            send(wire, "use", { job });
            close();
          }}
          onClose={close}
        />
      )}
    </>
  );
}

/** @param {fields.Props} props */
function Settings(props) {
  const { schema, model, state } = props.store;
  const { seed, negative_prompt, person_generation } = state.values;
  const others = extrasOf(schema, model, state.values).others.length > 0;
  const used = others || seed !== undefined || negative_prompt || person_generation;
  const [open, setOpen] = useState(Boolean(used));
  return (
    <div class="veo-settings">
      <ModelField {...props} />
      <fields.ShapeFields {...props} />
      <fields.LengthField {...props} />
      <fields.SamplesField {...props} />
      <OwnExtras {...props} />
      <div class="veo-settings-foot">
        <button type="button" class="veo-fold" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name="chevron" />
          More
          {!open && used && !state.moved ? <span class="veo-hint">{others ? "further parameters" : "seed, people or exclusions"} are set</span> : null}
        </button>
        <Moved store={props.store} />
      </div>
      {open && (
        <>
          <fields.LeaveOutField {...props} />
          <fields.SeedField {...props} />
          <fields.PeopleField {...props} />
          <fields.SoundField {...props} />
          <OtherExtras {...props} />
        </>
      )}
    </div>
  );
}

/** What has followed the last choice, in a place of its own, so that nothing else moves. @param {{store: FormStore}} props */
function Moved({ store }) {
  const { moved } = store.state;
  const text = moved ? `${moved.parameters.map((name) => movedText(store, name)).join(", ")}: ${moved.reason}` : "";
  return (
    <div class="veo-moved" role="status" title={text}>
      <span>{text}</span>
      {moved && (
        <button type="button" class="veo-link" onClick={() => store.undo()}>
          Undo
        </button>
      )}
    </div>
  );
}

/** What the kernel has to say, and what is wrong with no control in particular. @param {{store: FormStore}} props */
function Notices({ store }) {
  const { told, denied } = store.state;
  const named = new Set(store.schema.params.map(({ name }) => name));
  const at = (/** @type {string} */ parameter) => named.has(parameter.split(".")[0] ?? "") || parameter === "model";
  return (
    <>
      {told ? (
        <div class="veo-remark" role="status">
          <span>{told}</span>
          <Dismiss onClick={() => store.dismiss({ told: "" })} />
        </div>
      ) : null}
      {denied
        .filter(({ parameter }) => !at(parameter))
        .map(({ message }) => (
          <div key={message} class="veo-remark veo-remark-bad" role="alert">
            <span>{message}</span>
          </div>
        ))}
    </>
  );
}

/** @param {FormStore} store @param {string} name */
function movedText(store, name) {
  const param = store.schema.params.find((one) => one.name === name);
  const value = /** @type {Record<string, unknown>} */ (store.state.values)[name];
  const text = typeof value === "boolean" ? (value ? "on" : "off") : `${value}${param?.unit ? ` ${param.unit}` : ""}`;
  return `${param?.label ?? name} is now ${text}`;
}

/**
 * Images and recipes that are dropped on the form or pasted into it.
 *
 * @param {FormStore} store
 * @param {Wire} wire
 * @param {(slot: Slot, fault: string) => void} complain
 */
function useDrop(store, wire, complain) {
  const [over, setOver] = useState(false);
  const take = async (/** @type {File[]} */ files, /** @type {Slot} */ slot) => {
    const recipe = files.find(({ name }) => /\.(json|mp4|webm|mkv)$/i.test(name));
    if (!recipe) return addImages(store, slot, files, (fault) => complain(slot, fault));
    const text = /\.json$/i.test(recipe.name) && recipe.size < longest.text ? await recipe.text() : "";
    return send(wire, "recipe", { name: recipe.name.slice(0, longest.name), text });
  };
  const receive = (/** @type {Event} */ event, /** @type {DataTransfer|null} */ given) => {
    const job = given?.getData(JOB_TYPE);
    const files = [...(given?.files ?? [])];
    if (!job && files.length === 0) return;
    claim(event);
    if (job) send(wire, "use", { job });
    else void take(files, slotAt(event.target, store));
  };
  const handlers = {
    onDragOver: (/** @type {DragEvent} */ event) => {
      if (!event.dataTransfer?.types.some((type) => type === "Files" || type === JOB_TYPE)) return;
      claim(event);
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (/** @type {DragEvent} */ event) => {
      setOver(false);
      receive(event, event.dataTransfer);
    },
    onPaste: (/** @type {ClipboardEvent} */ event) => receive(event, event.clipboardData),
  };
  return { over, handlers };
}

/**
 * The slot that was meant: the one under the pointer or with the focus, else the first that is free.
 *
 * @param {EventTarget|null} target
 * @param {FormStore} store
 * @returns {Slot}
 */
function slotAt(target, store) {
  const named = target instanceof Element ? target.closest("[data-parameter]")?.getAttribute("data-parameter") : null;
  if (named === "first_frame" || named === "last_frame" || named === "reference_images") return named;
  return store.state.values.first_frame && !store.state.values.last_frame ? "last_frame" : "first_frame";
}
