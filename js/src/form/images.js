/**
 * Images of the form: checked at once, sent to the kernel in pieces, shown from whichever side has them.
 *
 * @import { Held } from "./types.js"
 * @import { Wire } from "../kernel/types.js"
 */
import { gather } from "../kernel/blob_source.js";
import { listen, longest, newRequest, send, upward_bytes } from "../kernel/protocol.js";
import { sizeText } from "../ui/words.js";

const TAKEN = ["image/png", "image/jpeg", "image/webp"];
/** What the kernel makes a JPEG of. Not every system knows the type of such a file. */
const CONVERTED = ["image/avif", "image/heic", "image/heif"];
const CONVERTED_ENDINGS = [".avif", ".heic", ".heif"];
const TYPES = new Set([...TAKEN, ...CONVERTED]);
/** What a field for files lets one choose. */
export const ACCEPT = [...TYPES, ...CONVERTED_ENDINGS].join(",");

/** @param {Blob & {name?: string}} file */
const isTaken = ({ type, name = "" }) =>
  TYPES.has(type) || (!type && CONVERTED_ENDINGS.some((ending) => name.toLowerCase().endsWith(ending)));

/**
 * @typedef {object} Upload
 * @property {string} image
 * @property {string} slot  the parameter it is for
 * @property {string} name
 * @property {string} url
 * @property {number} sent  0 to 1
 */

/** @param {Blob & {name?: string}} file @param {number} limit @returns {string} what is wrong with it, or "" */
export function faultOf(file, limit) {
  const name = file.name ?? "The image";
  if (!isTaken(file)) return `${name} is not a PNG, JPEG or WebP image.`;
  return file.size > limit ? `${name} is ${sizeText(file.size)}; at most ${sizeText(limit)} are accepted.` : "";
}

export class Images {
  #wire;
  #redraw;
  #ended = false;
  /** @type {Map<string, string>} object URLs by held name; "" while it is on its way */
  #shown = new Map();
  /** @type {Map<string, (as: Held|null, message: string) => void>} */
  #waiting = new Map();
  /** @type {(() => void)[]} */
  #ends;
  /** @type {Upload[]} */
  uploads = [];

  /**
   * @param {Wire} wire
   * @param {() => void} redraw
   */
  constructor(wire, redraw) {
    this.#wire = wire;
    this.#redraw = redraw;
    this.#ends = [
      listen(wire, "uploaded", (message) => this.#waiting.get(message.image)?.(message.as, "")),
      listen(wire, "upload-failed", ({ image, message }) => this.#waiting.get(image)?.(null, message)),
    ];
  }

  get busy() {
    return this.uploads.length > 0;
  }

  /**
   * Hand an image to the kernel.
   *
   * @param {string} slot
   * @param {File} file  that `faultOf` finds nothing wrong with
   * @returns {Promise<Held>} rejected with the kernel's reason
   */
  async add(slot, file) {
    const upload = { image: newRequest(), slot, name: file.name || "pasted image", url: URL.createObjectURL(file), sent: 0 };
    this.uploads = [...this.uploads, upload];
    this.#redraw();
    try {
      const held = await this.#send(upload, file);
      // A browser may not show what was converted; the kernel has it as a JPEG.
      if (TAKEN.includes(file.type)) this.#shown.set(held.held, upload.url);
      else URL.revokeObjectURL(upload.url);
      return held;
    } catch (error) {
      URL.revokeObjectURL(upload.url);
      throw error;
    } finally {
      this.uploads = this.uploads.filter(({ image }) => image !== upload.image);
      this.#waiting.delete(upload.image);
      this.#redraw();
    }
  }

  /**
   * Where an image can be seen; "" until its bytes are here, and for one that only has an address.
   *
   * @param {Held} held
   */
  url(held) {
    const known = this.#shown.get(held.held);
    if (known !== undefined) return known;
    this.#shown.set(held.held, "");
    if (held.bytes) this.#fetch(held);
    return "";
  }

  dispose() {
    this.#ended = true;
    for (const end of this.#ends) end();
    for (const url of [...this.#shown.values(), ...this.uploads.map((one) => one.url)]) if (url) URL.revokeObjectURL(url);
    this.#shown.clear();
  }

  /**
   * @param {Upload} upload
   * @param {File} file
   * @returns {Promise<Held>}
   */
  async #send(upload, file) {
    /** @type {Promise<Held>} */
    const answer = new Promise((resolve, reject) => {
      this.#waiting.set(upload.image, (as, message) => (as ? resolve(as) : reject(new Error(message))));
    });
    for (let offset = 0; offset < file.size; offset += upward_bytes) {
      const piece = await file.slice(offset, offset + upward_bytes).arrayBuffer();
      // The view went while a piece was read.
      if (this.#ended) break;
      const { image, name } = upload;
      send(this.#wire, "upload", { image, name: name.slice(0, longest.name), offset, total: file.size }, [piece]);
      upload.sent = Math.min(1, (offset + upward_bytes) / file.size);
      this.#redraw();
    }
    return answer;
  }

  /** @param {Held} held */
  #fetch(held) {
    const request = newRequest();
    const parts = gather();
    const stop = listen(this.#wire, "bytes", (message, buffers) => {
      if (message.request !== request || parts.add(message.offset, buffers) < message.total) return;
      stop();
      this.#shown.set(held.held, URL.createObjectURL(parts.blob(held.mime ?? "image/png")));
      this.#redraw();
    });
    this.#ends.push(stop);
    send(this.#wire, "need-image", { image: held.held, request });
  }
}
