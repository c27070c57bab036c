/**
 * Everything of a request but its texts and images, as controls drawn from the schema.
 *
 * @import { FormStore } from "../lib/form_store.js"
 * @import { Model, Param, Values } from "../lib/form_types.js"
 */
import { newSeed } from "../lib/form_store.js";
import { defaultSeconds, dollars } from "../lib/pricing.js";
import { reasonAgainst, reasonAgainstOption } from "../lib/reasons.js";
import { lengthBounds, peopleAllowed } from "../lib/rules.js";
import { Choice, FieldButton, Segments, Stepper, Switch, TextField } from "./form_fields.jsx";

/** @typedef {{store: FormStore, faults: Record<string, string>}} Props */

/** @type {Record<string, string>} */
const PEOPLE = { allow_adult: "Adults", dont_allow: "Nobody", allow_all: "Everyone" };

/** @param {FormStore} store @param {string} name */
function about(store, name) {
  const param = /** @type {Param} */ (store.schema.params.find((one) => one.name === name));
  return { name, label: param.label, help: param.help };
}

/** @param {Props} props */
export function ModelField({ store, faults }) {
  const { models, default_model } = store.schema;
  const { values } = store.state;
  const option = (/** @type {Model} */ model) => (
    <option key={model.id} value={model.id}>
      {model.id ? `${model.id}${rateText(model)}` : "the gateway's own"}
    </option>
  );
  const ended = models.filter(({ retired }) => retired);
  return (
    <Choice
      name="model"
      label="Model"
      class="veo-field-wide"
      help="Which service makes the clip"
      hint={abilities(store.model)}
      value={values.model ?? default_model}
      onPick={(id) => store.choose("model", id === default_model ? undefined : id)}
      {...(faults.model ? { fault: "This model has ended", why: faults.model } : {})}
    >
      {models.filter(({ retired }) => !retired).map(option)}
      {ended.length > 0 ? <optgroup label="Ended">{ended.map(option)}</optgroup> : null}
    </Choice>
  );
}

/** @param {Model} model */
function rateText(model) {
  const rate = model.usd_per_second[model.default_resolution];
  return rate === undefined ? "" : ` · ${dollars(rate)} per second`;
}

/** What a model can do, in a few words. @param {Model} model */
function abilities(model) {
  if (!model.listed) return "whatever its operator allows";
  const words = [
    model.audio ? "sound" : "silent",
    model.last_frame ? "first and last frame" : model.image_to_video ? "first frame" : "text only",
    model.reference_images_max ? `${model.reference_images_max} references` : "",
    model.resolutions.at(-1) === "720p" ? "" : `up to ${model.resolutions.at(-1)}`,
  ];
  return words.filter(Boolean).join(" · ");
}

/** The retired model's story and the way out. @param {Props} props */
export function RetiredNote({ store }) {
  const { retired, replacement } = store.model;
  if (!retired) return null;
  const text = retired.replace(/^model: /, "").replace(/ To send the request anyway.*$/, "");
  const other = store.schema.models.find(({ id }) => id === replacement);
  return (
    <div class="veo-remark veo-remark-warn" role="status">
      <span>{text}</span>
      {other ? (
        <button type="button" onClick={() => store.choose("model", other.id)}>
          Use {other.id}
        </button>
      ) : null}
    </div>
  );
}

/** @param {Props} props */
export function RatioField({ store, faults }) {
  const { model, state } = store;
  const options = withCurrent(model.aspect_ratios, state.values.aspect_ratio, ["16:9", "9:16"]).map((value) => ({
    value,
    label: value,
    picture: <RatioPicture ratio={value} />,
    why: reasonAgainstOption(state.values, model, "aspect_ratio", value),
  }));
  return (
    <Segments
      {...about(store, "aspect_ratio")}
      options={options}
      value={state.values.aspect_ratio ?? model.default_aspect_ratio}
      onPick={(value) => store.choose("aspect_ratio", value)}
      fault={faults.aspect_ratio ?? ""}
    />
  );
}

/** @param {{ratio: string}} props */
function RatioPicture({ ratio }) {
  const [wide = 1, high = 1] = ratio.split(":").map(Number);
  const scale = 14 / Math.max(wide, high);
  return <i class="veo-ratio" style={{ width: `${wide * scale}px`, height: `${high * scale}px` }} aria-hidden="true" />;
}

/**
 * What a model offers, with what is chosen even if the model has it not.
 *
 * @template T
 * @param {T[]} offered
 * @param {T|undefined} current
 * @param {T[]} [otherwise]  for a model of which nothing is known
 */
function withCurrent(offered, current, otherwise = []) {
  const all = offered.length > 0 ? offered : otherwise;
  return current === undefined || all.includes(current) ? all : [...all, current];
}

/** @param {Props} props */
export function ResolutionField({ store, faults }) {
  const { model, state } = store;
  const options = withCurrent(model.resolutions, state.values.resolution, ["720p", "1080p"]).map((value) => ({
    value,
    label: value,
    why: reasonAgainstOption(state.values, model, "resolution", value),
  }));
  return (
    <Segments
      {...about(store, "resolution")}
      hint={(options.find(({ why }) => why)?.why ?? "").replace(/\.$/, "")}
      options={options}
      value={state.values.resolution ?? model.default_resolution}
      onPick={(value) => store.choose("resolution", value)}
      fault={faults.resolution ?? ""}
    />
  );
}

/** @param {Props} props */
export function LengthField({ store, faults }) {
  const { model, state } = store;
  const [low, high, allowed] = lengthBounds(state.values, model);
  const value = state.values.duration_seconds ?? defaultSeconds(state.values, model) ?? 0;
  const fault = faults.duration_seconds ?? "";
  const pick = (/** @type {number} */ seconds) => store.choose("duration_seconds", seconds);
  if (allowed === null) {
    const text = value ? `${value} s` : "default";
    return <Stepper {...about(store, "duration_seconds")} {...{ low, high, fault, text }} value={value || low} onPick={pick} />;
  }
  const options = withCurrent(allowed, state.values.duration_seconds).map((seconds) => ({
    value: seconds,
    label: `${seconds} s`,
    why: reasonAgainstOption(state.values, model, "duration_seconds", seconds),
  }));
  const hint = (options.find(({ why }) => why)?.why ?? "").replace(/\.$/, "");
  return <Segments {...about(store, "duration_seconds")} {...{ options, value, fault, hint }} onPick={pick} />;
}

/** @param {Props} props */
export function SamplesField({ store, faults }) {
  const { model, state } = store;
  const value = state.values.samples ?? 1;
  const fault = faults.samples ?? "";
  const pick = (/** @type {number} */ count) => store.choose("samples", count === 1 ? undefined : count);
  if (model.max_samples > 4) {
    const text = `${value}`;
    return <Stepper {...about(store, "samples")} {...{ value, fault, text }} low={1} high={Math.min(10, model.max_samples)} onPick={pick} />;
  }
  const options = withCurrent(Array.from({ length: model.max_samples }, (_, n) => n + 1), value).map((count) => ({
    value: count,
    label: `${count}`,
    why: reasonAgainstOption(state.values, model, "samples", count),
  }));
  const hint = model.max_samples === 1 ? "one at a time" : "";
  return <Segments {...about(store, "samples")} {...{ options, value, fault, hint }} onPick={pick} />;
}

/** @param {Props} props */
export function SoundField({ store, faults }) {
  const { model, state } = store;
  const on = state.values.generate_audio ?? model.audio;
  const fixed = reasonAgainstOption(state.values, model, "generate_audio", !on);
  return (
    <Switch
      {...about(store, "generate_audio")}
      words={["with sound", "silent"]}
      on={on}
      disabled={Boolean(fixed)}
      hint={fixed ? (model.audio ? "always on" : "none here") : ""}
      why={fixed}
      fault={faults.generate_audio ?? ""}
      onPick={(value) => store.choose("generate_audio", value === model.audio ? undefined : value)}
    />
  );
}

/** @param {Props} props */
export function SeedField({ store, faults }) {
  const { model, state } = store;
  const against = reasonAgainst(state.values, model, "seed");
  const said = state.values.seed;
  const say = (/** @type {string} */ text) => {
    const digits = text.replace(/\D/g, "").slice(0, 10);
    store.say({ seed: digits ? Math.min(Number(digits), 4294967295) : /** @type {any} */ (undefined) });
    store.lock(digits !== "");
  };
  return (
    <TextField
      {...about(store, "seed")}
      numeric
      value={said === undefined ? "" : String(said)}
      placeholder={against ? "" : "a new one each time"}
      hint={against ? "not with this model" : ""}
      why={against}
      fault={faults.seed ?? ""}
      disabled={Boolean(against) && said === undefined}
      onSay={say}
    >
      <FieldButton icon="dice" label="Pick a random seed" disabled={Boolean(against)} onClick={() => store.say({ seed: newSeed() })} />
      <FieldButton
        icon={state.locked ? "lock" : "unlock"}
        label={state.locked ? "Keeps this seed; click to use a new one for each clip" : "Keep this seed for the next clips"}
        pressed={state.locked}
        disabled={said === undefined}
        onClick={() => store.lock(!state.locked)}
      />
    </TextField>
  );
}

/** @param {Props} props */
export function PeopleField({ store, faults }) {
  const { model, state } = store;
  const allowed = model.listed ? peopleAllowed(state.values, model) : ["allow_adult", "dont_allow", "allow_all"];
  const said = state.values.person_generation;
  const off = allowed === null || Boolean(model.uncarried.person_generation);
  return (
    <Choice
      {...about(store, "person_generation")}
      value={said ?? ""}
      disabled={off && said === undefined}
      hint={off ? "not with this model" : ""}
      fault={faults.person_generation ?? ""}
      onPick={(value) => store.choose("person_generation", value || undefined)}
    >
      <option value="">default</option>
      {withCurrent(allowed ?? [], said).map((value) => (
        <option key={value} value={value}>
          {PEOPLE[value] ?? value}
        </option>
      ))}
    </Choice>
  );
}

/** @param {Props} props */
export function LeaveOutField({ store, faults }) {
  const { model, state } = store;
  const against = reasonAgainst(state.values, model, "negative_prompt");
  const said = state.values.negative_prompt ?? "";
  return (
    <TextField
      {...about(store, "negative_prompt")}
      class="veo-field-wide"
      value={said}
      placeholder={against ? "" : "rain, text on screen, shaky camera"}
      hint={against ? "not with this model" : ""}
      why={against}
      fault={faults.negative_prompt ?? ""}
      disabled={Boolean(against) && !said}
      onSay={(text) => store.say({ negative_prompt: text })}
    />
  );
}

/** What the form holds and has no control for. @param {Values} values */
export const others = (values) =>
  /** @type {(keyof Values)[]} */ (["extend_from", "edit_from", "remix_from", "upscale_from", "reference_videos", "storage_uri"]).filter(
    (name) => values[name] !== undefined,
  );

/** @param {Props} props */
export function OtherParts({ store, faults }) {
  const { values } = store.state;
  const names = others(values);
  if (names.length === 0) return null;
  return (
    <ul class="veo-chips veo-others" aria-label="Also in this request">
      {names.map((name) => {
        const held = [/** @type {any} */ (values[name])].flat();
        return (
          <li key={name} class={`veo-chip ${faults[name] ? "veo-field-fault" : ""}`} title={faults[name] ?? ""}>
            <span>{about(store, name).label}</span> {held.map((one) => one.name ?? one).join(", ")} {faults[name] ?? ""}
            <FieldButton icon="close" label={`Remove: ${about(store, name).label}`} onClick={() => store.choose(name, undefined)} />
          </li>
        );
      })}
    </ul>
  );
}
