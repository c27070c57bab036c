/**
 * What every view shares: while its kernel lives, the saved copy of what it shows is hidden; when the kernel is gone, the
 * view says so and the copy is there again in its place.
 *
 * @import { ComponentChildren } from "preact"
 * @import { Job, Wire } from "../lib/types.js"
 */
import { useEffect, useRef } from "preact/hooks";
import { useTrait } from "../lib/hooks.js";
import { GONE, useGone } from "../lib/link.js";

/**
 * @param {{wire: Wire & {get: (name: any) => any}, children: ComponentChildren,
 *   wayBack?: (() => {text: string, open: boolean}|undefined)|undefined}} props  wayBack: to what is shown, when the kernel is gone
 */
export function Alive({ wire, children, wayBack }) {
  const gone = useGone(wire);
  /** @type {Job|Record<string, never>|undefined} */
  const job = useTrait(wire, "job");
  /** @type {string} */
  const saved = useTrait(wire, "saved_class") || job?.saved_class || "";
  // Anything but the expected pattern stays out of the style.
  const name = /^veo-saved-[A-Za-z0-9_-]+$/.test(saved) ? saved : "";
  const frame = useRef(/** @type {HTMLDivElement|null} */ (null));
  useEffect(() => {
    // The copy takes its place.
    if (gone && name) for (const video of frame.current?.querySelectorAll("video") ?? []) video.pause();
  }, [gone]);
  const way = gone ? wayBack?.() : undefined;
  const copied = gone && name !== "" && document.querySelector(`.${name}`) !== null;
  return (
    <>
      {name && !gone ? <style>{`.${name},.jp-OutputArea-child:has(.${name}){display:none!important}`}</style> : null}
      <div ref={frame} class={copied ? "veo-copied-below" : ""}>
        {gone ? (
          <div class={`veo-gone ${way?.open ? "" : "veo-gone-quiet"}`} role="alert">
            {way?.text ?? (name ? "The kernel is gone; what was saved is below." : GONE)}
          </div>
        ) : null}
        {children}
      </div>
    </>
  );
}
