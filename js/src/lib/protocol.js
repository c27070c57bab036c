/**
 * The messages between a view and its kernel, kind by kind with their payload fields.
 * A test in Python compares both tables with its own, so they stay plain literals.
 *
 * @import { Wire } from "./types.js"
 */
import { onModel } from "./events.js";
import { linkOf } from "./link.js";

export const FROM_BROWSER = {
  "ready": [],
  "stop": ["job"],
  "resume": ["job"],
  "cancel": ["job"],
  "retry": ["job"],
  "look": ["job"],
  "forget": ["job"],
  "need-bytes": ["sample", "request"],
  "poster": ["sample"],
  "grab": ["sample", "frame", "role", "request", "offset", "total"],
  "reuse": ["sample", "request"],
  "sequel": ["sample", "verb", "prompt", "request"],
  "mark": ["sample", "mark"],
  "render": ["samples", "request"],
  "drafts": ["request"],
  "draft": ["draft"],
  "generate": ["order", "draft"],
  "upload": ["image", "name", "offset", "total"],
  "need-image": ["image", "request"],
  "history": ["query", "request"],
  "use": ["job"],
  "recipe": ["name", "text"],
  "select": ["job"],
  "of-job": ["job", "message"]
};

/** Fields that may come along. */
export const OPTIONAL = {
  "resume": ["request"],
  "retry": ["request"]
};

export const FROM_KERNEL = {
  "bytes": ["request", "sample", "offset", "total"],
  "bytes-failed": ["request", "sample", "message"],
  "refused": ["command", "message"],
  "grabbed": ["request", "message"],
  "taken": ["request"],
  "accepted": ["order", "job"],
  "denied": ["order", "problems"],
  "uploaded": ["image", "as"],
  "upload-failed": ["image", "message"],
  "history": ["request", "items"],
  "told": ["message"],
  "job": ["job"],
  "of-job": ["job", "message"]
};

/** @returns {string} a name for a request, never given twice */
export function newRequest() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (n) => n.toString(16).padStart(2, "0")).join("");
}

/**
 * Send one message to the kernel, if there still is one.
 *
 * @param {Wire} wire
 * @param {keyof typeof FROM_BROWSER} kind
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
 * Call `handle` for each message of one kind until the returned function is called.
 *
 * @param {Wire} wire
 * @param {keyof typeof FROM_KERNEL} kind
 * @param {(message: any, buffers: DataView[]) => void} handle
 * @returns {() => void}
 */
export function listen(wire, kind, handle) {
  /** @type {(message: any, buffers?: DataView[]) => void} */
  const filter = (message, buffers) => {
    if (message?.kind === kind) handle(message, buffers ?? []);
  };
  return onModel(wire, "msg:custom", filter);
}
