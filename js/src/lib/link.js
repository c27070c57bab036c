/**
 * Whether the kernel behind a model can still be reached. Once it is gone it stays so: a new kernel knows nothing of what
 * an earlier one has shown.
 *
 * @import { Wire } from "./types.js"
 */
import { useEffect, useState } from "preact/hooks";

/** What the class of a view says in notebooks when its channel is closed. */
const CLOSED = ".jupyter-widgets-disconnected";
const ENDED = /dead|terminating|restarting|disconnected/;

export const GONE = "The kernel has stopped answering. Run the cell again; what you typed is kept.";

export class Link {
  gone = false;
  /** @type {Set<() => void>} */
  #listeners = new Set();

  /** @param {() => void} listener @returns {() => void} */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  lose() {
    if (this.gone) return;
    this.gone = true;
    for (const listener of this.#listeners) listener();
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

/**
 * Learn of the end of the kernel from whatever tells of it: the view's own channel, and the session of JupyterLab.
 *
 * @param {Wire} wire
 * @param {Element} el  of the view
 * @returns {() => void} stops it
 */
export function watchLink(wire, el) {
  const session = wire.widget_manager?.context?.sessionContext;
  const kernel = session?.session?.kernel;
  const look = () => {
    if (el.closest(CLOSED) || kernel?.isDisposed || ENDED.test(`${kernel?.status} ${kernel?.connectionStatus}`)) linkOf(wire).lose();
  };
  const signals = [session?.kernelChanged, session?.statusChanged, session?.connectionStatusChanged];
  for (const signal of signals) signal?.connect(look);
  wire.on("comm_live_update", look);
  look();
  return () => {
    for (const signal of signals) signal?.disconnect(look);
    wire.off("comm_live_update", look);
  };
}

/** Whether the kernel is gone. @param {Wire} wire */
export function useGone(wire) {
  const link = linkOf(wire);
  const [gone, setGone] = useState(link.gone);
  useEffect(() => {
    const look = () => setGone(link.gone);
    look();
    return link.subscribe(look);
  }, [link]);
  return gone;
}

/**
 * A job as it is known where nobody tells of it any more: its clock stands.
 *
 * @template {{watching: boolean}|null} T
 * @param {T} job
 * @returns {T}
 */
export const unwatched = (job) => job && { ...job, watching: false };
