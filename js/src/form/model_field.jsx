/**
 * The model: one of a few, or any name of a gateway's, with what it can do.
 *
 * @import { FormStore } from "./store.js"
 * @import { Model, Schema, Values } from "./types.js"
 * @import { Props } from "./settings.jsx"
 */
import { Combo } from "./combo.jsx";
import { Choice } from "./fields.jsx";
import { dollars, rateOf } from "./pricing.js";
import { ruleOn } from "./rules.js";

/** @param {Props} props */
export function ModelField({ store, faults }) {
  const { models, default_model, unlisted, offered = [] } = store.schema;
  const { values } = store.state;
  const option = (/** @type {Model} */ model) => (
    <option key={model.id} value={model.id}>
      {[model.id, rateText(store.schema, model)].filter(Boolean).join(" · ")}
    </option>
  );
  const ended = models.filter(({ retired }) => retired);
  const about = {
    name: "model",
    label: "Model",
    class: "veo-field-wide",
    help: "Which service makes the clip",
    hint: abilities(store),
    ...(faults.model ? { fault: store.model.retired ? "This model has ended" : faults.model, why: faults.model } : {}),
  };
  const value = values.model ?? default_model;
  const pick = (/** @type {string} */ id) => store.choose("model", id === default_model ? undefined : id || undefined);
  if (unlisted) {
    const several = offered.length > 1 ? `one of the ${offered.length} that the server has` : "the server's own";
    return <Combo {...about} value={value} options={suggestions(store.schema)} placeholder={several} onSay={pick} />;
  }
  return (
    <Choice {...about} value={value} onPick={pick}>
      {models.filter(({ retired }) => !retired).map(option)}
      {ended.length > 0 && <optgroup label="Ended">{ended.map(option)}</optgroup>}
    </Choice>
  );
}

/** Every name that is known at a gateway: what it lists first, then the catalog's. @param {Schema} schema */
function suggestions(schema) {
  const { models, offered = [] } = schema;
  const others = offered.filter((id) => !models.some((one) => one.id === id)).map((value) => ({ value, hint: "at the server" }));
  const known = models.filter(({ id, retired }) => !retired || offered.includes(id)).map((model) => ({ value: model.id, hint: rateText(schema, model), own: model.own }));
  return [...known.filter(({ own }) => own), ...others, ...known.filter(({ own }) => !own)];
}

/** @param {Schema} schema @param {Model} model */
function rateText(schema, { id, free, usd_per_clip: each }) {
  const rate = rateOf(schema, { model: id });
  if (free) return "free";
  return [rate === undefined ? "" : `${dollars(rate)} per second`, each ? `${dollars(each)} a clip` : ""].filter(Boolean).join(" + ");
}

/** What a model can do, in a few words. @param {FormStore} store */
function abilities({ schema, model }) {
  if (!model.listed) return model.id ? "whatever its server allows" : "";
  const limits = (/** @type {keyof Values} */ name) => ruleOn(schema, { model: model.id }, name)?.limits ?? [];
  const [references] = limits("reference_images");
  const largest = limits("resolution").at(-1);
  const words = [
    model.own ? "yours" : "",
    model.audio ? "sound" : "silent",
    model.last_frame ? "first and last frame" : model.image_to_video ? "first frame" : "text only",
    references ? `${references} references` : "",
    !largest || largest === "720p" ? "" : `up to ${largest}`,
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
