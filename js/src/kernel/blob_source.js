/**
 * A clip through the kernel: asked for once, arriving in ranges, put together as one Blob.
 *
 * @import { Clip, Wire } from "./types.js"
 */
import { together } from "./events.js";
import { GONE } from "./link.js";
import { listen, newRequest, send } from "./protocol.js";

/** Silence after which a view says that the kernel may be busy. It goes on listening all the same. */
const SILENCE_MS = 15_000;

/**
 * @typedef {object} Pull
 * @property {(received: number, total: number) => void} progress
 * @property {(blob: Blob) => void} done
 * @property {(url: string, seconds: number) => void} signed  it is in a bucket, at this address for so long
 * @property {(message: string) => void} failed
 * @property {() => void} silent
 */

/**
 * Gathers ranges, in whatever order they come and however often.
 */
export function gather() {
  /** @type {Map<number, DataView>} */
  const parts = new Map();
  let received = 0;
  return {
    /**
     * @param {number} offset
     * @param {DataView[]} buffers
     */
    add(offset, buffers) {
      let at = offset;
      for (const buffer of buffers) {
        // A range may come again after the connection was mended; it counts once.
        if (!parts.has(at)) received += buffer.byteLength;
        parts.set(at, buffer);
        at += buffer.byteLength;
      }
      return received;
    },
    /** @param {string} type */
    blob(type) {
      const inOrder = [...parts].sort(([a], [b]) => a - b).map(([, part]) => part);
      return new Blob(/** @type {BlobPart[]} */ (inOrder), { type });
    },
  };
}

/**
 * Ask the kernel for a clip's bytes, or for where to have them in a bucket.
 *
 * @param {Wire} wire
 * @param {Clip} clip
 * @param {Pull} pull
 * @param {boolean} [plain]  the bytes and no address
 * @returns {() => void} stops listening
 */
export function pullBytes(wire, clip, pull, plain) {
  const request = newRequest();
  const parts = gather();
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(pull.silent, SILENCE_MS);
  };
  const stop = together(
    () => clearTimeout(timer),
    listen(wire, "bytes", (message, buffers) => {
      if (message.request !== request) return;
      const received = parts.add(message.offset, buffers);
      if (received < message.total) {
        wait();
        pull.progress(received, message.total);
      } else {
        stop();
        pull.done(parts.blob(clip.mime));
      }
    }),
    listen(wire, "address", (message) => {
      if (message.request !== request) return;
      stop();
      pull.signed(message.url, message.seconds);
    }),
    listen(wire, "bytes-failed", (message) => {
      if (message.request !== request) return;
      stop();
      pull.failed(message.message);
    }),
  );
  wait();
  if (!send(wire, "need-bytes", { sample: clip.sample, request, ...(plain && { plain: 1 }) })) {
    stop();
    pull.failed(GONE);
  }
  return stop;
}
