/**
 * The widget that plays clips within another one: its code is asked of the kernel when the first is opened.
 *
 * @import { Clip, Wire } from "../kernel/types.js"
 */
import { useState } from "preact/hooks";
import { useProgram } from "../kernel/hooks.js";
import { Framed } from "./studio_jobs.jsx";

/** @typedef {Wire & {get: (name: any) => any}} Model */

/** @param {{wire: Model, clips: Clip[]}} props */
export function LentPlayer({ wire, clips }) {
  const player = useProgram(wire, "player");
  return player ? <Shown key={clips.map(({ sample }) => sample).join()} {...{ wire, clips, player }} /> : <p class="veo-empty">Loading …</p>;
}

/** @param {{wire: Model, clips: Clip[], player: (how: {starts: boolean}) => any}} props */
function Shown({ wire, clips, player }) {
  const [model] = useState(() => alone(wire, clips));
  const parts = async (/** @type {AbortSignal} */ signal) => {
    const made = player({ starts: true });
    await made.initialize({ model, signal });
    return made;
  };
  return <Framed class="veo-lent-player" model={model} parts={parts} />;
}

/**
 * A widget's model as that of a player of these clips.
 *
 * @param {Model} wire
 * @param {Clip[]} clips
 */
function alone(wire, clips) {
  /** @type {Record<string, unknown>} */
  const traits = { clips, ...clips[0]?.facts };
  return {
    get: (/** @type {string} */ name) => (name === "sequels" ? wire.get("sequels") : traits[name]),
    on: wire.on.bind(wire),
    off: wire.off.bind(wire),
    send: wire.send.bind(wire),
    widget_manager: wire.widget_manager,
  };
}
