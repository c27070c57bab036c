/**
 * The widget of a batch. Each view searches and sorts by itself.
 *
 * @import { AnyModel } from "@anywidget/types"
 * @import { BatchTraits } from "./batch/types.js"
 */
import "./styles/batch_view.css";
import { send } from "./kernel/protocol.js";
import { BatchCard } from "./batch/card.jsx";
import { mount } from "./ui/mount.jsx";

/** @typedef {{model: AnyModel<BatchTraits>, signal?: AbortSignal}} Hook */

export default function batch() {
  return {
    /** @param {Hook & {el: HTMLElement}} view */
    render({ model, el, signal }) {
      const end = mount(model, el, signal, <BatchCard wire={model} />);
      send(model, "ready");
      return end;
    },
  };
}
