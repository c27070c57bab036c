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
import { isLive } from "../lib/words.js";

/** @param {{wire: Wire & {get: (name: any) => any}, children: ComponentChildren}} props */
export function Alive({ wire, children }) {
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
  const copied = gone && name !== "" && document.querySelector(`.${name}`) !== null;
  return (
    <>
      {name && !gone ? <style>{`.${name},.jp-OutputArea-child:has(.${name}){display:none!important}`}</style> : null}
      <div ref={frame} class={copied ? "veo-copied-below" : ""}>
        {gone ? (
          <div class={`veo-gone ${isOpen(job) ? "" : "veo-gone-quiet"}`} role="alert">
            {goneText(/** @type {Job|undefined} */ (job), name)}
          </div>
        ) : null}
        {children}
      </div>
    </>
  );
}

/** @param {Job|Record<string, never>|undefined} job */
const isOpen = (job) => job?.state !== undefined && (isLive(/** @type {Job} */ (job)) || job.state === "unknown");

/** @param {Job|undefined} job @param {string} name */
function goneText(job, name) {
  if (!job?.state && !name) return GONE;
  if (!isOpen(job)) return "The kernel is gone. Run the cell again to go on from here.";
  const how = job?.held_back ? "was not sent and costs nothing so far; %veo resume sends it" : "goes on at the service; %veo resume brings its clip home";
  return `The kernel is gone. Job ${job?.id} ${how}.`;
}
