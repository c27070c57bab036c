/**
 * The widget of the form. Its text lives in this function's scope, so that all of its views show the same.
 *
 * @import { AnyModel } from "@anywidget/types"
 */
import "./styles/form_view.css";
import { endWith } from "./lib/events.js";
import { FormStore } from "./lib/form_store.js";
import { mount } from "./lib/mount.jsx";
import { send } from "./lib/protocol.js";
import { FormCard } from "./views/form_card.jsx";

/** @typedef {{model: AnyModel<any>, signal?: AbortSignal}} Hook */

/** @param {{alone?: boolean}} [how]  not alone: a studio draws it, and says itself that it is ready */
export default function form({ alone = true } = {}) {
  /** @type {FormStore} */
  let store;
  return {
    /** @param {Hook} hook */
    initialize({ model, signal }) {
      store = new FormStore(model);
      return endWith(signal, () => store.dispose());
    },
    /** @param {Hook & {el: HTMLElement}} view */
    render({ model, el, signal }) {
      const end = mount(model, el, signal, <FormCard wire={model} store={store} />);
      if (alone) send(model, "ready");
      return end;
    },
  };
}
