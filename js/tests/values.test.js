import { describe, expect, it } from "vitest";
import { clipKey } from "../src/kernel/clip_sources.js";
import { filesUrl, serverBase, serves } from "../src/kernel/files_url.js";
import { keyCommand } from "../src/kernel/keys.js";
import { frameAt, halt, timeOf } from "../src/clip/playback.js";
import { estimate, position } from "../src/clip/progress.js";
import { clockText, elapsedSeconds, kernelClock, spokenTime } from "../src/kernel/time.js";
import { leftText, nextLookText, sizeText, stateText, typicalText } from "../src/ui/words.js";
import { clip, job } from "./samples.js";

const typical = { low: 11, likely: 60, high: 360 };

describe("progress", () => {
  it("rises all the time and never arrives", () => {
    const values = Array.from({ length: 2000 }, (_, second) => estimate(second, typical));
    expect(values[0]).toBe(0);
    values.slice(1, 900).forEach((value, i) => expect(value).toBeGreaterThan(/** @type {number} */ (values[i])));
    expect(Math.max(...values)).toBeLessThan(0.97);
    expect(estimate(60, typical)).toBeCloseTo(0.7, 5);
  });

  it("holds for odd ranges", () => {
    for (const odd of [{ low: 0, likely: 0, high: 0 }, { low: 5, likely: 5, high: 5 }]) {
      expect(estimate(1e6, odd)).toBeLessThan(1);
      expect(estimate(-5, odd)).toBe(0);
    }
  });

  it("follows what the service says, and goes on at its pace between two looks", () => {
    const told = job("running", { submitted_at: 0, pace: { share: 0.2, at: 10_000, ends_at: 50_000 } });
    expect([10, 30, 50, 500].map((elapsed) => Number(position(told, elapsed).toFixed(2)))).toEqual([0.2, 0.6, 0.96, 0.96]);
    const over = job("running", { submitted_at: 0, pace: { share: 0.99, at: 10_000, ends_at: 10_000 } });
    expect(position(over, 10)).toBeCloseTo(0.96);
  });

  it("is whole only when there are clips", () => {
    expect(position(job("downloading", { download: { sample: 0, received: 9, total: 9 } }), 60)).toBeLessThan(1);
    expect(position(job("succeeded"), 60)).toBe(1);
    expect(position(job("failed"), 60)).toBe(0);
  });
});

describe("clocks", () => {
  it.each([[0, "0:00"], [12.9, "0:12"], [61, "1:01"], [3723, "1:02:03"], [-4, "0:00"]])("%s s is %s", (seconds, text) => {
    expect(clockText(seconds)).toBe(text);
  });

  it("is spoken in words", () => {
    expect([1, 60, 65, 121].map(spokenTime)).toEqual(["1 second", "1 minute", "1 minute 5 seconds", "2 minutes 1 second"]);
  });

  it("follows a kernel whose clock differs", () => {
    let browser = 1_000_000;
    const clock = kernelClock(() => browser);
    clock.begin(browser + 30_000);
    expect(clock.now()).toBe(1_030_000);
    browser += 1000;
    clock.received(browser - 90_000);
    expect(clock.now()).toBe(browser - 90_000);
    clock.received(browser - 90_400); // arrived 0.4 s late
    expect(clock.now()).toBe(browser - 90_000);
  });

  it("does not take an old state for a slow clock", () => {
    const clock = kernelClock(() => 5_000_000);
    clock.begin(1_000_000);
    expect(clock.now()).toBe(5_000_000);
  });

  it("measures a job to its end, else to now", () => {
    const times = { created_at: 0, submitted_at: 1000, finished_at: null };
    expect(elapsedSeconds(times, 13_000)).toBe(12);
    expect(elapsedSeconds({ ...times, finished_at: 5000 }, 13_000)).toBe(4);
    expect(elapsedSeconds({ ...times, submitted_at: null }, 500)).toBe(0.5);
  });
});

describe("words", () => {
  it("says what is usual, how large, and when next", () => {
    expect(typicalText(typical)).toBe("usually 1:00");
    expect(typicalText({ ...typical, guess: true })).toBe("the first clip shows how long it takes");
    expect([9000, 20_000].map((now) => leftText({ share: 0.5, at: 0, ends_at: 20_000 }, now))).toEqual(["about 0:11 left", "nearly done"]);
    expect([12, 812_000, 999_999, 4_500_000].map(sizeText)).toEqual(["12 B", "812 kB", "1.0 MB", "4.5 MB"]);
    const waiting = job("running", { now: 0, next_poll_at: 3400 });
    expect(nextLookText(waiting, 0)).toBe("next look in 4 s");
    expect(nextLookText(waiting, 4000)).toBe("looking …");
    expect(nextLookText({ ...waiting, watching: false }, 0)).toBe("");
    expect(nextLookText({ ...waiting, held_back: true }, 0)).toBe("sends in 0:04");
    expect(nextLookText({ ...waiting, held_back: true }, 4000)).toBe("sending …");
  });

  it("tells waiting for quota from sending", () => {
    expect(stateText(job("submitting"))).toBe("Sending");
    expect(stateText(job("submitting", { held_back: true }))).toBe("Waiting for quota");
  });

  it("shows a state it does not know as it came", () => {
    expect(stateText({ state: /** @type {any} */ ("paused"), watching: true, held_back: false })).toBe("paused");
  });
});

describe("frames", () => {
  const film = { fps: 24, seconds: 8 };
  it("come back from the time they are shown at", () => {
    for (let frame = 0; frame < 192; frame++) expect(frameAt(timeOf(frame, film), film)).toBe(frame);
  });

  it("stay inside the clip", () => {
    expect(frameAt(8, film)).toBe(191);
    expect(timeOf(-3, film)).toBeCloseTo(0.5 / 24);
    expect(timeOf(500, film)).toBeLessThan(8);
  });
});

describe("keys", () => {
  /**
   * @param {string} key
   * @param {Partial<KeyboardEventInit>} [more]
   * @param {string} [tag]
   */
  const press = (key, more = {}, tag = "section") => {
    const event = new KeyboardEvent("keydown", { key, ...more });
    Object.defineProperty(event, "target", { value: document.createElement(tag) });
    return keyCommand(event);
  };

  it("mean what players have taught", () => {
    expect(press(" ")).toEqual(["toggle", 0]);
    expect(press("K")).toEqual(["toggle", 0]);
    expect(press("ArrowLeft")).toEqual(["skip", -1]);
    expect(press(".")).toEqual(["frame", 1]);
    expect(press("4")).toEqual(["share", 0.4]);
    expect(press("x")).toBeNull();
  });

  it("leave shortcuts, buttons and menus alone", () => {
    expect(press("s", { ctrlKey: true })).toBeNull();
    expect(press(" ", {}, "button")).toBeNull();
    expect(press("ArrowDown", {}, "select")).toBeNull();
  });
});

describe("the server's address of a clip", () => {
  const here = clip({ files_path: "note books/veo_clips/a#1.mp4", bytes: 10 });
  const reply = (/** @type {number} */ status, /** @type {Record<string, string>} */ headers) =>
    /** @type {typeof fetch} */ (async () => new Response("ab", { status, headers }));

  it("is built from the page's own configuration", () => {
    const page = document.implementation.createHTMLDocument();
    expect(serverBase(page)).toBeNull();
    page.body.innerHTML = '<script id="jupyter-config-data" type="application/json">{"baseUrl": "/x/y/"}</script>';
    expect(serverBase(page)).toBe("/x/y/");
    const url = filesUrl(here, "/x/y/", "a=1; _xsrf=2|abc");
    expect(url).toBe(`/x/y/files/note%20books/veo_clips/a%231.mp4?v=${here.version}&_xsrf=2%7Cabc`);
    expect(filesUrl(clip(), "/")).toBeNull();
    expect(filesUrl(here, null)).toBeNull();
  });

  it("stays the same when the digest becomes known", () => {
    const before = { ...here, sha256: "" };
    expect(filesUrl(before, "/")).toBe(filesUrl(here, "/"));
    expect(clipKey(before)).toBe(clipKey(here));
  });

  it("counts only if it serves this very clip", async () => {
    const video = { "content-type": "video/mp4" };
    expect(await serves("/u", here, undefined, reply(206, { ...video, "content-range": "bytes 0-1/10" }))).toBe(true);
    expect(await serves("/u", here, undefined, reply(200, video))).toBe(true);
    expect(await serves("/u", here, undefined, reply(206, { ...video, "content-range": "bytes 0-1/11" }))).toBe(false);
    expect(await serves("/u", here, undefined, reply(404, video))).toBe(false);
    expect(await serves("/u", here, undefined, () => Promise.reject(new TypeError("offline")))).toBe(false);
  });
});

describe("stopping on a frame", () => {
  const film = { fps: 24, seconds: 4 };
  const stopped = (/** @type {boolean} */ paused, /** @type {number} */ at) => {
    /** @type {number[]} */
    const sought = [];
    const video = {
      paused,
      pause: () => void (video.paused = true),
      get currentTime() {
        return at;
      },
      set currentTime(to) {
        sought.push(to);
      },
    };
    halt(/** @type {any} */ (video), /** @type {any} */ (film));
    return sought;
  };

  it("seeks the middle of it, and where no frame is told of even if the clock is there: the picture may have gone on", () => {
    expect(stopped(false, 17.5 / 24)).toEqual([17.5 / 24]);
    expect(stopped(false, 17.2 / 24)).toEqual([17.5 / 24]);
    expect(stopped(true, 17.5 / 24)).toEqual([17.5 / 24]);
  });
});
