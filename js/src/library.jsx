/**
 * The widget of everything that was ever made here. Each view searches by itself.
 *
 * @import { AnyModel } from "@anywidget/types"
 * @import { LibraryTraits } from "./library/types.js"
 */
import "./styles/library_view.css";
import { send } from "./kernel/protocol.js";
import { LibraryCard } from "./library/card.jsx";
import { mount } from "./ui/mount.jsx";

/** @typedef {{model: AnyModel<LibraryTraits>, signal?: AbortSignal}} Hook */

export default function library() {
  return {
    /** @param {Hook & {el: HTMLElement}} view */
    render({ model, el, signal }) {
      const end = mount(model, el, signal, <LibraryCard wire={model} />);
      send(model, "ready");
      return end;
    },
  };
}
