/**
 * One of the two elements that take turns: the clip that it has, and the frame of it that it is to stand on.
 *
 * @import { Clip } from "../kernel/types.js"
 * @import { ClipSources } from "../kernel/clip_sources.js"
 */
import { onPosition } from "../clip/playback.js";
import { asksBy, clipKey, empty } from "../kernel/clip_sources.js";
import { onEvents, together } from "../kernel/events.js";

/** Apart by less, in seconds, is the same place. */
const CLOSE = 0.001;
/** How often an element that has sought elsewhere is sent to the same place again. */
const RETRIES = 3;
const EVENTS = "canplay ended error loadeddata pause playing seeked waiting";

export class Seat {
  /** @type {Clip|null} */
  clip = null;
  #letGo = () => {};
  #sources;
  #end;
  /** @type {(seat: Seat, type: string) => void} */
  #tell;
  /** The address that the element was given. */
  #given = "";
  #fault = false;
  /** @type {number|null} null once it may move */
  #to = null;
  #tries = 0;

  /**
   * @param {HTMLVideoElement} video
   * @param {ClipSources} sources
   * @param {(seat: Seat, type: string) => void} tell  called with what the element has done, and for every frame
   */
  constructor(video, sources, tell) {
    this.video = video;
    this.#sources = sources;
    this.#tell = tell;
    const check = () => {
      if (!this.clip) return;
      if (video.videoWidth) void sources.checkClip(this.clip, video);
      // Where only the sound can be decoded, WebKit plays that and calls it no error.
      else this.#fail();
    };
    this.#end = together(
      sources.subscribe(() => this.#give()),
      onEvents(video, "loadedmetadata", () => this.#seek()),
      onEvents(video, "loadeddata", check),
      onEvents(video, "seeked", () => this.#seekAgain()),
      onEvents(video, "error", () => this.#fail()),
      onEvents(video, EVENTS, ({ type }) => tell(this, type)),
      onPosition(video, () => tell(this, "frame")),
    );
  }

  /** Where the clip comes from; null without a clip. */
  get source() {
    return this.clip && this.#sources.get(this.clip);
  }

  /** Whether its clip cannot be shown. */
  get broken() {
    return this.#fault || this.source?.phase === "failed";
  }

  /** Whether it shows a picture of its clip, and is where it is to be. */
  get ready() {
    return this.#given !== "" && this.video.readyState >= 2 && !this.video.seeking;
  }

  /** @param {Clip} clip */
  has(clip) {
    return this.clip !== null && clipKey(this.clip) === clipKey(clip);
  }

  /**
   * Whether it stands where it was put, and there.
   *
   * @param {Clip} clip
   * @param {number} seconds
   */
  stands(clip, seconds) {
    return this.has(clip) && this.#to !== null && Math.abs(this.#to - seconds) < CLOSE;
  }

  /**
   * Show a clip from a time on.
   *
   * @param {Clip} clip
   * @param {number} seconds
   */
  put(clip, seconds) {
    if (!this.has(clip)) {
      this.#leave();
      this.clip = clip;
      this.#letGo = this.#sources.hold(clip);
      this.#give();
    }
    this.#to = seconds;
    this.#tries = 0;
    this.#seek();
  }

  /** @param {(error: {name: string}) => void} refused */
  play(refused) {
    const { video } = this;
    if (!this.#given || video.readyState === 0 || !video.paused || video.ended) return;
    this.#to = null;
    video.play().catch(refused);
  }

  dispose() {
    this.#end();
    this.#leave();
  }

  #leave() {
    if (this.#given) empty(this.video);
    this.#given = "";
    this.#fault = false;
    this.#letGo();
    this.clip = null;
  }

  #give() {
    const url = this.source?.url ?? "";
    if (url && url !== this.#given) {
      Object.assign(this.video, asksBy(this.source));
      this.#given = this.video.src = url;
      this.#fault = false;
    }
    this.#tell(this, "source");
  }

  #fail() {
    // It may tell late, when it has something else.
    if (!this.clip || !this.#given || this.#sources.fallBack(this.clip, this.#given)) return;
    this.#fault = true;
    this.#tell(this, "broken");
  }

  #seek() {
    const { video } = this;
    if (this.#to !== null && video.readyState > 0 && Math.abs(video.currentTime - this.#to) > CLOSE) video.currentTime = this.#to;
  }

  /** WebKit may pass over a seek that was asked for during another. */
  #seekAgain() {
    if (this.video.paused && this.#tries++ < RETRIES) this.#seek();
  }
}
