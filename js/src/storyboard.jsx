/**
 * The widget of a film's board.
 *
 * @import { AnyModel } from "@anywidget/types"
 * @import { BoardTraits } from "./storyboard/types.js"
 */
import "./styles/storyboard_view.css";
import { send } from "./kernel/protocol.js";
import { Board } from "./storyboard/board.jsx";
import { mount } from "./ui/mount.jsx";

/** @typedef {{model: AnyModel<BoardTraits>, signal?: AbortSignal}} Hook */

export default function storyboard() {
  return {
    initialize() {},
    /** @param {Hook & {el: HTMLElement}} view */
    render({ model, el, signal }) {
      const end = mount(model, el, signal, <Board wire={model} />);
      send(model, "ready");
      return end;
    },
  };
}
