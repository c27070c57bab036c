/**
 * The widget of the form. Its text lives in this function's scope, so that all of its views show the same.
 *
 * @import { AnyModel } from "@anywidget/types"
 */
import "./styles/form_view.css";
import { endWith } from "./kernel/events.js";
import { FormStore } from "./form/store.js";
import { mount } from "./ui/mount.jsx";
import { send } from "./kernel/protocol.js";
import { FormCard } from "./form/card.jsx";

/** @typedef {{model: AnyModel<any>, signal?: AbortSignal}} Hook */

/**
 * @param {{alone?: boolean, program?: ConstructorParameters<typeof FormStore>[1]}} [how]  not alone: a studio draws it, and
 *   says itself that it is ready. program: makes a module of its text
 */
export default function form({ alone = true, program } = {}) {
  /** @type {FormStore} */
  let store;
  return {
    /** @param {Hook} hook */
    initialize({ model, signal }) {
      store = new FormStore(model, program);
      return endWith(signal, () => store.dispose());
    },
    /** @param {Hook & {el: HTMLElement}} view */
    render({ model, el, signal }) {
      const end = mount(model, el, signal, <FormCard wire={model} store={store} />, { stays: true });
      if (alone) send(model, "ready");
      return end;
    },
  };
}
