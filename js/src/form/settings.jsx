/**
 * Everything of a request but its texts and images, as controls drawn from the schema.
 *
 * @import { FormStore } from "./store.js"
 * @import { Param, Rule, Values } from "./types.js"
 */
import { newSeed } from "./store.js";
import { defaultSeconds } from "./pricing.js";
import { reasonAgainst, reasonAgainstOption } from "./reasons.js";
import { ruleOn } from "./rules.js";
import { Combo } from "./combo.jsx";
import { Choice, FieldButton, Segments, Stepper, Switch, TextField } from "./fields.jsx";

/** @typedef {{store: FormStore, faults: Record<string, string>}} Props */

/** @type {Record<string, string>} */
const PEOPLE = { allow_adult: "Adults", dont_allow: "Nobody", allow_all: "Everyone" };

/** @param {FormStore} store @param {string} name */
const paramOf = ({ schema }, name) => /** @type {Param} */ (schema.params.find((one) => one.name === name));

/** What every field knows of its parameter. @param {Props} props @param {string} name */
export function about({ store, faults }, name) {
  const { label, help } = paramOf(store, name);
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
const optionsOf = ({ schema, state }, name, values, unit = "") =>
  values.map((value) => ({ value, label: `${value}${unit}`, why: reasonAgainstOption(schema, state.values, name, value) }));

/** @param {FormStore} store @param {keyof Values} name @param {Rule["test"]} [kind] */
const ruleNow = ({ schema, state }, name, kind) => ruleOn(schema, state.values, name, kind);

/** @param {{why: string}[]} options */
const firstReason = (options) => (options.find(({ why }) => why)?.why ?? "").replace(/\.$/, "");

/** Ratio and resolution, or the size that says both. @param {Props} props */
export function ShapeFields(props) {
  const { store } = props;
  if (store.model.sizes?.length) return <SizeField {...props} sizes={store.model.sizes} />;
  // Of a model that nobody has described, nothing is known that it does not take.
  if (!ruleNow(store, "resolution", "in")) return <FreeShape {...props} />;
  return (
    <>
      <RatioField {...props} />
      <ResolutionField {...props} />
    </>
  );
}

/** @param {string} words */
const suggestions = (words) => words.split(" ").map((value) => ({ value }));
const RATIOS = suggestions("16:9 9:16 1:1 4:3 3:4 21:9");
const SIZES = suggestions("1280x720 720x1280 1920x1080 832x480 480x832 480p 720p 1080p");
const LENGTHS = suggestions("3 4 5 6 8 10");

/** @param {Props} props */
function FreeShape(props) {
  const { store, faults } = props;
  const { aspect_ratio = "", resolution, size } = store.state.values;
  const resize = (/** @type {string} */ text) => {
    const wide = /^(\d+)\s*[x×*]\s*(\d+)$/i.exec(text);
    // Width and height say the ratio, too.
    if (wide) store.choose("size", `${wide[1]}x${wide[2]}`, unshaped);
    else store.choose("resolution", text.toLowerCase() || undefined, { ...unshaped, aspect_ratio: aspect_ratio || undefined });
  };
  return (
    <>
      <Combo
        {...about(props, "aspect_ratio")}
        value={aspect_ratio}
        options={RATIOS}
        placeholder={size ? "as the size says" : "default"}
        onSay={(text) => store.choose("aspect_ratio", text || undefined, { size: undefined })}
      />
      <Combo
        {...about(props, "size")}
        fault={faults.size || faults.resolution || ""}
        value={size ?? resolution ?? ""}
        options={SIZES}
        placeholder="default"
        onSay={resize}
      />
    </>
  );
}

const unshaped = { size: undefined, resolution: undefined, aspect_ratio: undefined };

/** @param {Props & {sizes: string[]}} props */
function SizeField(props) {
  const { store, sizes } = props;
  const { schema, model, state } = store;
  const { size, aspect_ratio, resolution } = state.values;
  const known = Object.entries(schema.sizes).find(([, [ratio, lines]]) => ratio === aspect_ratio && lines === resolution)?.[0];
  const value = size ?? known ?? (model.default_size || sizes[0] || "");
  const choose = (/** @type {string} */ text) => {
    const [wide, high] = schema.sizes[text] ?? [];
    store.choose("size", high ? undefined : text, { aspect_ratio: wide, resolution: high });
  };
  const all = withCurrent(sizes, size ?? known);
  const { size: one, resolution: lines, aspect_ratio: ratio } = props.faults;
  return (
    <Choice {...about(props, "size")} fault={one || lines || ratio || ""} value={value} onPick={choose}>
      {all.map((text) => (
        <option key={text} value={text}>
          {text.replace("x", " × ")}
        </option>
      ))}
    </Choice>
  );
}

/** @param {Props} props */
function RatioField(props) {
  const { store } = props;
  const { model, state } = store;
  const ratios = withCurrent(ruleNow(store, "aspect_ratio", "in")?.limits ?? ["16:9", "9:16"], state.values.aspect_ratio);
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
 */
const withCurrent = (offered, current) => (current === undefined || offered.includes(current) ? offered : [...offered, current]);

/** @param {Props} props */
function ResolutionField(props) {
  const { store } = props;
  const { model, state } = store;
  const offered = ruleNow(store, "resolution")?.limits ?? ["720p", "1080p"];
  const options = optionsOf(store, "resolution", withCurrent(offered, state.values.resolution));
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
  const { schema, state } = store;
  const { test, limits = [] } = ruleNow(store, "duration_seconds") ?? {};
  const value = state.values.duration_seconds ?? defaultSeconds(schema, state.values) ?? 0;
  const pick = (/** @type {number} */ seconds) => store.choose("duration_seconds", seconds);
  if (!test) return <FreeLength {...props} usual={value} />;
  if (test !== "in") {
    const [low = 1, high = 60] = limits;
    const text = value ? `${value} s` : "default";
    return <Stepper {...about(props, "duration_seconds")} {...{ low, high, text }} value={value || low} onPick={pick} />;
  }
  const options = optionsOf(store, "duration_seconds", withCurrent(limits, state.values.duration_seconds), " s");
  const hint = firstReason(options);
  return <Segments {...about(props, "duration_seconds")} {...{ options, value, hint }} onPick={pick} />;
}

/** Of a model whose lengths nobody has described. @param {Props & {usual: number}} props */
function FreeLength(props) {
  const { store, usual } = props;
  const said = store.state.values.duration_seconds;
  const say = (/** @type {string} */ text) => {
    const number = Number(text.replace(/\s*s(econds)?$/i, "").replace(",", "."));
    // What is no number is kept as it was typed, and told.
    store.choose("duration_seconds", text ? (Number.isFinite(number) ? number : text) : undefined);
  };
  return (
    <Combo
      {...about(props, "duration_seconds")}
      hint="seconds"
      numeric
      value={said === undefined ? "" : String(said)}
      options={LENGTHS}
      placeholder={said === undefined && usual ? `default: ${usual}` : "default"}
      onSay={say}
    />
  );
}

/** @param {Props} props */
export function SamplesField(props) {
  const { store } = props;
  const value = store.state.values.samples ?? 1;
  const most = ruleNow(store, "samples", "most")?.limits?.[0] ?? 10;
  const pick = (/** @type {number} */ count) => store.choose("samples", count === 1 ? undefined : count);
  if (most > 4) {
    const text = `${value}`;
    return <Stepper {...about(props, "samples")} {...{ value, text }} low={1} high={Math.min(10, most)} onPick={pick} />;
  }
  const counts = Array.from({ length: most }, (_, n) => n + 1);
  const options = optionsOf(store, "samples", withCurrent(counts, value));
  const hint = most === 1 ? "one at a time" : "";
  return <Segments {...about(props, "samples")} {...{ options, value, hint }} onPick={pick} />;
}

/** @param {Props} props */
export function SoundField(props) {
  const { store } = props;
  const { model, state } = store;
  const on = state.values.generate_audio ?? model.audio;
  const fixed = reasonAgainstOption(store.schema, state.values, "generate_audio", !on);
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
  const { schema, state } = store;
  const against = reasonAgainst(schema, state.values, "seed");
  const said = state.values.seed;
  const say = (/** @type {string} */ text) => {
    const digits = text.replace(/\D/g, "").slice(0, 10);
    store.say({ seed: digits ? Math.min(Number(digits), paramOf(store, "seed").maximum ?? Infinity) : /** @type {any} */ (undefined) });
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
  const allowed = ruleNow(store, "person_generation", "in")?.limits ?? Object.keys(PEOPLE);
  const said = store.state.values.person_generation;
  const off = Boolean(ruleNow(store, "person_generation", "absent"));
  return (
    <Choice
      {...about(props, "person_generation")}
      value={said ?? ""}
      disabled={off && said === undefined}
      hint={off ? "not with this model" : ""}
      onPick={(value) => store.choose("person_generation", value || undefined)}
    >
      <option value="">default</option>
      {withCurrent(off ? [] : allowed, said).map((value) => (
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
  const { schema, state } = store;
  const against = reasonAgainst(schema, state.values, "negative_prompt");
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
