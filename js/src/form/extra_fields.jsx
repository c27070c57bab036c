/**
 * Controls for a model's own parameters, and for any other that is added by its name.
 *
 * @import { Extra } from "./types.js"
 * @import { Props } from "./settings.jsx"
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { Combo } from "./combo.jsx";
import { extrasOf, kindOf, rangeText, readValue, reasonAgainstName, writeValue } from "./extras.js";
import { Choice, FieldButton, Slider, Switch, TextField } from "./fields.jsx";
import { ruleOn } from "./rules.js";
import { about } from "./settings.jsx";

/** @param {string} name */
const worded = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");

/** The parameters that the model itself declares. @param {Props} props */
export function OwnExtras(props) {
  const { schema, model, state } = props.store;
  return extrasOf(schema, model, state.values).own.map((extra) => <ExtraField key={extra.name} {...props} extra={extra} own />);
}

/** Those that only the request or the user names, and a field to add one. @param {Props} props */
export function OtherExtras(props) {
  const { schema, model, state } = props.store;
  const { others } = extrasOf(schema, model, state.values, state.shown);
  const against = ruleOn(schema, state.values, "extra", "absent");
  return (
    <>
      {others.map((extra) => (
        <ExtraField key={extra.name} {...props} extra={extra} own={false} />
      ))}
      {!against && <AddField {...props} taken={others} />}
    </>
  );
}

/** @param {Props & {extra: Extra, own: boolean}} props */
function ExtraField({ store, faults, extra, own }) {
  const { name, kind, help, unit, choices = [] } = extra;
  const label = extra.label || (own ? worded(name) : name);
  const value = store.state.values.extra?.[name];
  const say = (/** @type {unknown} */ to) => store.sayExtra(name, to);
  const fault = faults[`extra.${name}`] ?? "";
  const field = {
    name: `extra.${name}`,
    label,
    help: [help, name].filter(Boolean).join("\n"),
    hint: (kind === "json" ? store.model.listed && "not of this model" : unit) || "",
    fault,
    end: own ? null : <FieldButton icon="close" label={`Remove: ${label}`} onClick={() => store.removeExtra(name)} />,
  };
  if (kind === "boolean" && !fault && typeof extra.default === "boolean") {
    const on = /** @type {boolean} */ (value ?? extra.default);
    return <Switch {...field} words={["on", "off"]} on={on} onPick={(to) => say(to === extra.default ? undefined : to)} />;
  }
  if ((kind === "boolean" || kind === "choice") && !fault) {
    const options = kind === "choice" ? choices : [true, false];
    return (
      <Choice {...field} value={value === undefined ? "" : String(options.indexOf(/** @type {never} */ (value)))} onPick={(at) => say(options[Number(at || -1)])}>
        <option value="">{defaultText(extra) || "default"}</option>
        {options.map((one, n) => (
          <option key={n} value={String(n)}>
            {typeof one === "boolean" ? (one ? "on" : "off") : one}
          </option>
        ))}
      </Choice>
    );
  }
  return <ValueField field={field} extra={extra} value={value} onSay={say} />;
}

/** @param {Extra} extra */
const defaultText = ({ default: usual }) => (usual === undefined || usual === null ? "" : `default: ${writeValue(usual)}`);

/** What a text stands for in a parameter of this kind. @param {Extra["kind"]} kind @param {string} text */
function readAs(kind, text) {
  if (kind === "json") return readValue(text);
  const number = kind === "number" || kind === "integer" ? Number(text) : NaN;
  return text.trim() && Number.isFinite(number) ? number : text || undefined;
}

/** @param {Extra["kind"]} kind @param {unknown} value */
const writeAs = (kind, value) => (typeof value === "string" && kind !== "json" ? value : writeValue(value));

/** @param {unknown} one @param {unknown} other */
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/**
 * A value as text, with a slider beside it where it has two ends.
 *
 * @param {{field: import("./fields.jsx").About & {name: string}, extra: Extra, value: unknown, onSay: (value: unknown) => void}} props
 */
function ValueField({ field, extra, value, onSay }) {
  const { kind, minimum, maximum, default: usual } = extra;
  // As it was typed: "1." is not yet 1.5, and is 1 already.
  const [typed, setTyped] = useState("");
  const text = same(readAs(kind, typed), value) ? typed : writeAs(kind, value);
  const say = (/** @type {string} */ to) => {
    setTyped(to);
    onSay(readAs(kind, to));
  };
  const at = typeof value === "number" ? value : typeof usual === "number" ? usual : (minimum ?? 0);
  return (
    <TextField
      {...field}
      hint={field.hint || (kind === "json" && value !== undefined ? kindOf(value) : "")}
      numeric={kind === "number" || kind === "integer"}
      value={text}
      placeholder={defaultText(extra) || rangeText(extra) || (kind === "json" ? "a number, a text or JSON" : "default")}
      onSay={say}
      before={
        minimum !== undefined && maximum !== undefined ? <Slider label={field.label} low={minimum} high={maximum} value={at} step={kind === "integer" ? 1 : 10 ** Math.floor(Math.log10((maximum - minimum) / 50 || 1))} onSay={say} /> : null
      }
    />
  );
}

/** A field to name one more parameter in, or to write NAME=VALUE. @param {Props & {taken: Extra[]}} props */
function AddField(props) {
  const { store, taken } = props;
  const [fault, setFault] = useState("");
  const [fresh, setFresh] = useState("");
  const here = useRef(/** @type {HTMLElement|null} */ (null));
  const { schema, model } = store;
  const known = extrasOf(schema, model, store.state.values).own.concat(taken);
  const left = (schema.learned ?? []).filter(({ name }) => !known.some((one) => one.name === name));
  useEffect(() => {
    const field = fresh && here.current?.closest(".veo-form")?.querySelector(`[data-parameter="${CSS.escape(`extra.${fresh}`)}"]`);
    if (field) /** @type {HTMLElement|null} */ (field.querySelector("input, select"))?.focus();
  }, [fresh]);
  const add = (/** @type {string} */ text, /** @type {boolean} */ left) => {
    const [name = "", ...rest] = text.split("=");
    const why = name.trim() ? reasonAgainstName(schema, name.trim()) : "";
    setFault(why);
    if (why || !name.trim()) return;
    store.showExtra(name.trim());
    if (rest.length > 0) store.sayExtra(name.trim(), readValue(rest.join("=")));
    setFresh(left ? "" : name.trim());
  };
  return (
    <>
      <span ref={here} hidden />
      <Combo
        {...about(props, "extra")}
        label="Add a parameter"
        hint={left.length > 0 ? `${left.length} named by the server` : ""}
        fault={fault || (props.faults.extra ?? "")}
        value=""
        options={left.map(({ name, kind }) => ({ value: name, hint: kind === "boolean" ? "on or off" : kind }))}
        placeholder="guidance_scale"
        onSay={add}
      />
    </>
  );
}
