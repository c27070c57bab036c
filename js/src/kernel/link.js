/**
 * Whether the kernel behind a model can be reached. A broken connection may be mended; a kernel that is gone stays so, since
 * a new one knows nothing of what an earlier one has shown.
 *
 * @import { Wire } from "./types.js"
 */
import { useEffect, useState } from "preact/hooks";
import { onModel, Subject, together } from "./events.js";

/** What the class of a view says in notebooks when its channel is closed. */
const CLOSED = ".jupyter-widgets-disconnected";
const ENDED = /dead|terminating|restarting|disconnected/;

export const GONE = "The kernel has stopped answering. Run the cell again; what you typed is kept.";
export const AWAY = "No connection to the kernel. The buttons work again when it is back.";

/** @typedef {"there"|"away"|"gone"} LinkState  away: the host tries to reach it again */

export class Link extends Subject {
  /** @type {LinkState} */
  state = "there";

  get gone() {
    return this.state === "gone";
  }

  lose() {
    this.become("gone");
  }

  /** @param {LinkState} state */
  become(state) {
    // A kernel that is gone stays so: its successor knows nothing of this view.
    if (this.gone || this.state === state) return;
    this.state = state;
    this.changed();
  }
}

/** @type {WeakMap<object, Link>} */
const links = new WeakMap();

/** @param {object} wire @returns {Link} */
export function linkOf(wire) {
  const known = links.get(wire) ?? new Link();
  links.set(wire, known);
  return known;
}

/** @param {Wire} wire */
const sessionOf = (wire) => wire.widget_manager?.context?.sessionContext;

/** Whether the host is trying to reach the kernel again. @param {Wire} wire */
export const isAway = (wire) => sessionOf(wire)?.session?.kernel?.connectionStatus === "connecting";

/**
 * Learn from whatever tells of it, the view's own channel and the session of JupyterLab, whether the kernel is there.
 *
 * @param {Wire} wire
 * @param {Element} el  of the view
 * @returns {() => void} stops it
 */
export function watchLink(wire, el) {
  const session = sessionOf(wire);
  const kernel = session?.session?.kernel;
  const look = () => {
    const ended = el.closest(CLOSED) || kernel?.isDisposed || ENDED.test(`${kernel?.status} ${kernel?.connectionStatus}`);
    linkOf(wire).become(ended ? "gone" : isAway(wire) ? "away" : "there");
  };
  const signals = [session?.kernelChanged, session?.statusChanged, session?.connectionStatusChanged];
  for (const signal of signals) signal?.connect(look);
  look();
  return together(onModel(wire, "comm_live_update", look), () => signals.forEach((signal) => signal?.disconnect(look)));
}

/** Whether the kernel can be reached. @param {Wire} wire */
export function useLink(wire) {
  const link = linkOf(wire);
  const [state, setState] = useState(link.state);
  useEffect(() => {
    const look = () => setState(link.state);
    look();
    return link.subscribe(look);
  }, [link]);
  return state;
}

/** Whether nothing reaches the kernel now: what waits for a click is off. @param {Wire} wire */
export const useSilent = (wire) => useLink(wire) !== "there";

/**
 * A job as it is known where nobody tells of it any more: its clock stands.
 *
 * @template {{watching: boolean}|null} T
 * @param {T} job
 * @returns {T}
 */
export const unwatched = (job) => job && { ...job, watching: false };
