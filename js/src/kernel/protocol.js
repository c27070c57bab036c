/**
 * The messages between a view and its kernel. Their kinds, fields and sizes are those of the kernel's own table.
 *
 * @import { Wire } from "./types.js"
 */
import { from_kernel, longest, page_cards, upward_bytes } from "../../../veo_widgets/notebook/widgets/protocol.json";
import { onModel } from "./events.js";
import { linkOf } from "./link.js";

export { longest, page_cards, upward_bytes };

/** What is dragged when it is a job, by its id. */
export const JOB_TYPE = "veo/job";

/** @typedef {typeof import("../../../veo_widgets/notebook/widgets/protocol.json")} Protocol */

/** @returns {string} a name for a request, never given twice */
export function newRequest() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (n) => n.toString(16).padStart(2, "0")).join("");
}

/**
 * Send one message to the kernel, if there still is one.
 *
 * @param {Wire} wire
 * @param {keyof Protocol["from_browser"]} kind
 * @param {Record<string, unknown>} [payload]
 * @param {ArrayBuffer[]} [buffers]
 * @returns {boolean} whether it went out
 */
export function send(wire, kind, payload = {}, buffers = []) {
  const link = linkOf(wire);
  try {
    if (!link.gone) wire.send({ kind, ...payload }, undefined, buffers);
  } catch {
    // Its channel is closed, and front ends do not all say so.
    link.lose();
  }
  return !link.gone;
}

/**
 * Call `handle` for each whole message of one kind until the returned function is called.
 *
 * @param {Wire} wire
 * @param {keyof Protocol["from_kernel"]} kind
 * @param {(message: any, buffers: DataView[]) => void} handle
 * @returns {() => void}
 */
export function listen(wire, kind, handle) {
  /** @type {(message: any, buffers?: DataView[]) => void} */
  const filter = (message, buffers) => {
    // An output that is older or newer than its kernel may be sent less than it needs.
    if (message?.kind === kind && from_kernel[kind].every((name) => name in message)) handle(message, buffers ?? []);
  };
  return onModel(wire, "msg:custom", filter);
}
