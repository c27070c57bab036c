/**
 * The widget of many clips side by side. Its clock and its bytes belong to the model; each view joins them.
 *
 * @import { AnyModel } from "@anywidget/types"
 * @import { GridTraits } from "./lib/types.js"
 */
import "./styles/grid_view.css";
import { ClipSources } from "./lib/clip_sources.js";
import { endWith } from "./lib/events.js";
import { LinkedPlayback } from "./lib/linked.js";
import { mount } from "./lib/mount.jsx";
import { send } from "./lib/protocol.js";
import { GridCard } from "./views/grid_card.jsx";

/** @typedef {{model: AnyModel<GridTraits>, signal?: AbortSignal}} Hook */

export default function grid() {
  /** @type {ClipSources} */
  let sources;
  const linked = new LinkedPlayback();
  return {
    /** @param {Hook} hook */
    initialize({ model, signal }) {
      sources = new ClipSources(model);
      return endWith(signal, () => {
        linked.dispose();
        sources.dispose();
      });
    },
    /** @param {Hook & {el: HTMLElement}} view */
    render({ model, el, signal }) {
      const end = mount(model, el, signal, <GridCard wire={model} sources={sources} linked={linked} />);
      send(model, "ready");
      return end;
    },
  };
}
