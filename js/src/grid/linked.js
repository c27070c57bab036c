/**
 * Many clips that play as one: a clock of their own, which every element is kept to. It tells of every change, and often
 * while it plays.
 *
 * @import { Clip } from "../kernel/types.js"
 */
import { clamp } from "../ui/clamp.js";
import { onEvents, Subject } from "../kernel/events.js";
import { frameAt, timeOf } from "../clip/playback.js";

/** How often the elements are compared with the clock, in milliseconds. */
const TICK_MS = 100;
/** Apart by up to so many seconds is mended by speed; beyond FAR only by a jump. */
const LOOSE = 0.12;
const FAR = 0.4;
/**
 * Speeds are multiples of this: to GStreamer, by which WebKit plays on Linux, each change is a jump. Apart by less than half
 * of it, in seconds, is nothing anybody sees.
 */
const SPEEDS = 0.05;
/** How long the clock waits for an element that does not keep up, in milliseconds. */
const PATIENCE_MS = 3000;
/** How often an element that has sought elsewhere is sent to the same place again. */
const RETRIES = 3;

export class LinkedPlayback extends Subject {
  /** @type {Map<HTMLVideoElement, Clip>} */
  #members = new Map();
  /** @type {ReturnType<typeof setInterval>|undefined} */
  #timer;
  #now;
  #at = 0;
  #since = 0;
  #ticked = 0;
  #waited = 0;
  /** The length of the longest clip. */
  seconds = 0;
  fps = 24;
  playing = false;
  loop = true;
  rate = 1;

  /** @param {() => number} [now]  milliseconds of a clock that never jumps */
  constructor(now = () => performance.now()) {
    super();
    this.#now = now;
  }

  /** @param {Clip[]} clips  all that there are, also those without an element at the moment */
  measure(clips) {
    this.seconds = Math.max(0, ...clips.map(({ seconds }) => seconds));
    this.fps = clips.length > 0 ? Math.max(1, ...clips.map(({ fps }) => fps)) : 24;
  }

  /** Where the clock is, in seconds. */
  get position() {
    if (!this.playing) return this.#at;
    return this.#at + ((this.#now() - this.#since) / 1000) * this.rate;
  }

  /**
   * Keep an element to the clock from now on.
   *
   * @param {HTMLVideoElement} video
   * @param {Clip} clip
   * @returns {() => void} lets go of it
   */
  join(video, clip) {
    this.#members.set(video, clip);
    this.#put(video, clip);
    let [at, tries] = [-1, 0];
    // WebKit may pass over a seek that was asked for during another.
    const leave = onEvents(video, "seeked", () => {
      if (this.playing) return;
      [at, tries] = [this.#at, at === this.#at ? tries + 1 : 1];
      if (tries <= RETRIES) this.#put(video, clip);
    });
    return () => {
      leave();
      this.#members.delete(video);
      video.pause();
      // Nobody looks any more: out of sight, or the view is gone.
      if (this.#members.size === 0 && this.playing) this.pause();
    };
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (this.playing || this.seconds === 0) return;
    if (this.#at >= this.seconds - 1 / this.fps) this.#at = 0;
    this.#since = this.#ticked = this.#now();
    this.#waited = 0;
    this.playing = true;
    this.#timer = setInterval(() => this.tick(), TICK_MS);
    this.tick();
  }

  pause() {
    const at = this.position;
    this.#stop();
    this.seek(at);
  }

  /** @param {number} seconds */
  seek(seconds) {
    const last = Math.max(0, this.seconds - 1 / this.fps / 2);
    this.#at = clamp(seconds, 0, last);
    this.#since = this.#now();
    for (const [video, clip] of this.#members) this.#put(video, clip);
    this.changed();
  }

  /** @param {number} amount  frames on, or back */
  step(amount) {
    if (this.playing) this.pause();
    const shape = { fps: this.fps, seconds: this.seconds };
    this.seek(timeOf(frameAt(this.#at, shape) + amount, shape));
  }

  /** @param {{rate?: number, loop?: boolean}} change */
  choose(change) {
    this.#at = this.position;
    this.#since = this.#now();
    Object.assign(this, change);
    this.changed();
  }

  /** Bring every element closer to the clock, and the clock back to the start when it is through. */
  tick() {
    const patient = this.#wait();
    if (this.position >= this.seconds) {
      if (!this.loop) {
        this.pause();
        return;
      }
      this.seek(0);
    }
    for (const [video, clip] of this.#members) this.#correct(video, clip, patient);
    this.changed();
  }

  /** Hold the clock while an element does not keep up, for so long; says whether it may go on not keeping up. */
  #wait() {
    const since = this.#now() - this.#ticked;
    this.#ticked += since;
    const late = [...this.#members].some(([video, clip]) => {
      const to = Math.min(this.position, clip.seconds - 1 / clip.fps);
      return video.seeking || video.readyState < 2 || to - video.currentTime > LOOSE;
    });
    // It is won back slowly, so that one that is always late does not stop all again and again.
    this.#waited = late ? Math.min(PATIENCE_MS, this.#waited + since) : Math.max(0, this.#waited - since / 4);
    const patient = this.#waited < PATIENCE_MS;
    if (late && patient) this.#since = Math.min(this.#since + since, this.#ticked);
    return patient;
  }

  dispose() {
    this.#stop();
    for (const video of this.#members.keys()) video.pause();
    this.#members.clear();
    super.dispose();
  }

  #stop() {
    this.playing = false;
    clearInterval(this.#timer);
  }

  /**
   * To the frame that the clock shows; a clip that is shorter waits at its last.
   *
   * @param {HTMLVideoElement} video
   * @param {Clip} clip
   */
  #put(video, clip) {
    const to = timeOf(frameAt(this.position, clip), clip);
    if (!this.playing) video.pause();
    if (Math.abs(video.currentTime - to) > 0.001) video.currentTime = to;
  }

  /**
   * @param {HTMLVideoElement} video
   * @param {Clip} clip
   * @param {boolean} patient  the clock waits for those that are late
   */
  #correct(video, clip, patient) {
    if (video.readyState < 2 || video.seeking) return;
    const to = this.position;
    if (to >= clip.seconds - 1 / clip.fps) {
      video.pause();
      return;
    }
    const apart = video.currentTime - to;
    if (apart > FAR || (apart < -FAR && !patient)) video.currentTime = to;
    // A little faster or slower is not seen; a jump is.
    video.playbackRate = this.rate * clamp(Math.round((1 - apart) / SPEEDS) * SPEEDS, 0.75, 1.25);
    if (apart > LOOSE && apart <= FAR) video.pause();
    else if (video.paused) video.play().catch(() => {});
  }
}
