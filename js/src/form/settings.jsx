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

/** What every field knows of its parameter. @param {Props} props @param {string} name */
function about({ store, faults }, name) {
  const { label, help } = /** @type {Param} */ (store.schema.params.find((one) => one.name === name));
  return { name, label, help, fault: faults[name] ?? "" };
}

/**
 * Options of a parameter, each with why it cannot be had now.
 *
 * @template {string|number} T
 * @param {FormStore} store
 * @param {keyof Values} name
 * @param {T[]} values
 * @param {string} [unit]
 */
const optionsOf = ({ state, model }, name, values, unit = "") =>
  values.map((value) => ({ value, label: `${value}${unit}`, why: reasonAgainstOption(state.values, model, name, value) }));

/** @param {{why: string}[]} options */
const firstReason = (options) => (options.find(({ why }) => why)?.why ?? "").replace(/\.$/, "");

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
      {ended.length > 0 && <optgroup label="Ended">{ended.map(option)}</optgroup>}
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
      {other && (
        <button type="button" onClick={() => store.choose("model", other.id)}>
          Use {other.id}
        </button>
      )}
    </div>
  );
}

/** @param {Props} props */
export function RatioField(props) {
  const { store } = props;
  const { model, state } = store;
  const ratios = withCurrent(model.aspect_ratios, state.values.aspect_ratio, ["16:9", "9:16"]);
  const options = optionsOf(store, "aspect_ratio", ratios).map((option) => ({ ...option, picture: <RatioPicture ratio={option.value} /> }));
  return (
    <Segments
      {...about(props, "aspect_ratio")}
      options={options}
      value={state.values.aspect_ratio ?? model.default_aspect_ratio}
      onPick={(value) => store.choose("aspect_ratio", value)}
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
export function ResolutionField(props) {
  const { store } = props;
  const { model, state } = store;
  const options = optionsOf(store, "resolution", withCurrent(model.resolutions, state.values.resolution, ["720p", "1080p"]));
  return (
    <Segments
      {...about(props, "resolution")}
      hint={firstReason(options)}
      options={options}
      value={state.values.resolution ?? model.default_resolution}
      onPick={(value) => store.choose("resolution", value)}
    />
  );
}

/** @param {Props} props */
export function LengthField(props) {
  const { store } = props;
  const { model, state } = store;
  const [low, high, allowed] = lengthBounds(state.values, model);
  const value = state.values.duration_seconds ?? defaultSeconds(state.values, model) ?? 0;
  const pick = (/** @type {number} */ seconds) => store.choose("duration_seconds", seconds);
  if (allowed === null) {
    const text = value ? `${value} s` : "default";
    return <Stepper {...about(props, "duration_seconds")} {...{ low, high, text }} value={value || low} onPick={pick} />;
  }
  const options = optionsOf(store, "duration_seconds", withCurrent(allowed, state.values.duration_seconds), " s");
  const hint = firstReason(options);
  return <Segments {...about(props, "duration_seconds")} {...{ options, value, hint }} onPick={pick} />;
}

/** @param {Props} props */
export function SamplesField(props) {
  const { store } = props;
  const { model, state } = store;
  const value = state.values.samples ?? 1;
  const pick = (/** @type {number} */ count) => store.choose("samples", count === 1 ? undefined : count);
  if (model.max_samples > 4) {
    const text = `${value}`;
    return <Stepper {...about(props, "samples")} {...{ value, text }} low={1} high={Math.min(10, model.max_samples)} onPick={pick} />;
  }
  const counts = Array.from({ length: model.max_samples }, (_, n) => n + 1);
  const options = optionsOf(store, "samples", withCurrent(counts, value));
  const hint = model.max_samples === 1 ? "one at a time" : "";
  return <Segments {...about(props, "samples")} {...{ options, value, hint }} onPick={pick} />;
}

/** @param {Props} props */
export function SoundField(props) {
  const { store } = props;
  const { model, state } = store;
  const on = state.values.generate_audio ?? model.audio;
  const fixed = reasonAgainstOption(state.values, model, "generate_audio", !on);
  return (
    <Switch
      {...about(props, "generate_audio")}
      words={["with sound", "silent"]}
      on={on}
      disabled={Boolean(fixed)}
      hint={fixed ? (model.audio ? "always on" : "none here") : ""}
      why={fixed}
      onPick={(value) => store.choose("generate_audio", value === model.audio ? undefined : value)}
    />
  );
}

/** @param {Props} props */
export function SeedField(props) {
  const { store } = props;
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
      {...about(props, "seed")}
      numeric
      value={said === undefined ? "" : String(said)}
      placeholder={against ? "" : "a new one each time"}
      hint={against ? "not with this model" : ""}
      why={against}
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
export function PeopleField(props) {
  const { store } = props;
  const { model, state } = store;
  const allowed = model.listed ? peopleAllowed(state.values, model) : ["allow_adult", "dont_allow", "allow_all"];
  const said = state.values.person_generation;
  const off = allowed === null || Boolean(model.uncarried.person_generation);
  return (
    <Choice
      {...about(props, "person_generation")}
      value={said ?? ""}
      disabled={off && said === undefined}
      hint={off ? "not with this model" : ""}
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
export function LeaveOutField(props) {
  const { store } = props;
  const { model, state } = store;
  const against = reasonAgainst(state.values, model, "negative_prompt");
  const said = state.values.negative_prompt ?? "";
  return (
    <TextField
      {...about(props, "negative_prompt")}
      class="veo-field-wide"
      value={said}
      placeholder={against ? "" : "rain, text on screen, shaky camera"}
      hint={against ? "not with this model" : ""}
      why={against}
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
export function OtherParts(props) {
  const { store } = props;
  const { values } = store.state;
  const names = others(values);
  if (names.length === 0) return null;
  return (
    <ul class="veo-chips veo-others" aria-label="Also in this request">
      {names.map((name) => {
        const { label, fault } = about(props, name);
        const held = [/** @type {any} */ (values[name])].flat();
        return (
          <li key={name} class={`veo-chip ${fault ? "veo-field-fault" : ""}`} title={fault}>
            <span>{label}</span> {held.map((one) => one.name ?? one).join(", ")} {fault}
            <FieldButton icon="close" label={`Remove: ${label}`} onClick={() => store.choose(name, undefined)} />
          </li>
        );
      })}
    </ul>
  );
}
