/**
 * One clip by itself, in the widget that plays clips: its code is asked of the kernel when the first is opened.
 *
 * @import { Model, TakeClip } from "./types.js"
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { onEscape } from "../kernel/keys.js";
import { programOf } from "../kernel/program.js";
import { listen, send } from "../kernel/protocol.js";
import { Framed } from "../job/studio_jobs.jsx";
import { Icon } from "../ui/icons.jsx";

/** @type {((how: {starts: boolean}) => any)|undefined} */
let player;

/** @param {{wire: Model, title: string, clip: TakeClip, onBack: () => void}} props */
export function Big({ wire, title, clip, onBack }) {
  const back = useRef(/** @type {HTMLButtonElement|null} */ (null));
  const [ready, setReady] = useState(Boolean(player));
  useEffect(() => back.current?.focus(), []);
  useEffect(() => {
    if (ready) return undefined;
    const stop = listen(wire, "player", async ({ code }) => {
      player ??= await programOf(code);
      setReady(true);
    });
    send(wire, "player");
    return stop;
  }, [ready]);
  return (
    <article class="veo-card veo-board" aria-label={`A clip of ${title}`} onKeyDown={onEscape(onBack)}>
      <div class="veo-board-bar">
        <button ref={back} type="button" onClick={onBack}>
          <Icon name="grid" />
          Storyboard
        </button>
      </div>
      {ready ? <Shown key={clip.sample} {...{ wire, clip }} /> : <p class="veo-empty">Loading …</p>}
    </article>
  );
}

/** @param {{wire: Model, clip: TakeClip}} props */
function Shown({ wire, clip }) {
  const [model] = useState(() => alone(wire, clip));
  const parts = async (/** @type {AbortSignal} */ signal) => {
    const made = player?.({ starts: true });
    await made.initialize({ model, signal });
    return made;
  };
  return <Framed class="veo-board-clip" model={model} parts={parts} />;
}

/**
 * The board's model as that of a player of one clip.
 *
 * @param {Model} wire
 * @param {TakeClip} clip
 */
function alone(wire, clip) {
  /** @type {Record<string, unknown>} */
  const traits = { clips: [clip], ...clip.facts };
  return {
    get: (/** @type {string} */ name) => (name === "sequels" ? wire.get("sequels") : traits[name]),
    on: wire.on.bind(wire),
    off: wire.off.bind(wire),
    send: wire.send.bind(wire),
    widget_manager: wire.widget_manager,
  };
}
