import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import grid from "../src/grid.jsx";
import { LinkedPlayback } from "../src/grid/linked.js";
import { differing, ordered, titles } from "../src/grid/order.js";
import { cell, clip, job } from "./samples.js";
import { AllSeen, button, emptyPage, press, settle, show } from "./show.js";

/** @import { Cell } from "../src/kernel/types.js" */

const SEED = { name: "seed", label: "Seed" };
const MODEL = { name: "model", label: "Model" };
const facts = { prompt: "A cat", model: "", settings: [] };
const render = { usd: 0.64, text: "$0.64", note: null, resolution: "1080p" };

describe("one clock for many clips", () => {
  let now = 0;
  const eight = clip({ seconds: 8 });

  /** @param {number} [at] */
  function fake(at = 0) {
    /** @type {Record<string, () => void>} */
    const heard = {};
    const events = { addEventListener: vi.fn((/** @type {string} */ name, /** @type {() => void} */ handle) => void (heard[name] = handle)), removeEventListener: vi.fn() };
    const video = { ...events, heard, currentTime: at, paused: true, playbackRate: 1, readyState: 4, seeking: false, play: vi.fn(async () => {}), pause: vi.fn() };
    video.play.mockImplementation(async () => void (video.paused = false));
    video.pause.mockImplementation(() => void (video.paused = true));
    return /** @type {HTMLVideoElement & typeof video} */ (/** @type {unknown} */ (video));
  }

  /** @param {import("../src/kernel/types.js").Clip[]} clips */
  function linkedOf(...clips) {
    const linked = new LinkedPlayback(() => now);
    linked.measure(clips);
    return { linked, videos: clips.map((one) => [fake(), one]).map(([video, one]) => (linked.join(/** @type {any} */ (video), /** @type {any} */ (one)), /** @type {ReturnType<typeof fake>} */ (video))) };
  }

  beforeEach(() => {
    now = 0;
    vi.useFakeTimers();
  });
  afterEach(() => void vi.useRealTimers());

  it("puts every clip on the same frame", () => {
    const { linked, videos } = linkedOf(eight, clip({ seconds: 8, fps: 12 }), clip({ seconds: 2 }));
    linked.seek(3);
    expect(videos.map(({ currentTime }) => currentTime)).toEqual([3 + 0.5 / 24, 3 + 0.5 / 12, 2 - 0.5 / 24]);
    linked.step(1);
    expect(videos[0]?.currentTime).toBeCloseTo(3 + 1.5 / 24);
  });

  it("mends a small drift by speed, and holds back who is ahead", () => {
    const { linked, videos } = linkedOf(eight, eight, eight, eight);
    linked.play();
    now = 2000;
    const [right, late, ahead, lost] = /** @type {[any, any, any, any]} */ (videos);
    [right.currentTime, late.currentTime, ahead.currentTime, lost.currentTime] = [2.01, 1.9, 2.2, 7];
    linked.tick();
    expect([right.playbackRate, late.playbackRate]).toEqual([1, expect.closeTo(1.1)]);
    expect([right.paused, late.paused, ahead.paused]).toEqual([false, false, true]);
    expect(lost.currentTime).toBe(2);
  });

  it("waits for who is late, but not for ever", () => {
    const { linked, videos } = linkedOf(eight, eight);
    const [right, stuck] = /** @type {[any, any]} */ (videos);
    linked.play();
    for (now = 100; now <= 6000; now += 100) {
      right.currentTime = linked.position;
      linked.tick();
      if (now === 2000) expect([linked.position < 0.25, stuck.currentTime]).toEqual([true, 0.5 / 24]);
    }
    expect(linked.position).toBeGreaterThan(2);
    expect(stuck.currentTime).toBeGreaterThan(0.5);
  });

  it("lets a short clip wait at its end, and begins again with all", () => {
    const { linked, videos } = linkedOf(eight, clip({ seconds: 4 }));
    linked.play();
    now = 5000;
    linked.tick();
    expect(videos.map(({ paused }) => paused)).toEqual([false, true]);
    now = 8000;
    linked.tick();
    expect(linked.position).toBe(0);
    expect(videos.map(({ paused }) => paused)).toEqual([false, false]);
    linked.choose({ loop: false });
    now = 17_000;
    linked.tick();
    expect([linked.playing, linked.position > 7.9]).toEqual([false, true]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("keeps its place when the speed changes, and takes in who comes late", () => {
    const { linked } = linkedOf(eight);
    linked.play();
    now = 2000;
    linked.choose({ rate: 2 });
    now = 3000;
    expect(linked.position).toBe(4);
    const late = fake();
    const leave = linked.join(late, eight);
    expect(late.currentTime).toBeCloseTo(4, 1);
    leave();
    linked.tick();
    expect(late.play).not.toHaveBeenCalled();
  });

  it("sends a clip that has sought elsewhere to its place again, but not for ever", () => {
    const { linked, videos: [one] } = linkedOf(eight);
    const video = /** @type {ReturnType<typeof fake>} */ (one);
    linked.seek(2);
    const place = video.currentTime;
    video.currentTime = 5;
    video.heard.seeked?.();
    expect(video.currentTime).toBe(place);
    for (let time = 0; time < 5; time++) {
      video.currentTime = 5;
      video.heard.seeked?.();
    }
    expect(video.currentTime).toBe(5);
    linked.seek(3);
    video.currentTime = 5;
    video.heard.seeked?.();
    expect(video.currentTime).toBeCloseTo(3, 1);
  });

  it("stops when the last clip has left", () => {
    const linked = new LinkedPlayback(() => now);
    linked.measure([eight]);
    const leave = linked.join(fake(), eight);
    linked.play();
    leave();
    expect(linked.playing).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("order and titles", () => {
  const cells = [
    cell(0, { values: { seed: 10, model: "veo-3.1-fast-generate-001" } }),
    cell(1, { values: { seed: 9, model: "veo-3.1-lite-generate-001" } }),
  ];

  it("names what differs and nothing else", () => {
    expect([...titles(cells, [MODEL, SEED]).values()]).toEqual(["Seed 10 · fast", "Seed 9 · lite"]);
    expect([...titles(cells, []).values()]).toEqual(["Clip 1", "Clip 2"]);
    expect([...titles([cell(0, { values: { seed: 1 } }), cell(1, { values: { seed: 1 } }), cell(2)], [SEED]).values()]).toEqual([
      "Seed 1 · Clip 1",
      "Seed 1 · Clip 2",
      "Seed 3 · Clip 3",
    ]);
  });

  it("finds the part in which texts differ", () => {
    expect([...differing(["A cat in snow at noon", "A cat in rain at noon"], " ").values()]).toEqual(["snow", "rain"]);
    expect([...differing(["veo-3.1-generate-001", "veo-3.1-fast-generate-001"], "-").values()]).toEqual(["veo-3.1-generate-001", "fast"]);
    expect([...differing(["a", "a"], " ").values()]).toEqual(["a"]);
  });

  it("sorts by number, by star, or not at all", () => {
    const numbers = (/** @type {Cell[]} */ found) => found.map(({ sample }) => sample);
    expect(numbers(ordered(cells, "seed", {}))).toEqual([1, 0]);
    expect(numbers(ordered(cells, "", {}))).toEqual([0, 1]);
    expect(numbers(ordered([...cells, cell(2)], "starred", { 0: "reject", 2: "star" }))).toEqual([2, 1, 0]);
  });
});

describe("a grid", () => {
  const page = emptyPage();

  /** @param {Record<string, any>} [change] */
  const shown = (change = {}) => {
    const cells = [cell(0), cell(1), cell(2, { job: job("running") }), cell(3, { job: job("failed") })];
    const clips = { 0: { ...clip(), facts, render }, 1: { ...clip({ sample: 1 }), facts, render } };
    return show(grid, { cells, clips, columns: [SEED], marks: {}, total: null, sequels: [], ...change }, page.ended.signal);
  };

  /** @param {Element} el @returns {HTMLElement[]} */
  const places = (el) => [...el.querySelectorAll(".veo-cell")].map((one) => /** @type {HTMLElement} */ (one));

  it("shows what is there, what is coming, and what failed", async () => {
    const { el, model } = await shown();
    expect(places(el).map((one) => one.ariaLabel ?? one.getAttribute("aria-label"))).toEqual(["Seed 1", "Seed 2", "Seed 3, Generating", "Seed 4, Failed"]);
    expect(places(el)[3]?.textContent).toContain("The service could not make the clip");
    expect(model.sentOf("need-bytes").map(({ content }) => content.sample)).toEqual([0, 1]);
    expect(el.querySelectorAll("video")).toHaveLength(2);
  });

  it("stars at once, and does as the kernel says", async () => {
    const { el, model } = await shown();
    const first = /** @type {HTMLElement} */ (places(el)[0]);
    await press(first, "s");
    expect(model.sentOf("mark").at(-1)?.content).toMatchObject({ sample: 0, mark: "star" });
    expect(first.className).toContain("veo-cell-star");
    model.set("marks", { 0: "star" });
    await settle();
    await press(first, "s");
    expect(model.sentOf("mark").at(-1)?.content).toMatchObject({ sample: 0, mark: "" });
    await press(first, "x");
    expect(first.className).toContain("veo-cell-reject");
    model.set("marks", {});
    await settle();
    expect(first.className).not.toContain("veo-cell-reject");
  });

  it("moves by arrows and opens by Enter, and comes back where it was", async () => {
    const { el } = await shown();
    const [first, second] = /** @type {[HTMLElement, HTMLElement]} */ (places(el));
    first.focus();
    await press(first, "ArrowRight");
    expect(document.activeElement).toBe(second);
    expect(places(el).map((one) => one.tabIndex)).toEqual([-1, 0, -1, -1]);
    await press(second, "Enter");
    expect(el.querySelector(".veo-player")).not.toBeNull();
    await press(/** @type {Element} */ (document.activeElement), "Escape");
    expect(/** @type {HTMLElement} */ (document.activeElement).dataset.sample).toBe("1");
  });

  it("leaves the keys of its controls to them", async () => {
    const { el } = await shown();
    const star = button(places(el)[0] ?? el, "Star Seed 1");
    expect((await press(star, " ")).defaultPrevented).toBe(false);
    expect((await press(/** @type {Element} */ (el.querySelector("select")), "s")).defaultPrevented).toBe(false);
  });

  it("shows one take at a time, the newest first of all", async () => {
    const same = { values: { seed: 1 } };
    const draft = cell(2, { ...same, take: 3, job: null, planned: { usd: 0.4, text: "$0.40", note: null } });
    const cells = [cell(0, { ...same, take: 1 }), cell(1, { ...same, take: 2 }), draft];
    const { el, model } = await shown({ cells });
    const samples = () => places(el).map((one) => one.dataset.sample);
    const takes = () => [...el.querySelectorAll(".veo-takes button")].map((one) => [one.textContent, one.getAttribute("aria-pressed")]);
    // Nothing of the third was sent yet.
    expect(takes()).toEqual([["Take 1", "false"], ["Take 2", "true"]]);
    expect(samples()).toEqual(["1"]);
    button(el, "Take 1").click();
    await settle();
    expect(samples()).toEqual(["0"]);
    model.set("cells", [...cells.slice(0, 2), { ...draft, planned: null, job: job("running") }]);
    await settle();
    expect(samples()).toEqual(["2"]);
  });

  it("asks before it renders, and sends it once", async () => {
    const { el, model } = await shown({ marks: { 0: "star", 1: "star" } });
    button(el, "Render 2 starred at 1080p · $1.28").click();
    await settle();
    expect(model.sentOf("render")).toEqual([]);
    const confirm = button(el, "Confirm");
    confirm.click();
    confirm.click();
    await settle();
    expect(model.sentOf("render").map(({ content }) => content.samples)).toEqual([[0, 1]]);
    model.set("cells", [...model.get("cells"), cell(4, { made_from: 0, job: job("running") })]);
    model.emit("msg:custom", { kind: "taken", request: model.sentOf("render")[0]?.content.request });
    await settle();
    expect(button(el, "Render the starred one at 1080p · $0.64")).toBeTruthy();
  });

  it("shows the price of drafts before anything is sent", async () => {
    const total = { count: 4, usd: 0.8, text: "$0.80", note: "estimate" };
    const planned = { usd: 0.2, text: "$0.20", note: null };
    const cells = [0, 1, 2, 3].map((n) => cell(n, { planned, job: null }));
    const { el, model } = await shown({ total, cells, clips: {} });
    const generate = button(el, "Generate 4 drafts · $0.80");
    generate.click();
    generate.click();
    await settle();
    expect(model.sentOf("drafts")).toHaveLength(1);
    model.emit("msg:custom", { kind: "refused", command: "drafts", message: "budget: nothing is left." });
    await settle();
    expect(el.querySelector("[role=alert]")?.textContent).toContain("nothing is left");
  });

  it("shows its keys by ?", async () => {
    const { el } = await shown();
    await press(/** @type {Element} */ (places(el)[0]), "?");
    expect(el.textContent).toContain("s star · x reject");
    expect(places(el)[0]?.getAttribute("aria-keyshortcuts")).toContain("?");
  });

  it("pays nothing where the kernel is gone, and says so", async () => {
    const cells = [cell(0, { planned: { usd: 0.2, text: "$0.20", note: null }, job: null }), cell(1, { job: job("running") })];
    const { el, model } = await shown({ total: { count: 1, usd: 0.2, text: "$0.20", note: null }, cells, clips: {}, saved_class: "veo-saved-x" });
    model.onSend = () => {
      throw new Error("Cannot send");
    };
    button(el, "Generate 1 draft").click();
    await settle();
    expect(el.querySelector(".veo-gone")?.textContent).toContain("The kernel is gone; what was saved is below.");
    expect(button(el, "Generate 1 draft").disabled).toBe(true);
    expect(el.textContent).toContain("Not watching");
  });

  it("lets go of bytes that are out of sight", async () => {
    /** @type {((seen: boolean) => void)[]} */
    const sights = [];
    vi.stubGlobal(
      "IntersectionObserver",
      class extends AllSeen {
        observe() {
          sights.push((isIntersecting) => this.report([/** @type {any} */ ({ isIntersecting })], /** @type {any} */ (this)));
        }
      },
    );
    const revoked = vi.spyOn(URL, "revokeObjectURL");
    const { el, model } = await shown({ cells: [cell(0)], clips: { 0: clip({ bytes: 1 }) } });
    expect(el.querySelector("video")).toBeNull();
    expect(model.sentOf("need-bytes")).toEqual([]);
    sights.forEach((see) => see(true));
    await settle();
    const { request } = model.sentOf("need-bytes")[0]?.content ?? {};
    model.emit("msg:custom", { kind: "bytes", request, sample: 0, offset: 0, total: 1 }, [new DataView(new ArrayBuffer(1))]);
    await settle();
    expect(el.querySelector("video")?.src).toMatch(/^blob:/);
    sights.forEach((see) => see(false));
    await settle();
    expect([el.querySelector("video"), revoked.mock.calls.length]).toEqual([null, 1]);
  });

  it("gives no more than six an element, and the one that is pointed at before others", async () => {
    const many = [...Array(24).keys()];
    const clips = Object.fromEntries(many.map((sample) => [sample, clip({ sample })]));
    const { el } = await shown({ cells: many.map((n) => cell(n)), clips });
    const having = () => places(el).filter((one) => one.querySelector("video")).map(({ dataset }) => Number(dataset.sample));
    expect(having()).toEqual([0, 1, 2, 3, 4, 5]);
    const emptied = vi.spyOn(/** @type {HTMLVideoElement} */ (places(el)[5]?.querySelector("video")), "load");
    places(el)[20]?.focus();
    await settle();
    expect(having()).toEqual([0, 1, 2, 3, 4, 5]);
    await settle();
    expect(having()).toEqual([0, 1, 2, 3, 4, 20]);
    expect(emptied).toHaveBeenCalledOnce();
  });

  it("leaves nothing behind after fifty renders", async () => {
    const made = vi.spyOn(URL, "createObjectURL");
    const revoked = vi.spyOn(URL, "revokeObjectURL");
    const cells = [cell(0), cell(1, { job: job("running") })];
    const { model, another } = await shown({ cells, clips: { 0: clip({ bytes: 1 }) } });
    model.onSend = ({ kind, request, sample }) => {
      if (kind === "need-bytes") queueMicrotask(() => model.emit("msg:custom", { kind: "bytes", request, sample, offset: 0, total: 1 }, [new DataView(new ArrayBuffer(1))]));
    };
    model.onSend(model.sentOf("need-bytes")[0]?.content);
    await settle();
    const before = model.listening;
    for (let n = 0; n < 50; n++) {
      const view = new AbortController();
      const el = await another(view.signal);
      await press(/** @type {Element} */ (el.querySelector(".veo-cell")), " ");
      view.abort();
      await settle();
    }
    expect(model.listening).toBe(before);
    page.ended.abort();
    await settle();
    expect(made.mock.calls.length - revoked.mock.calls.length).toBe(0);
    expect([model.listening, vi.getTimerCount()]).toEqual([0, 0]);
  });
});

describe("what is dragged onto the grid", () => {
  const page = emptyPage();

  /** @param {string} type @param {Record<string, string>} data */
  const dragged = (type, data) =>
    Object.assign(new Event(type, { bubbles: true, cancelable: true }), { dataTransfer: { types: Object.keys(data), getData: (/** @type {string} */ name) => data[name] ?? "" } });

  it("is added if it is a job, and said why if it cannot be", async () => {
    const { model, el } = await show(grid, { cells: [cell(0)], clips: {}, columns: [], marks: {} }, page.ended.signal);
    const card = /** @type {HTMLElement} */ (el.querySelector(".veo-grid"));
    const text = dragged("dragover", { "text/plain": "A cat" });
    card.dispatchEvent(text);
    expect(text.defaultPrevented).toBe(false);
    const over = dragged("dragover", { "veo/job": "" });
    card.dispatchEvent(over);
    await settle();
    expect([over.defaultPrevented, card.classList.contains("veo-dropping")]).toEqual([true, true]);
    card.dispatchEvent(dragged("drop", { "veo/job": "job7" }));
    await settle();
    expect(card.classList.contains("veo-dropping")).toBe(false);
    expect(model.sentOf("add").map(({ content }) => content)).toEqual([{ kind: "add", job: "job7" }]);
    model.emit("msg:custom", { kind: "refused", command: "add", message: "add: job job7 is in this grid already." });
    await settle();
    expect(el.querySelector("[role=alert]")?.textContent).toContain("already");
    button(el, "Dismiss").click();
    await settle();
    expect(el.querySelector("[role=alert]")).toBeNull();
  });
});
