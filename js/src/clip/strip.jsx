/**
 * Small pictures of clips to choose from.
 *
 * @import { Clip } from "../kernel/types.js"
 */
import { Button } from "../ui/button.jsx";

/** @param {{clips: Clip[], current: Clip, onPick: (sample: number) => void}} props */
export function Strip({ clips, current, onPick }) {
  const thumbs = clips.map((clip, index) => ({
    id: clip.sample,
    clip,
    text: `${index + 1}`,
    "aria-label": `Clip ${index + 1}`,
    style: { aspectRatio: `${clip.width} / ${clip.height}` },
  }));
  return <Thumbs label={`${clips.length} clips`} thumbs={thumbs} shown={current.sample} onPick={onPick} />;
}

/**
 * @template {string|number} T
 * @typedef {{id: T, clip: Clip|undefined, text: string, "aria-label"?: string, style?: {aspectRatio: string}}} Thumb
 */

/**
 * @template {string|number} T
 * @param {{label: string, thumbs: Thumb<T>[], shown: T, onPick: (id: T) => void, class?: string}} props
 */
export function Thumbs({ label, thumbs, shown, onPick, class: extra = "" }) {
  return (
    <div class={`veo-strip ${extra}`} role="group" aria-label={label}>
      {thumbs.map(({ id, clip, text, ...rest }) => (
        <Button key={id} {...rest} class="veo-thumb" aria-pressed={id === shown} title={clip?.name ?? ""} onClick={() => onPick(id)}>
          {clip?.poster ? <img src={clip.poster} alt="" /> : null}
          <span>{text}</span>
        </Button>
      ))}
    </div>
  );
}
