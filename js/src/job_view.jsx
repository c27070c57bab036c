/**
 * The widget of one job. Made afresh for each model: what is kept between its views lives in this function's scope.
 *
 * @import { AnyModel } from "@anywidget/types"
 * @import { JobTraits } from "./lib/types.js"
 */
import "./styles/job_view.css";
import { ClipSources } from "./lib/clip_sources.js";
import { endWith, onModel } from "./lib/events.js";
import { mount } from "./lib/mount.jsx";
import { send } from "./lib/protocol.js";
import { kernelClock } from "./lib/time.js";
import { wayBack } from "./lib/words.js";
import { JobCard } from "./views/job_card.jsx";

/** @typedef {{model: AnyModel<JobTraits>, signal?: AbortSignal}} Hook */

export default function jobView() {
  const clock = kernelClock();
  /** @type {ClipSources} */
  let sources;
  return {
    /** @param {Hook} hook */
    initialize({ model, signal }) {
      sources = new ClipSources(model);
      const receive = () => clock.received(model.get("job")?.now ?? Date.now());
      clock.begin(model.get("job")?.now ?? Date.now());
      const stop = onModel(model, "change:job", receive);
      return endWith(signal, () => {
        stop();
        sources.dispose();
      });
    },
    /** @param {Hook & {el: HTMLElement}} view */
    render({ model, el, signal }) {
      const end = mount(model, el, signal, <JobCard wire={model} sources={sources} clock={clock} />, (gone) => wayBack(model.get("job"), gone));
      send(model, "ready");
      return end;
    },
  };
}
