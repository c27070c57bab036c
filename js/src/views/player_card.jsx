/**
 * The player with what was asked for below it.
 *
 * @import { Clip, Settings, Wire } from "../lib/types.js"
 * @import { ClipSources } from "../lib/clip_sources.js"
 */
import { useTrait } from "../lib/hooks.js";
import { Player } from "./player.jsx";
import { Chips, Prompt } from "./request.jsx";
import { SavedTwin } from "./saved_twin.jsx";

/** @param {{wire: Wire & {get: (name: any) => any}, sources: ClipSources}} props */
export function PlayerCard({ wire, sources }) {
  /** @type {Clip[]} */
  const clips = useTrait(wire, "clips") ?? [];
  /** @type {string} */
  const prompt = useTrait(wire, "prompt") ?? "";
  /** @type {string} */
  const model = useTrait(wire, "model") ?? "";
  /** @type {Settings} */
  const settings = useTrait(wire, "settings") ?? [];
  /** @type {string} */
  const saved = useTrait(wire, "saved_class") ?? "";
  const about =
    prompt || model || settings.length > 0 ? (
      <div class="veo-body">
        {prompt ? <Prompt text={prompt} /> : null}
        <Chips model={model} settings={settings} />
      </div>
    ) : null;
  return (
    <article class="veo-card" aria-label="Video">
      <SavedTwin name={saved} />
      {clips.length > 0 ? (
        <Player wire={wire} sources={sources} clips={clips} facts={{ prompt, model, settings }} autoStart={false}>
          {about}
        </Player>
      ) : (
        <div class="veo-empty">There is no clip to play.</div>
      )}
    </article>
  );
}
