/**
 * The widget of one job. Made afresh for each model: what is kept between its views lives in this function's scope.
 *
 * @import { AnyModel } from "@anywidget/types"
 * @import { JobTraits } from "./kernel/types.js"
 */
import "./styles/job_view.css";
import { ClipSources } from "./kernel/clip_sources.js";
import { endWith, onModel } from "./kernel/events.js";
import { mount } from "./ui/mount.jsx";
import { send } from "./kernel/protocol.js";
import { kernelClock } from "./kernel/time.js";
import { wayBack } from "./ui/words.js";
import { JobCard } from "./job/card.jsx";

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
      const card = <JobCard wire={model} sources={sources} clock={clock} />;
      const end = mount(model, el, signal, card, { wayBack: (gone) => wayBack(model.get("job"), gone) });
      send(model, "ready");
      return end;
    },
  };
}
