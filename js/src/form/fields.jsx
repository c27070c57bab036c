/**
 * The controls of the form: each with its label, and beside it why something cannot be had.
 *
 * @import { ComponentChildren } from "preact"
 */
import { clamp } from "../ui/clamp.js";
import { IconButton } from "../ui/icons.jsx";
import { usePageId } from "../ui/page_id.js";

/**
 * @typedef {object} About
 * @property {string} label
 * @property {string} [help]
 * @property {string} [hint]  what is worth knowing; a fault takes its place
 * @property {string} [fault]
 * @property {string} [why]  in full, for the tooltip
 * @property {ComponentChildren} [end]  at the end of the line above the control
 */

/**
 * @typedef {{value: any, label: string, why?: string, picture?: ComponentChildren}} Option
 */

/** @param {About & {id?: string}} props */
function Remark({ hint, fault, why, id }) {
  const text = fault || hint || "";
  return (
    <span id={id} class={`veo-field-remark ${fault ? "veo-field-fault" : ""}`} title={why || text}>
      {text}
    </span>
  );
}

/** @param {About & {id: string, name: string, class?: string, children: ComponentChildren}} props */
export function Field({ id, name, label, help, end, class: extra = "", children, ...about }) {
  return (
    <div class={`veo-field ${extra}`} data-parameter={name}>
      <div class="veo-field-top">
        <label for={id} title={help}>
          {label}
        </label>
        <Remark id={`${id}-r`} {...about} label={label} />
        {end}
      </div>
      {children}
    </div>
  );
}

/**
 * One of a few.
 *
 * @param {About & {name: string, options: Option[], value: any, onPick: (value: any) => void, disabled?: boolean}} props
 */
export function Segments({ name, options, value, onPick, disabled = false, ...about }) {
  const id = usePageId();
  return (
    <fieldset class="veo-field" data-parameter={name} aria-label={about.label} aria-describedby={`${id}-r`} disabled={disabled}>
      <div class="veo-field-top">
        <span class="veo-name" title={about.help}>
          {about.label}
        </span>
        <Remark id={`${id}-r`} {...about} />
      </div>
      <div class="veo-segments">
        {options.map((option) => (
          <label key={String(option.value)} title={option.why ?? ""}>
            <input
              type="radio"
              class="veo-unseen"
              name={id}
              checked={option.value === value}
              disabled={Boolean(option.why) && option.value !== value}
              onChange={() => onPick(option.value)}
            />
            <span>
              {option.picture}
              {option.label}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/**
 * One of many.
 *
 * @param {About & {name: string, value: string, onPick: (value: string) => void, disabled?: boolean, class?: string,
 *   children: ComponentChildren}} props
 */
export function Choice({ name, value, onPick, disabled = false, children, ...about }) {
  const id = usePageId();
  return (
    <Field {...about} id={id} name={name}>
      <select
        id={id}
        class="veo-input"
        aria-describedby={`${id}-r`}
        aria-invalid={Boolean(about.fault)}
        disabled={disabled}
        value={value}
        onChange={(event) => onPick(event.currentTarget.value)}
      >
        {children}
      </select>
    </Field>
  );
}

/** @param {About & {name: string, on: boolean, onPick: (on: boolean) => void, disabled?: boolean, words: [string, string]}} props */
export function Switch({ name, on, onPick, disabled = false, words, ...about }) {
  const id = usePageId();
  return (
    <Field {...about} id={id} name={name}>
      <label class="veo-switch">
        <input
          id={id}
          type="checkbox"
          role="switch"
          aria-describedby={`${id}-r`}
          checked={on}
          disabled={disabled}
          onChange={(event) => onPick(event.currentTarget.checked)}
        />
        <span>{on ? words[0] : words[1]}</span>
      </label>
    </Field>
  );
}

/**
 * @param {About & {name: string, value: string, onSay: (text: string) => void, id?: string, disabled?: boolean,
 *   placeholder?: string, numeric?: boolean, class?: string, before?: ComponentChildren, children?: ComponentChildren,
 *   input?: Record<string, unknown>}} props  before, children: what stands beside the text. input: more of its attributes
 */
export function TextField({ name, id: given, value, onSay, disabled = false, placeholder = "", numeric = false, class: extra = "", before, children, input, ...about }) {
  const id = given ?? usePageId();
  return (
    <Field {...about} id={id} name={name} class={extra}>
      <div class={`veo-input veo-input-row ${disabled ? "veo-off" : ""}`}>
        {before}
        <input
          id={id}
          type="text"
          inputMode={numeric ? "decimal" : "text"}
          autocomplete="off"
          aria-describedby={`${id}-r`}
          aria-invalid={Boolean(about.fault)}
          value={value}
          placeholder={placeholder}
          disabled={disabled}
          onInput={(event) => onSay(event.currentTarget.value)}
          {...input}
        />
        {children}
      </div>
    </Field>
  );
}

/**
 * A number between two others.
 *
 * @param {About & {name: string, value: number, low: number, high: number, text: string, onPick: (value: number) => void}} props
 */
export function Stepper({ name, value, low, high, text, onPick, ...about }) {
  const id = usePageId();
  return (
    <Field {...about} id={id} name={name}>
      <div class="veo-input veo-input-row veo-stepper">
        <Slider {...{ low, high, value, text }} id={id} onSay={(to) => onPick(Number(to))} />
        <output for={id}>{text}</output>
      </div>
    </Field>
  );
}

/**
 * @param {{low: number, high: number, value: number, onSay: (text: string) => void, step?: number, id?: string, label?: string,
 *   text?: string}} props  id, or a label: what it is known by
 */
export function Slider({ low, high, value, onSay, step = 1, id, label, text }) {
  return (
    <input
      id={id}
      type="range"
      min={low}
      max={high}
      step={step}
      aria-label={label}
      aria-describedby={id && `${id}-r`}
      aria-valuetext={text}
      value={value}
      style={{ "--veo-at": `${((clamp(value, low, high) - low) / (high - low || 1)) * 100}%` }}
      onInput={(event) => onSay(event.currentTarget.value)}
    />
  );
}

/** A small button within a field. @param {Parameters<typeof IconButton>[0]} props */
export const FieldButton = (props) => <IconButton {...props} class="veo-field-button" />;
