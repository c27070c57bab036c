/**
 * Images to start from, to end on and to take things from: by file, by dropping and by pasting.
 *
 * @import { FormStore } from "./store.js"
 * @import { Held, Param } from "./types.js"
 */
import { useRef, useState } from "preact/hooks";
import { ACCEPT, faultOf } from "./images.js";
import { reasonAgainst } from "./reasons.js";
import { ruleOn } from "./rules.js";
import { Icon, IconButton } from "../ui/icons.jsx";

/** @typedef {"first_frame"|"last_frame"|"reference_images"} Slot */

/**
 * Put files into a slot, one after the other.
 *
 * @param {FormStore} store
 * @param {Slot} slot
 * @param {File[]} files
 * @param {(fault: string) => void} complain
 */
export async function addImages(store, slot, files, complain) {
  for (const file of slot === "reference_images" ? files : files.slice(0, 1)) {
    const fault = faultOf(file, store.schema.image_bytes);
    complain(fault);
    if (fault) continue;
    try {
      const held = await store.images.add(slot, file);
      const { reference_images: already = [] } = store.state.values;
      store.choose(slot, slot === "reference_images" ? [...already, held] : held);
    } catch (error) {
      complain(error instanceof Error ? error.message.replace(/^\w+: /, "") : String(error));
    }
  }
}

/** @param {{store: FormStore, complain: (slot: Slot, fault: string) => void, faults: Record<string, string>}} props */
export function Frames({ store, complain, faults }) {
  const { values } = store.state;
  const params = store.schema.params.filter(({ kind }) => kind === "image" || kind === "images");
  return (
    <div class="veo-frames">
      {params.map((param) => {
        const slot = /** @type {Slot} */ (param.name);
        const held = [values[slot] ?? []].flat();
        const remove = (/** @type {Held} */ gone) => {
          const left = held.filter((one) => one !== gone);
          store.choose(slot, slot === "reference_images" ? left : undefined);
        };
        return (
          <FrameGroup
            key={slot}
            {...{ store, slot, param, held, remove }}
            fault={faults[slot] ?? ""}
            onFiles={(files) => addImages(store, slot, files, (fault) => complain(slot, fault))}
          />
        );
      })}
    </div>
  );
}

/**
 * @param {{store: FormStore, slot: Slot, param: Param, held: Held[], fault: string, remove: (held: Held) => void,
 *   onFiles: (files: File[]) => void}} props
 */
function FrameGroup({ store, slot, param, held, fault, remove, onFiles }) {
  const { values } = store.state;
  const most = slot === "reference_images" ? (ruleOn(store.schema, values, slot, "most")?.limits?.[0] ?? 10) : 1;
  const uploads = store.images.uploads.filter((upload) => upload.slot === slot);
  const against = reasonAgainst(store.schema, values, slot);
  const room = held.length + uploads.length < Math.max(1, most);
  const count = slot === "reference_images" && held.length > 0 ? `${held.length} of ${most}` : "";
  return (
    <div class="veo-field" role="group" aria-label={param.label} data-parameter={slot}>
      <div class="veo-field-top">
        <span class="veo-name" title={param.help}>
          {param.label}
        </span>
        <span class={`veo-field-remark ${fault ? "veo-field-fault" : ""}`} title={fault}>
          {fault || count}
        </span>
      </div>
      <div class="veo-tiles">
        {held.map((one) => (
          <Tile key={one.held} store={store} held={one} label={param.label} onRemove={() => remove(one)} />
        ))}
        {uploads.map((upload) => (
          <div key={upload.image} class="veo-tile" style={shape(store)}>
            <img src={upload.url} alt="" />
            <div class="veo-arriving">
              <div style={{ width: `${(upload.sent * 100).toFixed(0)}%` }} />
            </div>
          </div>
        ))}
        {room && <AddTile label={param.label} against={against} style={shape(store)} several={most > 1} onFiles={onFiles} />}
      </div>
    </div>
  );
}

/** @param {FormStore} store */
function shape(store) {
  const { size, aspect_ratio } = store.state.values;
  const usual = store.model.sizes?.length ? store.model.default_size || store.model.sizes[0] : store.model.default_aspect_ratio;
  const [wide = 16, high = 9] = /^\d+[:x]\d+$/.exec(size ?? aspect_ratio ?? usual ?? "")?.[0].split(/[:x]/).map(Number) ?? [];
  return { aspectRatio: `${wide} / ${high}`, "--veo-tile-ratio": wide / high };
}

/**
 * An image as the clip will have it: what the ratio cuts off is not seen, and is spoken of.
 *
 * @param {{store: FormStore, held: Held, label: string, onRemove: () => void}} props
 */
function Tile({ store, held, label, onRemove }) {
  const [size, setSize] = useState(/** @type {[number, number]|null} */ (null));
  const style = shape(store);
  const url = store.images.url(held);
  const cut = size ? cutText(size[0] / size[1], style["--veo-tile-ratio"]) : "";
  const title = [held.name, size ? `${size[0]} × ${size[1]}` : "", cut].filter(Boolean).join(", ");
  return (
    <div class="veo-tile" style={style} title={title}>
      {url ? (
        <img src={url} alt={title} onLoad={({ currentTarget: image }) => setSize([image.naturalWidth, image.naturalHeight])} />
      ) : (
        <span class="veo-tile-name">
          <Icon name="image" />
          {held.name}
        </span>
      )}
      {cut ? <span class="veo-tile-cut">{cut.replace(/ (left|above).*/, "").replace(" %", "\u00a0%")}</span> : null}
      <IconButton icon="close" label={`Remove ${label.toLowerCase()} ${held.name}`} onClick={onRemove} class="veo-tile-remove" />
    </div>
  );
}

/**
 * How much of an image is outside the clip's ratio.
 *
 * @param {number} ratio
 * @param {number} wanted
 */
export function cutText(ratio, wanted) {
  const share = 1 - Math.min(ratio, wanted) / Math.max(ratio, wanted);
  if (share < 0.01) return "";
  return `${Math.round(share * 100)} % cut ${ratio > wanted ? "left and right" : "above and below"}`;
}

/** @param {{label: string, against: string, style: ReturnType<typeof shape>, several: boolean, onFiles: (files: File[]) => void}} props */
function AddTile({ label, against, style, several, onFiles }) {
  const field = useRef(/** @type {HTMLInputElement|null} */ (null));
  const take = (/** @type {HTMLInputElement} */ input) => {
    onFiles([...(input.files ?? [])]);
    input.value = "";
  };
  return (
    <button
      type="button"
      class="veo-tile veo-tile-add"
      style={style}
      aria-label={against ? `${label}: ${against}` : `Add ${label.toLowerCase()}`}
      title={against || "Choose a file, drop one here, or paste"}
      disabled={Boolean(against)}
      onClick={() => field.current?.click()}
    >
      {against ? <span class="veo-tile-against">{against}</span> : <Icon name="plus" />}
      <input ref={field} type="file" accept={ACCEPT} multiple={several} hidden tabIndex={-1} aria-hidden="true"
        onClick={(event) => event.stopPropagation()} onChange={(event) => take(event.currentTarget)} />
    </button>
  );
}
