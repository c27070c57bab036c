import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { layOut } from "../src/film/layout.js";
import { ReelPlayback } from "../src/film/reel_playback.js";
import { filmParts } from "./host_reel.js";
import { clip } from "./samples.js";
import { emptyPage, press, settle, show } from "./show.js";
import reel from "./reel.jsx";

/** @import { Part } from "../src/film/layout.js" */
/** @import { ClipSources } from "../src/kernel/clip_sources.js" */

const [one, two, three] = [clip({ sample: 0, seconds: 4 }), clip({ sample: 1, seconds: 4 }), clip({ sample: 2, seconds: 4, fps: 30 })];

/** @param {Partial<Part>} change @returns {Part} */
const part = (change) => ({ key: "a", label: "Shot", clip: one, from: 0, to: 4, ...change });

describe("the time line of a film", () => {
  it("counts whole frames of the first clip, trims, and gives a shot without a clip two seconds at most", () => {
    const { fps, count, stretches } = layOut([...filmParts(), part({ clip: null, to: 1 }), part({ clip: null, to: 0 })]);
    expect([fps, count]).toEqual([24, 48 + 60 + 48 + 48 + 48 + 24 + 48]);
    expect(stretches.map(({ first }) => first)).toEqual([0, 48, 108, 156, 204, 252, 276]);
  });

  it("has a frame even of what is shorter", () => {
    expect(layOut([part({ from: 1, to: 1 })]).count).toBe(1);
  });
});

describe("two elements that take turns", () => {
  let now = 0;
  /** @type {ReelPlayback} */
  let playback;

  /** An element that has what it is given at once, and is moved by the test. */
  function element() {
    const target = new EventTarget();
    const video = Object.assign(target, {
      at: 0, src: "", paused: true, ended: false, seeking: false, readyState: 0, videoWidth: 0, playbackRate: 1, defaultPlaybackRate: 1, muted: false, volume: 1,
      play: vi.fn(async () => void (video.paused = false)),
      pause: vi.fn(() => void (video.paused = true)),
      load: vi.fn(() => Object.assign(video, { readyState: 0, videoWidth: 0, at: 0, paused: true })),
      removeAttribute: vi.fn(() => void (video.src = "")),
      /** The frame that it was asked for is there. */
      arrive() {
        Object.assign(video, { readyState: 4, videoWidth: 1280 });
        for (const name of ["loadedmetadata", "loadeddata", "seeked"]) target.dispatchEvent(new Event(name));
      },
    });
    Object.defineProperty(video, "currentTime", { get: () => video.at, set: (to) => void Object.assign(video, { at: to, ended: false }) });
    return /** @type {HTMLVideoElement & typeof video} */ (/** @type {unknown} */ (video));
  }

  /** Sources that have every clip at once. */
  function sourcesOf() {
    /** @type {Set<string>} */
    const held = new Set();
    const name = (/** @type {import("../src/kernel/types.js").Clip} */ { sample }) => `/clip${sample}`;
    const sources = {
      held,
      get: (/** @type {any} */ of) => ({ phase: "ready", url: name(of), via: "files", silent: false }),
      hold: (/** @type {any} */ of) => (held.add(name(of)), () => void held.delete(name(of))),
      subscribe: () => () => {},
      checkClip: async () => true,
      fallBack: vi.fn(() => false),
    };
    return /** @type {ClipSources & typeof sources} */ (/** @type {unknown} */ (sources));
  }

  /** @param {Part[]} parts */
  function opened(...parts) {
    const sources = sourcesOf();
    playback = new ReelPlayback(sources, parts, () => now);
    const videos = /** @type {[ReturnType<typeof element>, ReturnType<typeof element>]} */ ([element(), element()]);
    playback.open(videos);
    for (const video of videos) video.arrive();
    return { sources, videos };
  }

  beforeEach(() => {
    now = 0;
    vi.useFakeTimers();
  });
  afterEach(() => {
    playback.dispose();
    vi.useRealTimers();
  });

  const frame = 1 / 24;
  const first = part({ key: "a", clip: one, from: 0.5, to: 3 });
  const second = part({ key: "b", clip: two, from: 1, to: 2 });
  const third = part({ key: "c", clip: three, from: 0, to: 1 });
  const card = part({ key: "t", clip: null, from: 0, to: 2, card: { text: "The end", background: "black", ink: "white" } });

  it("has the next clip stand on its first frame while one is played, and shows it the moment it is over", () => {
    const { videos: [a, b], sources } = opened(first, second, third);
    expect([a.src, b.src, a.currentTime, b.currentTime]).toEqual(["/clip0", "/clip1", 0.5 + frame / 2, 1 + frame / 2]);
    playback.play();
    expect([a.paused, b.paused, playback.front?.video]).toEqual([false, true, a]);
    a.currentTime = 2.9;
    playback.tick();
    expect(playback.front?.video).toBe(a);
    a.currentTime = 3;
    playback.tick();
    expect([a.paused, b.paused, playback.front?.video, playback.part.key]).toEqual([true, false, b, "b"]);
    expect([a.src, a.currentTime]).toEqual(["/clip2", 0]);
    a.arrive();
    expect(a.currentTime).toBeCloseTo(0.5 / 30);
    expect([...sources.held]).toEqual(["/clip1", "/clip2"]);
  });

  it("leaves the picture before until the next has one", () => {
    const { videos: [a, b] } = opened(first, second);
    playback.play();
    b.readyState = 1;
    a.currentTime = 3;
    playback.tick();
    expect([playback.part.key, playback.front?.video, playback.waiting, a.paused]).toEqual(["b", a, true, true]);
    b.arrive();
    expect([playback.front?.video, playback.waiting]).toEqual([b, false]);
  });

  it("plays on where a shot extends the one before in its clip", () => {
    const { videos: [a, b] } = opened(part({ key: "a", to: 2 }), part({ key: "b", from: 2 }), second);
    expect(b.src).toBe("/clip1");
    playback.play();
    a.currentTime = 2.5;
    a.pause.mockClear();
    playback.tick();
    expect([playback.part.key, playback.position, a.currentTime, a.paused, a.pause.mock.calls.length]).toEqual(["b", 2.5, 2.5, false, 0]);
  });

  it("shows a card for its time, in which no element plays", () => {
    const { videos: [a, b] } = opened(first, card, second);
    playback.play();
    a.currentTime = 3;
    playback.tick();
    expect([playback.part.key, playback.front, a.paused, b.paused]).toEqual(["t", null, true, true]);
    now = 1900;
    playback.tick();
    expect([playback.part.key, playback.position]).toEqual(["t", 2.5 + 45 / 24]);
    now = 2000;
    playback.tick();
    expect([playback.part.key, playback.front?.video.src, playback.front?.video.paused]).toEqual(["b", "/clip1", false]);
  });

  it("seeks over joins to the frame, in the element that has the clip", () => {
    const { videos: [a, b] } = opened(first, second, third);
    playback.seek(2.5 + 5 / 24);
    expect([playback.part.key, playback.front?.video, b.currentTime]).toEqual(["b", b, 1 + 5.5 / 24]);
    expect(a.src).toBe("/clip2");
    playback.step(-6);
    expect([playback.part.key, a.src]).toEqual(["a", "/clip0"]);
    expect(playback.front?.video).toBe(b);
    a.arrive();
    expect([playback.front?.video, a.currentTime]).toEqual([a, 0.5 + 59.5 / 24]);
  });

  it("stops at the end on the last frame, begins again, or goes round", () => {
    const { videos: [a, b] } = opened(first, second);
    playback.seek(99);
    expect([playback.part.key, b.currentTime]).toEqual(["b", expect.closeTo(1 + 23.5 / 24)]);
    playback.play();
    expect([playback.part.key, playback.playing]).toEqual(["a", true]);
    playback.seek(3);
    b.currentTime = 2;
    playback.tick();
    expect([playback.playing, playback.position, b.currentTime, b.paused]).toEqual([false, 3.5 - frame, expect.closeTo(1 + 23.5 / 24), true]);
    playback.choose({ loop: true });
    playback.play();
    b.arrive();
    playback.seek(3);
    a.arrive();
    b.currentTime = 2;
    playback.tick();
    expect([playback.part.key, playback.playing, playback.front?.video]).toEqual(["a", true, a]);
  });

  it("stays where it is when shots before are added, and stops when this one is another", () => {
    const { videos: [a] } = opened(first, second);
    playback.play();
    a.currentTime = 1.5;
    playback.lay([card, first, second]);
    expect([playback.part.key, playback.position, playback.playing]).toEqual(["a", 3, true]);
    playback.lay([card, { ...first, clip: three }, second]);
    expect([playback.part.key, playback.position, playback.playing]).toEqual(["a", 3, false]);
    playback.lay([card]);
    expect(playback.part.key).toBe("t");
  });

  it("is stopped by the keys of a keyboard, which stop the element", () => {
    const { videos: [a] } = opened(first, second);
    playback.play();
    a.pause();
    a.dispatchEvent(new Event("pause"));
    expect(playback.playing).toBe(false);
  });

  it("lets time pass for a clip that cannot be shown, and goes on after it", () => {
    const { videos: [a] } = opened(first, second);
    playback.play();
    a.dispatchEvent(new Event("error"));
    expect(playback.stuck?.video).toBe(a);
    now = 2500;
    playback.tick();
    expect([playback.part.key, playback.stuck]).toEqual(["b", null]);
  });

  it("lets go of everything", () => {
    const { videos, sources } = opened(first, second);
    playback.play();
    playback.dispose();
    expect([videos.map(({ src, paused }) => [src, paused]), [...sources.held], vi.getTimerCount()]).toEqual([[["", true], ["", true]], [], 0]);
  });
});

describe("the reel", () => {
  const page = emptyPage();
  const shown = () => show(reel, { parts: filmParts() }, page.ended.signal);
  const slider = (/** @type {Element} */ el) => /** @type {HTMLInputElement} */ (el.querySelector("input[type=range]:not(.veo-volume)"));

  it("has two elements, a tick at every join and the name of each shot", async () => {
    const { el } = await shown();
    expect(el.querySelectorAll("video").length).toBe(2);
    const ticks = [...el.querySelectorAll(".veo-tick")].map((tick) => Math.round(parseFloat(/** @type {HTMLElement} */ (tick).style.left) * 252 / 100));
    expect(ticks).toEqual([48, 108, 156, 204]);
    expect(slider(el).getAttribute("aria-valuetext")).toBe("0 seconds of 10 seconds, frame 0, The cats of Kyoto");
  });

  it("shows the card, tells of the part, and goes from shot to shot by keys", async () => {
    const { el, model } = await shown();
    const section = /** @type {Element} */ (el.querySelector(".veo-reel"));
    expect([el.querySelector(".veo-title-card")?.textContent, model.get("shown")]).toEqual(["The cats of Kyoto", "card"]);
    for (const [key, part] of [["n", "a"], ["n", "b"], ["b", "a"], [".", "a"], ["b", "card"], ["End", "d"]]) {
      await press(section, /** @type {string} */ (key));
      expect(model.get("shown"), key).toBe(part);
    }
    expect(el.querySelector("[role=status].veo-unseen")?.textContent).toBe("Shot 4: It runs away");
    expect(el.querySelector(".veo-over")?.textContent).toBe("Shot 4: It runs awayThere is no clip yet.");
    expect(el.querySelector(".veo-title-card")).toBe(null);
  });

  it("plays and stops", async () => {
    const { el } = await shown();
    const section = /** @type {Element} */ (el.querySelector(".veo-reel"));
    await press(section, "k");
    expect(el.querySelector(".veo-rail [aria-label=Pause]")).not.toBe(null);
    await press(section, " ");
    await settle();
    expect(el.querySelector(".veo-rail [aria-label=Play]")).not.toBe(null);
  });
});
