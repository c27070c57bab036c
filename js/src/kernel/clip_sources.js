/**
 * Where each clip of one widget comes from. One of these per model: its views share the bytes.
 *
 * @import { Clip, Wire } from "./types.js"
 */
import { pullBytes } from "./blob_source.js";
import { Subject } from "./events.js";
import { filesUrl, serverBase, serves } from "./files_url.js";

/**
 * @typedef {object} Source
 * @property {"idle"|"pulling"|"ready"|"failed"} phase
 * @property {string} url  "" until ready
 * @property {"files"|"bucket"|"kernel"|""} via
 * @property {number} [until]  when a bucket's address ends
 * @property {number} received
 * @property {number} total
 * @property {boolean} silent  the kernel has not answered for a while
 * @property {string} message  why it failed
 */

/** @type {Source} */
const IDLE = { phase: "idle", url: "", via: "", received: 0, total: 0, silent: false, message: "" };

/** @param {Clip} clip */
export const clipKey = (clip) => `${clip.sample}:${clip.version}`;

/** Have an element let go of what it was given. @param {HTMLVideoElement} video */
export function empty(video) {
  video.removeAttribute("src");
  video.load();
}

/** How an element asks for it: in a bucket by CORS, without which no frame could be grabbed. @param {Source|null} source */
export const asksBy = (source) => (source?.via === "bucket" ? { crossOrigin: /** @type {const} */ ("anonymous") } : {});

export class ClipSources extends Subject {
  /** @type {Map<string, Source>} */
  #sources = new Map();
  /** @type {Map<string, () => void>} the pulls under way */
  #pulls = new Map();
  /** @type {Map<string, number>} how many hold each clip */
  #holders = new Map();
  /** @type {Set<string>} */
  #posters = new Set();
  #ended = new AbortController();
  #wire;
  #base;

  /**
   * @param {Wire} wire
   * @param {string|null} [base]  of the Jupyter server; null where there is none
   */
  constructor(wire, base = serverBase()) {
    super();
    this.#wire = wire;
    this.#base = base;
  }

  /**
   * @param {Clip} clip
   * @returns {Source}
   */
  get(clip) {
    return this.#sources.get(clipKey(clip)) ?? IDLE;
  }

  /**
   * Make the clip playable, unless that has begun already. Nobody asks first whether the server has it: the element itself
   * finds out soonest, and then calls `checkClip` or `fallBack`.
   *
   * @param {Clip} clip
   */
  open(clip) {
    if (this.#ended.signal.aborted || this.get(clip).phase !== "idle") return;
    const url = filesUrl(clip, this.#base);
    if (url) this.#set(clip, { phase: "ready", url, via: "files" });
    else this.#pull(clip);
  }

  /**
   * The element can use what it was given: ask whether it is this clip, since another may bear its name by now. If it is
   * not, the element is emptied, and the clip comes through the kernel.
   *
   * @param {Clip} clip
   * @param {HTMLVideoElement} video
   * @returns {Promise<boolean>}
   */
  async checkClip(clip, video) {
    const { via, url } = this.get(clip);
    if (via !== "files" || (await serves(url, clip, this.#ended.signal))) return true;
    // Whoever held it may have let go meanwhile.
    if (!this.#ended.signal.aborted && this.#holders.get(clipKey(clip)) !== 0) {
      empty(video);
      this.fallBack(clip, url);
    }
    return false;
  }

  /**
   * Make the clip playable for as long as somebody holds it: with the last of them its bytes go.
   *
   * @param {Clip} clip
   * @returns {() => void} lets go of it
   */
  hold(clip) {
    const key = clipKey(clip);
    this.#holders.set(key, (this.#holders.get(key) ?? 0) + 1);
    this.open(clip);
    return () => {
      const left = (this.#holders.get(key) ?? 1) - 1;
      this.#holders.set(key, left);
      if (left === 0) this.#drop(clip);
    };
  }

  /** @param {Clip} clip */
  #drop(clip) {
    const { url, via } = this.get(clip);
    // An address costs nothing to keep.
    if (via === "files") return;
    this.#pulls.get(clipKey(clip))?.();
    this.#pulls.delete(clipKey(clip));
    if (via === "kernel") URL.revokeObjectURL(url);
    this.#sources.delete(clipKey(clip));
  }

  /**
   * The browser could not use what it was given. An address gets one more chance, through the kernel, and one in a bucket as many
   * as it has ended.
   *
   * @param {Clip} clip
   * @param {string} url  what it was given
   * @returns {boolean} whether there is hope
   */
  fallBack(clip, url) {
    const source = this.get(clip);
    // The element may tell late, when it is to have something else.
    if (source.url === url) {
      if (source.via === "kernel") return false;
      this.#pull(clip, Date.now() < (source.until ?? 0));
    }
    return true;
  }

  /**
   * Ask again after a failure or a long silence.
   *
   * @param {Clip} clip
   */
  retry(clip) {
    this.#pull(clip);
  }

  /**
   * Whether this caller is the one to hand in the clip's poster; true once.
   *
   * @param {Clip} clip
   */
  claimPoster(clip) {
    if (clip.poster || this.#posters.has(clipKey(clip))) return false;
    this.#posters.add(clipKey(clip));
    return true;
  }

  /** Let go of every byte and stop listening. */
  dispose() {
    this.#ended.abort();
    for (const stop of this.#pulls.values()) stop();
    for (const { url, via } of this.#sources.values()) if (via === "kernel") URL.revokeObjectURL(url);
    this.#sources.clear();
    super.dispose();
  }

  /**
   * @param {Clip} clip
   * @param {boolean} [plain]  not from a bucket, which this page cannot read
   */
  #pull(clip, plain) {
    this.#pulls.get(clipKey(clip))?.();
    this.#set(clip, { ...IDLE, phase: "pulling", total: clip.bytes });
    const finish = (/** @type {Partial<Source>} */ change) => {
      this.#pulls.delete(clipKey(clip));
      this.#set(clip, { silent: false, ...change });
    };
    const stop = pullBytes(this.#wire, clip, {
      progress: (received, total) => this.#set(clip, { received, total, silent: false }),
      done: (blob) => finish({ phase: "ready", via: "kernel", url: URL.createObjectURL(blob) }),
      // Whoever has the address can read the clip, so that it is kept nowhere else.
      signed: (url, seconds) => finish({ phase: "ready", via: "bucket", url, until: Date.now() + seconds * 1000 }),
      failed: (message) => finish({ phase: "failed", message }),
      silent: () => this.#set(clip, { silent: true }),
    }, plain);
    this.#pulls.set(clipKey(clip), stop);
  }

  /**
   * @param {Clip} clip
   * @param {Partial<Source>} change
   */
  #set(clip, change) {
    this.#sources.set(clipKey(clip), { ...this.get(clip), ...change });
    this.changed();
  }
}
