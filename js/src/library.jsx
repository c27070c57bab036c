/**
 * The widget of everything that was ever made here. Its bytes belong to the model; each view searches by itself.
 *
 * @import { AnyModel } from "@anywidget/types"
 * @import { LibraryTraits } from "./library/types.js"
 */
import "./styles/library_view.css";
import { ClipSources } from "./kernel/clip_sources.js";
import { endWith } from "./kernel/events.js";
import { send } from "./kernel/protocol.js";
import { LibraryCard } from "./library/card.jsx";
import { mount } from "./ui/mount.jsx";

/** @typedef {{model: AnyModel<LibraryTraits>, signal?: AbortSignal}} Hook */

export default function library() {
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
      const end = mount(model, el, signal, <LibraryCard wire={model} sources={sources} />);
      send(model, "ready");
      return end;
    },
  };
}
