/**
 * The address of a clip in a bucket, signed by the kernel: seekable, and no byte passes through the kernel. Whoever has it can
 * read the clip until it ends, so it comes as a message and is kept nowhere.
 *
 * @import { Clip, Wire } from "./types.js"
 */
import { SILENCE_MS } from "./blob_source.js";
import { together } from "./events.js";
import { listen, newRequest, send } from "./protocol.js";

/**
 * @typedef {object} Answer
 * @property {(url: string, seconds: number) => void} signed
 * @property {() => void} unsigned  the store signs none, or nobody answers any more
 * @property {() => void} silent
 */

/**
 * Ask the kernel for the address of a clip.
 *
 * @param {Wire} wire
 * @param {Clip} clip
 * @param {Answer} answer
 * @returns {() => void} stops listening
 */
export function askAddress(wire, clip, answer) {
  const request = newRequest();
  const timer = setTimeout(answer.silent, SILENCE_MS);
  const stop = together(
    () => clearTimeout(timer),
    listen(wire, "address", (message) => {
      if (message.request !== request) return;
      stop();
      // Nothing else may become the source of an element.
      if (/^https?:\/\//.test(message.url)) answer.signed(message.url, message.seconds);
      else answer.unsigned();
    }),
  );
  if (!send(wire, "need-address", { sample: clip.sample, request })) {
    stop();
    answer.unsigned();
  }
  return stop;
}

/**
 * How an element asks for what it is given: a bucket's clip by CORS, without which no frame of it could be grabbed.
 *
 * @param {string} via
 * @returns {{crossOrigin?: "anonymous"}}
 */
export const asksBy = (via) => (via === "bucket" ? { crossOrigin: "anonymous" } : {});
