/**
 * A widget that plays a film through, for pages that try it alone; tests/reel_page.py bundles it.
 *
 * @import { Part } from "../src/film/layout.js"
 */
import { Reel } from "../src/film/reel.jsx";
import { ClipSources } from "../src/kernel/clip_sources.js";
import { endWith } from "../src/kernel/events.js";
import { useTrait } from "../src/kernel/hooks.js";
import { mount } from "../src/ui/mount.jsx";

/** @typedef {{model: any, signal: AbortSignal}} Hook */

/** @param {{wire: any, sources: ClipSources}} props */
function Page({ wire, sources }) {
  /** @type {Part[]} */
  const parts = useTrait(wire, "parts");
  return (
    <article class="veo-card">
      <Reel sources={sources} parts={parts} onPart={(key) => wire.set("shown", key)} />
    </article>
  );
}

export default function reel() {
  /** @type {ClipSources} */
  let sources;
  return {
    /** @param {Hook} hook */
    initialize({ model, signal }) {
      sources = new ClipSources(model);
      return endWith(signal, () => sources.dispose());
    },
    /** @param {Hook & {el: HTMLElement}} view */
    render: ({ model, el, signal }) => mount(model, el, signal, <Page wire={model} sources={sources} />),
  };
}
