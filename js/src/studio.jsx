/**
 * The widget of the studio: the form and the jobs. The card of a job is drawn by the code of the job's own widget, which
 * comes as text, as every widget's does.
 *
 * @import { AnyModel } from "@anywidget/types"
 * @import { CardFactory } from "./views/studio_jobs.jsx"
 */
import "./styles/studio_view.css";
import { FormStore } from "./lib/form_store.js";
import { JobList } from "./lib/job_list.js";
import { mount } from "./lib/mount.jsx";
import { listen, send } from "./lib/protocol.js";
import { kernelClock } from "./lib/time.js";
import { FormCard } from "./views/form_card.jsx";
import { StudioJobs } from "./views/studio_jobs.jsx";

/** @typedef {{model: AnyModel<any>, signal?: AbortSignal}} Hook */

/** @type {Map<string, Promise<CardFactory>>} */
const loaded = new Map();

/**
 * A module from its text; once for all studios of a page.
 *
 * @param {string} code
 * @returns {Promise<CardFactory>}
 */
function loadCard(code) {
  const known = loaded.get(code);
  if (known) return known;
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const module = import(url).then((found) => found.default).finally(() => URL.revokeObjectURL(url));
  loaded.set(code, module);
  return module;
}

/** @param {(code: string) => Promise<CardFactory>} [load] */
export function studio(load = loadCard) {
  const clock = kernelClock();
  /** @type {FormStore} */
  let store;
  /** @type {JobList} */
  let list;
  return {
    /** @param {Hook} hook */
    initialize({ model, signal }) {
      store = new FormStore(model);
      list = new JobList(model);
      const stop = listen(model, "job", ({ job }) => clock.received(job.now));
      const end = () => {
        stop();
        store.dispose();
        list.dispose();
      };
      signal?.addEventListener("abort", end, { once: true });
      return signal ? undefined : end;
    },
    /** @param {Hook & {el: HTMLElement}} view */
    render({ model, el, signal }) {
      const view = (
        <div class="veo-studio">
          <div class="veo-column">
            <FormCard wire={model} store={store} />
          </div>
          <div class="veo-column">
            <StudioJobs wire={model} {...{ list, clock, loadCard: load }} />
          </div>
        </div>
      );
      const end = mount(el, signal, view);
      send(model, "ready");
      return end;
    },
  };
}

export default () => studio();
