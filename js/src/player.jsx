/**
 * The widget that plays clips that are already there.
 *
 * @import { AnyModel } from "@anywidget/types"
 * @import { PlayerTraits } from "./kernel/types.js"
 */
import "./styles/player_view.css";
import { ClipSources } from "./kernel/clip_sources.js";
import { endWith } from "./kernel/events.js";
import { mount } from "./ui/mount.jsx";
import { send } from "./kernel/protocol.js";
import { PlayerCard } from "./clip/player_card.jsx";

/** @typedef {{model: AnyModel<PlayerTraits>, signal?: AbortSignal}} Hook */

/** @param {{starts?: boolean}} [how]  starts: it plays as soon as it can */
export default function player({ starts = false } = {}) {
  /** @type {ClipSources} */
  let sources;
  return {
    /** @param {Hook} hook */
    initialize({ model, signal }) {
      sources = new ClipSources(model);
      return endWith(signal, () => sources.dispose());
    },
    /** @param {Hook & {el: HTMLElement}} view */
    render({ model, el, signal }) {
      const end = mount(model, el, signal, <PlayerCard wire={model} sources={sources} starts={starts} />);
      send(model, "ready");
      return end;
    },
  };
}
