/**
 * Plays the parts of a film one after another in two elements: while one plays, the other stands on the first frame of what
 * comes next, so that a join shows no gap.
 *
 * @import { ClipSources } from "../kernel/clip_sources.js"
 * @import { Part } from "./layout.js"
 */
import { frameAt, halt, timeOf, timeShown } from "../clip/playback.js";
import { Subject } from "../kernel/events.js";
import { clamp } from "../ui/clamp.js";
import { goesOn, isOneClip, layOut } from "./layout.js";
import { Seat } from "./seat.js";

/** How often it looks whether a part is over, in milliseconds, and how much sooner than its end it is: half of that. */
const TICK_MS = 16;
const EARLY = 0.008;

/** @typedef {{loop: boolean, muted: boolean, volume: number, rate: number}} ReelChoice */

export class ReelPlayback extends Subject {
  #sources;
  #now;
  #film;
  #index = 0;
  /** The frame of the film, where no element that plays tells. */
  #at = 0;
  #since = 0;
  /** @type {Seat[]} */
  #seats = [];
  /** @type {Seat|null} the one with the clip of this part */
  #seat = null;
  /** @type {ReturnType<typeof setInterval>|undefined} */
  #timer;
  #told = -1;
  /** @type {Seat|null} the one that is seen, which is the one before until this part's has a picture */
  front = null;
  playing = false;
  /** @type {ReelChoice} */
  choice = { loop: false, muted: false, volume: 1, rate: 1 };

  /**
   * @param {ClipSources} sources
   * @param {Part[]} parts  at least one
   * @param {() => number} [now]  milliseconds of a clock that never jumps
   */
  constructor(sources, parts, now = () => performance.now()) {
    super();
    this.#sources = sources;
    this.#film = layOut(parts);
    this.#now = now;
  }

  get fps() {
    return this.#film.fps;
  }

  /** The length of the film. */
  get seconds() {
    return this.#film.count / this.#film.fps;
  }

  get #stretch() {
    return /** @type {import("./layout.js").Stretch} */ (this.#film.stretches[this.#index]);
  }

  /** What is shown now. */
  get part() {
    return this.#stretch.part;
  }

  /** Where each part begins, and its name. @returns {[number, string][]} */
  get shots() {
    return this.#film.stretches.map(({ first, part }) => [first / this.fps, part.label]);
  }

  /** The second of the film whose frame is seen. */
  get position() {
    return this.#frame / this.fps;
  }

  get #frame() {
    const { first, count } = this.#stretch;
    return clamp(Math.floor(this.#head(timeShown) + 0.01), first, first + count - 1);
  }

  /** Whether the clip of this part does not come as fast as it is to play. */
  get waiting() {
    return this.playing && !this.#isClocked && (!this.#seat?.ready || this.#seat.video.readyState < 3);
  }

  /** The element whose clip cannot be shown or does not come; null if all is well. */
  get stuck() {
    return this.#seat && (this.#seat.broken || this.#seat.source?.silent) ? this.#seat : null;
  }

  /** Whether time passes without an element: of a card, a blank, and a clip that cannot be shown. */
  get #isClocked() {
    return !this.#seat || this.#seat.broken;
  }

  /**
   * Where it is, in frames of the film.
   *
   * @param {(video: HTMLVideoElement) => number} timeOfVideo
   */
  #head(timeOfVideo) {
    if (!this.playing) return this.#at;
    if (this.#isClocked) return this.#at + ((this.#now() - this.#since) / 1000) * this.choice.rate * this.fps;
    const { first, part } = this.#stretch;
    return this.#seat?.ready ? first + (timeOfVideo(this.#seat.video) - part.from) * this.fps : this.#at;
  }

  /**
   * Begin to show the film.
   *
   * @param {HTMLVideoElement[]} videos  two
   */
  open(videos) {
    this.#seats = videos.map((video) => new Seat(video, this.#sources, (seat, type) => this.#hear(seat, type)));
    this.#apply();
    this.#enter(this.#index, this.#at);
  }

  /**
   * Show a film that was changed, where it is if that is still in it.
   *
   * @param {Part[]} parts  at least one
   */
  lay(parts) {
    const { first, part } = this.#stretch;
    const seconds = (this.#head(timeShown) - first) / this.fps;
    this.#film = layOut(parts);
    const found = this.#film.stretches.findIndex(({ part: { key } }) => key === part.key);
    this.#index = found < 0 ? Math.min(this.#index, parts.length - 1) : found;
    const { first: begins, count, part: now } = this.#stretch;
    const into = found < 0 ? 0 : seconds * this.fps;
    if (found >= 0 && isOneClip(part, now) && part.from === now.from && into < count) {
      [this.#at, this.#since] = [begins + into, this.#now()];
      this.#prepare();
      this.changed();
      return;
    }
    this.#stop();
    this.#seat?.video.pause();
    this.#enter(this.#index, begins + Math.min(Math.floor(into + 0.01), count - 1));
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (this.playing) return;
    if (this.#frame === this.#film.count - 1) this.#enter(0, 0);
    this.playing = true;
    this.#since = this.#now();
    this.#timer = setInterval(() => this.tick(), TICK_MS);
    this.tick();
    this.changed();
  }

  pause() {
    if (!this.playing) return;
    const frame = this.#frame;
    this.#stop();
    if (this.#seat?.clip) halt(this.#seat.video, this.#seat.clip);
    this.#enter(this.#index, frame);
  }

  /** @param {number} seconds */
  seek(seconds) {
    const frame = frameAt(seconds, this);
    this.#enter(Math.max(0, this.#film.stretches.findLastIndex(({ first }) => first <= frame)), frame);
  }

  /** @param {number} amount  frames on, or back */
  step(amount) {
    this.pause();
    this.seek(timeOf(this.#frame + amount, this));
  }

  /** @param {Partial<ReelChoice>} change */
  choose(change) {
    this.#at = this.#head(timeShown);
    this.#since = this.#now();
    this.choice = { ...this.choice, ...change };
    this.#apply();
    this.#prepare();
    this.changed();
  }

  #apply() {
    const { muted, volume, rate } = this.choice;
    for (const { video } of this.#seats) Object.assign(video, { muted, volume, defaultPlaybackRate: rate, playbackRate: rate });
  }

  /** Go on to the next part when this one is over. */
  tick() {
    const { first, count } = this.#stretch;
    this.#drive();
    const isOver = !this.#isClocked && this.#seat?.ready && this.#seat.video.ended;
    if (isOver || this.#head(({ currentTime }) => currentTime) >= first + count - EARLY * this.choice.rate * this.fps) this.#advance();
    // An element tells of its frames itself.
    if (this.#isClocked && this.#told !== (this.#told = this.#frame)) this.changed();
  }

  dispose() {
    this.#stop();
    for (const seat of this.#seats) seat.dispose();
    this.#seats = [];
    this.#seat = this.front = null;
    super.dispose();
  }

  #stop() {
    this.playing = false;
    clearInterval(this.#timer);
  }

  /** @param {Seat} seat @param {string} type  of what has happened to it */
  #hear(seat, type) {
    if (seat !== this.#seat) return;
    const { video } = seat;
    // By a key of the keyboard, or the system.
    if (type === "pause" && this.playing && video.paused && !video.ended) this.pause();
    if (type === "broken") this.#since = this.#now();
    this.#drive();
    this.changed();
  }

  #advance() {
    const { stretches, count } = this.#film;
    const next = stretches[this.#index + 1];
    if (next && goesOn(this.part, next.part)) this.#index++;
    else if (next) this.#enter(this.#index + 1, next.first);
    else if (this.choice.loop) this.#enter(0, 0);
    else {
      this.#stop();
      this.#seat?.video.pause();
      this.#enter(this.#index, count - 1);
    }
  }

  /**
   * Show a frame of the film, which is in this stretch, and go on from there if it plays.
   *
   * @param {number} index
   * @param {number} frame
   */
  #enter(index, frame) {
    const before = this.#seat;
    [this.#index, this.#at, this.#since] = [index, frame, this.#now()];
    const { clip } = this.part;
    const seconds = this.#timeIn(this.#stretch, frame);
    this.#seat = (clip && this.#seatFor(clip, seconds)) ?? null;
    if (before !== this.#seat) before?.video.pause();
    if (clip) this.#seat?.put(clip, seconds);
    else this.front = null;
    this.#drive();
    this.#prepare();
    this.changed();
  }

  /**
   * Where in its clip a frame of the film is.
   *
   * @param {import("./layout.js").Stretch} stretch
   * @param {number} frame
   */
  #timeIn({ part: { clip, from }, first }, frame) {
    return clip ? timeOf(frameAt(from + (frame - first) / this.fps, clip), clip) : 0;
  }

  /**
   * The element that stands there already, else the one that has the clip, else the one that is not seen.
   *
   * @param {import("../kernel/types.js").Clip} clip
   * @param {number} seconds
   */
  #seatFor(clip, seconds) {
    const seats = this.front ? [this.front, ...this.#seats.filter((seat) => seat !== this.front)] : this.#seats;
    return seats.find((seat) => seat.stands(clip, seconds)) ?? seats.find((seat) => seat.has(clip)) ?? seats.find((seat) => seat !== this.front);
  }

  /** Let this part's element play if it is to, and be seen once it has a picture. */
  #drive() {
    const seat = this.#seat;
    if (!seat) return;
    if (this.playing && !seat.broken) seat.play((error) => void (error.name === "NotAllowedError" && this.pause()));
    if (this.front === seat || !(seat.ready || seat.broken)) return;
    this.front = seat;
    this.#prepare();
    this.changed();
  }

  /** Have the other element stand where the next clip begins. */
  #prepare() {
    // Until this part has its picture, the other one is seen.
    if (this.front !== this.#seat) return;
    const { stretches } = this.#film;
    const ahead = [...stretches.slice(this.#index), ...(this.choice.loop ? stretches.slice(0, this.#index + 1) : [])];
    const next = ahead.find(({ part }, n) => n > 0 && part.clip && !goesOn(/** @type {any} */ (ahead[n - 1]).part, part));
    if (!next?.part.clip) return;
    const { clip } = next.part;
    const seconds = this.#timeIn(next, next.first);
    const others = this.#seats.filter((seat) => seat !== this.#seat);
    const seat = others.find((one) => one.stands(clip, seconds)) ?? others.find((one) => one.has(clip)) ?? others[0];
    if (seat && !seat.stands(clip, seconds)) seat.put(clip, seconds);
  }
}
