/**
 * The widget of the studio: the form and the jobs. Each is drawn by the code of its own widget, which comes as text, as
 * every widget's does.
 *
 * @import { AnyModel } from "@anywidget/types"
 * @import { CardFactory } from "./job/studio_jobs.jsx"
 */
import "./styles/studio_view.css";
import { useState } from "preact/hooks";
import { endWith } from "./kernel/events.js";
import { JobList } from "./kernel/job_list.js";
import { mount } from "./ui/mount.jsx";
import { programOf } from "./kernel/program.js";
import { listen, send } from "./kernel/protocol.js";
import { kernelClock } from "./kernel/time.js";
import { Framed, StudioJobs } from "./job/studio_jobs.jsx";

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
  const module = programOf(code);
  loaded.set(code, module);
  return module;
}

/** @param {(code: string) => Promise<CardFactory>} [load] */
export function studio(load = loadCard) {
  const clock = kernelClock();
  /** @type {JobList} */
  let list;
  /** @type {Promise<ReturnType<CardFactory>>} */
  let form;
  return {
    /** @param {Hook} hook */
    initialize({ model, signal }) {
      const ended = new AbortController();
      list = new JobList(model);
      // One for all views, since what is typed lives in it.
      form = load(model.get("form_code")).then(async (factory) => {
        const parts = factory({ alone: false });
        if (!ended.signal.aborted) await parts.initialize({ model, signal: ended.signal });
        return parts;
      });
      const stop = listen(model, "job", ({ job }) => clock.received(job.now));
      return endWith(signal, () => {
        stop();
        ended.abort();
        list.dispose();
      });
    },
    /** @param {Hook & {el: HTMLElement}} view */
    render({ model, el, signal }) {
      const columns = <Columns model={model} form={form} {...{ list, clock, loadCard: load }} />;
      const end = mount(model, el, signal, columns, { stays: true });
      send(model, "ready");
      return end;
    },
  };
}

/**
 * The jobs come when the form is drawn: in one column they stand below it, and would be pushed away.
 *
 * @param {{model: any, form: Promise<ReturnType<CardFactory>>} & Omit<Parameters<typeof StudioJobs>[0], "wire">} props
 */
function Columns({ model, form, ...jobs }) {
  const [drawn, setDrawn] = useState(false);
  return (
    <div class="veo-studio">
      <div class="veo-column">
        <Framed class="veo-form-frame" model={model} parts={() => form} onDrawn={() => setDrawn(true)} />
      </div>
      <div class="veo-column">{drawn ? <StudioJobs wire={model} {...jobs} /> : null}</div>
    </div>
  );
}

export default () => studio();
