/**
 * The widget of many clips side by side. Its clock and its bytes belong to the model; each view joins them.
 *
 * @import { AnyModel } from "@anywidget/types"
 * @import { GridTraits } from "./kernel/types.js"
 */
import "./styles/grid_view.css";
import { ClipSources } from "./kernel/clip_sources.js";
import { endWith } from "./kernel/events.js";
import { LinkedPlayback } from "./grid/linked.js";
import { mount } from "./ui/mount.jsx";
import { send } from "./kernel/protocol.js";
import { GridCard } from "./grid/card.jsx";

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
