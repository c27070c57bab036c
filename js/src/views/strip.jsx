/**
 * One thumbnail per sample.
 *
 * @import { Clip } from "../lib/types.js"
 */

/** @param {{clips: Clip[], current: Clip, onPick: (sample: number) => void}} props */
export function Strip({ clips, current, onPick }) {
  return (
    <div class="veo-strip" role="group" aria-label={`${clips.length} clips`}>
      {clips.map((clip, index) => (
        <button
          key={clip.sample}
          type="button"
          class="veo-thumb"
          aria-label={`Clip ${index + 1}`}
          aria-pressed={clip.sample === current.sample}
          title={clip.name}
          style={{ aspectRatio: `${clip.width} / ${clip.height}` }}
          onClick={() => onPick(clip.sample)}
        >
          {clip.poster ? <img src={clip.poster} alt="" /> : null}
          <span>{index + 1}</span>
        </button>
      ))}
    </div>
  );
}
