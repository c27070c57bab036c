/**
 * The widget of a film's board. The bytes of the film that is played through belong to the model.
 *
 * @import { AnyModel } from "@anywidget/types"
 * @import { BoardTraits } from "./storyboard/types.js"
 */
import "./styles/storyboard_view.css";
import { ClipSources } from "./kernel/clip_sources.js";
import { endWith } from "./kernel/events.js";
import { send } from "./kernel/protocol.js";
import { Board } from "./storyboard/board.jsx";
import { mount } from "./ui/mount.jsx";

/** @typedef {{model: AnyModel<BoardTraits>, signal?: AbortSignal}} Hook */

export default function storyboard() {
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
      const end = mount(model, el, signal, <Board wire={model} sources={sources} />);
      send(model, "ready");
      return end;
    },
  };
}
