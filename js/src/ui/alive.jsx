/**
 * What every view shares: while its kernel lives, the saved copy of what it shows is hidden; when the kernel is gone, the
 * view says so and the copy is there again in its place. What people write in stays where it is, unless its kernel was gone
 * before it was drawn.
 *
 * @import { ComponentChildren } from "preact"
 * @import { Job, Wire } from "../kernel/types.js"
 */
import { useEffect, useRef } from "preact/hooks";
import { useTrait } from "../kernel/hooks.js";
import { AWAY, GONE, useLink } from "../kernel/link.js";

/** @typedef {(gone: boolean) => {text: string, open: boolean}|undefined} WayBack  to what is shown, when no kernel answers */

/**
 * @param {{wire: Wire & {get: (name: any) => any}, children: ComponentChildren,
 *   wayBack?: WayBack|undefined, stays?: boolean}} props
 */
export function Alive({ wire, children, wayBack, stays = false }) {
  const state = useLink(wire);
  const gone = state === "gone";
  const met = useRef(false);
  met.current ||= !gone;
  const kept = stays && met.current;
  /** @type {Job|Record<string, never>|undefined} */
  const job = useTrait(wire, "job");
  /** @type {string} */
  const saved = useTrait(wire, "saved_class") || job?.saved_class || "";
  // Anything but the expected pattern stays out of the style.
  const name = /^veo-saved-[A-Za-z0-9_-]+$/.test(saved) ? saved : "";
  const frame = useRef(/** @type {HTMLDivElement|null} */ (null));
  useEffect(() => {
    // The copy takes its place.
    if (gone && name && !kept) for (const video of frame.current?.querySelectorAll("video") ?? []) video.pause();
  }, [gone]);
  const way = state === "there" ? undefined : wayBack?.(gone);
  const quiet = !gone ? AWAY : name && !kept ? "The kernel is gone; what was saved is below." : GONE;
  const copied = gone && !kept && name !== "" && document.querySelector(`.${name}`) !== null;
  return (
    <>
      {name && (!gone || kept) ? <style>{`.${name},.jp-OutputArea-child:has(.${name}){display:none!important}`}</style> : null}
      <div ref={frame} class={copied ? "veo-copied-below" : ""}>
        {state !== "there" && (
          <div class={`veo-gone ${way?.open ? "" : "veo-gone-quiet"}`} role="alert">
            {way?.text ?? quiet}
          </div>
        )}
        {children}
      </div>
    </>
  );
}
