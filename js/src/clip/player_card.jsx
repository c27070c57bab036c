/**
 * The player with what was asked for below it.
 *
 * @import { Clip, Settings, Wire } from "../kernel/types.js"
 * @import { ClipSources } from "../kernel/clip_sources.js"
 * @import { Facts } from "./player.jsx"
 */
import { useTrait } from "../kernel/hooks.js";
import { frameAt, timeOf, timeShown } from "./playback.js";
import { Player } from "./player.jsx";
import { Chips, Prompt } from "./request.jsx";
import { shotsOf } from "./shots.jsx";

/**
 * @param {Clip} clip
 * @param {HTMLVideoElement|null} video
 */
function joinsIn(clip, video) {
  if (!clip.shots || !video) return undefined;
  const seek = (/** @type {number} */ to) => void (video.currentTime = timeOf(frameAt(to, clip), clip));
  return shotsOf(clip.shots, clip, () => timeShown(video), seek);
}

/** @param {{wire: Wire & {get: (name: any) => any}, sources: ClipSources, starts: boolean}} props */
export function PlayerCard({ wire, sources, starts }) {
  /** @type {Clip[]} */
  const clips = useTrait(wire, "clips") ?? [];
  /** @type {string} */
  const prompt = useTrait(wire, "prompt") ?? "";
  /** @type {string} */
  const model = useTrait(wire, "model") ?? "";
  /** @type {Settings} */
  const settings = useTrait(wire, "settings") ?? [];
  const about = (/** @type {Facts} */ facts) =>
    facts.prompt || facts.model || facts.settings.length > 0 ? (
      <div class="veo-body">
        {facts.prompt ? <Prompt text={facts.prompt} /> : null}
        <Chips model={facts.model} settings={facts.settings} />
      </div>
    ) : null;
  return (
    <article class="veo-card" aria-label="Video">
      {clips.length > 0 ? (
        <Player wire={wire} sources={sources} clips={clips} facts={{ prompt, model, settings }} autoStart={starts} about={about} joinsIn={joinsIn} />
      ) : (
        <div class="veo-empty">There is no clip to play.</div>
      )}
    </article>
  );
}
