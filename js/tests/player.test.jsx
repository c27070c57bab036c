import { describe, expect, it, vi } from "vitest";
import player from "../src/player.jsx";
import { clip, sequel } from "./samples.js";
import { AllSeen, button, emptyPage, press, settle, show } from "./show.js";

/** @import { Clip, Sequel } from "../src/kernel/types.js" */

const page = emptyPage();

const offers = { extend: { usd: 0.7, text: "$0.70", note: "estimate" } };
const code = { python: 'veo.submit("A cat")', magic: "%%veo --seed 7\nA cat" };

/**
 * @param {Partial<Clip>} [change]
 * @param {Sequel[]} [sequels]
 */
async function shown(change = {}, sequels = []) {
  const state = { clips: [clip({ offers, code, ...change })], sequels, prompt: "A cat", model: "veo-3.1", settings: [], saved_class: "" };
  const found = await show(player, state, page.ended.signal);
  const video = /** @type {HTMLVideoElement} */ (found.el.querySelector("video"));
  const section = /** @type {HTMLElement} */ (found.el.querySelector(".veo-player"));
  return { ...found, video, section };
}

/** @param {Element} el */
const items = (el) => [...el.querySelectorAll(".veo-item")].map((item) => item.querySelector("span")?.textContent);

/** @param {HTMLVideoElement} video */
async function decoded(video) {
  for (const [name, value] of /** @type {const} */ ([["videoWidth", 64], ["videoHeight", 36], ["readyState", 4]])) {
    Object.defineProperty(video, name, { value });
  }
  video.dispatchEvent(new Event("loadeddata"));
  await settle();
}

describe("taking a frame", () => {
  it("waits until there is one", async () => {
    const { el, section } = await shown();
    expect(button(el, "Take this frame").disabled).toBe(true);
    await press(section, "g");
    expect(items(el)).toEqual([]);
  });

  it("opens by g with the choice in reach of the keyboard, and closes by Escape", async () => {
    const { el, video, section } = await shown();
    await decoded(video);
    expect((await press(section, "g")).defaultPrevented).toBe(true);
    expect(items(el)).toEqual([
      "First frame of the next shot",
      "Last frame of the next shot",
      "Reference image",
      "PNG beside the clip",
      "Copy to the clipboard",
    ]);
    const menu = /** @type {Element} */ (el.querySelector("[role=menu]"));
    expect(document.activeElement?.textContent).toContain("First frame");
    await press(/** @type {Element} */ (document.activeElement), "ArrowUp");
    expect(document.activeElement?.textContent).toContain("clipboard");
    await press(menu, "Escape");
    expect(items(el)).toEqual([]);
    expect(document.activeElement).toBe(button(el, "Take this frame"));
  });

  it("says why it cannot be read", async () => {
    const { model, el, video, section } = await shown();
    await decoded(video);
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(() => {
      throw new DOMException("tainted", "SecurityError");
    });
    await press(section, "g");
    await press(/** @type {Element} */ (document.activeElement), "4");
    expect(el.querySelector(".veo-remark-bad")?.textContent).toContain("does not hand out the frame");
    expect(model.sentOf("grab")).toEqual([]);
  });

  it("sends it in pieces and says what became of it", async () => {
    const { model, el, video, section } = await shown();
    await decoded(video);
    video.currentTime = 2.5;
    // A kernel may answer before the view is drawn again.
    model.onSend = ({ kind, request, offset }) => {
      if (kind !== "grab" || offset === 0) return;
      model.emit("msg:custom", { kind: "grabbed", request: "another", message: "Not this." });
      model.emit("msg:custom", { kind: "grabbed", request, message: "Frame 60 is the first frame." });
    };
    const png = new Blob([new Uint8Array(2_500_000)]);
    // As in WebKit: there is nothing to draw at first.
    let looks = 0;
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(
      /** @type {any} */ ({ drawImage: () => {}, getImageData: () => ({ data: [0, 0, 0, ++looks > 2 ? 255 : 0] }) }),
    );
    vi.spyOn(HTMLCanvasElement.prototype, "toBlob").mockImplementation((done) => done(png));
    await press(section, "g");
    await press(/** @type {Element} */ (document.activeElement), "1");
    const sent = model.sentOf("grab");
    expect(sent.map(({ content }) => content.offset)).toEqual([0, 1, 2, 3, 4].map((n) => n << 19));
    expect(sent.reduce((sum, { buffers }) => sum + (buffers[0]?.byteLength ?? 0), 0)).toBe(2_500_000);
    expect(sent[0]?.content).toMatchObject({ sample: 0, frame: 60, role: "first_frame", total: 2_500_000 });
    expect(el.querySelector(".veo-remark")?.textContent).toBe("Frame 60 is the first frame.");
    await vi.advanceTimersByTimeAsync(6000);
    expect(el.querySelector("[role=status]")?.textContent).toBe("");
  });
});

it("steps from the frame that is being sought, however fast the keys come", async () => {
  /** @type {((now: number, about: {mediaTime: number}) => void)[]} */
  const waiting = [];
  Object.assign(HTMLVideoElement.prototype, {
    requestVideoFrameCallback: (/** @type {any} */ tell) => waiting.push(tell),
    cancelVideoFrameCallback: () => {},
  });
  const { video, section } = await shown();
  await decoded(video);
  video.currentTime = 37.5 / 24;
  waiting.splice(0).forEach((tell) => tell(0, { mediaTime: 37 / 24 }));
  Object.defineProperty(video, "seeking", { value: true });
  await press(section, ".");
  await press(section, ".");
  expect(video.currentTime).toBeCloseTo(39.5 / 24);
  for (const name of ["requestVideoFrameCallback", "cancelVideoFrameCallback"]) Reflect.deleteProperty(HTMLVideoElement.prototype, name);
});

describe("more", () => {
  it("offers what the clip's model can do, and nothing else", async () => {
    const { el } = await shown();
    button(el, "More").click();
    await settle();
    expect(items(el)).toContain("Extend …");
    expect(items(el)).not.toContain("Edit …");
    expect(el.querySelector("[role=menu]")?.textContent).toContain("$0.70");
  });

  it("hands the settings to the form", async () => {
    const { el, model } = await shown();
    button(el, "More").click();
    await settle();
    button(el, "Use these settings again").click();
    const { request } = model.sentOf("reuse")[0]?.content ?? {};
    model.emit("msg:custom", { kind: "refused", command: "reuse", message: "There is no form." });
    await settle();
    expect(el.querySelector(".veo-remark-bad")?.textContent).toBe("There is no form.");
    expect(request).toBeTruthy();
  });

  it("copies the settings as code", async () => {
    const { el } = await shown();
    const copied = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    button(el, "More").click();
    await settle();
    button(el, "Copy settings as %%veo").click();
    await settle();
    expect(copied).toHaveBeenCalledWith(code.magic);
    expect(el.textContent).toContain("The cell is on the clipboard.");
  });
});

describe("a sequel", () => {
  /** @param {Element} el */
  async function asked(el) {
    button(el, "More").click();
    await settle();
    button(el, "Extend …").click();
    await settle();
    const field = /** @type {HTMLTextAreaElement} */ (el.querySelector("textarea"));
    field.value = "The cat falls asleep";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    return button(el, "Extend · $0.70");
  }

  it("is paid for once, however often it is clicked", async () => {
    const { model, el } = await shown();
    const pay = await asked(el);
    pay.click();
    pay.click();
    await settle();
    pay.click();
    const sent = model.sentOf("sequel");
    expect(sent.map(({ content }) => [content.verb, content.prompt, content.sample])).toEqual([["extend", "The cat falls asleep", 0]]);
    expect(pay.disabled).toBe(true);
    model.emit("msg:custom", { kind: "taken", request: sent[0]?.content.request });
    await settle();
    expect(el.querySelector("textarea")).toBeNull();
  });

  it("keeps what was typed when it is refused", async () => {
    const { model, el } = await shown();
    (await asked(el)).click();
    model.emit("msg:custom", { kind: "refused", command: "sequel", message: "budget: nothing is left." });
    await settle();
    expect(el.querySelector("[role=alert]")?.textContent).toBe("budget: nothing is left.");
    expect(el.querySelector("textarea")?.value).toBe("The cat falls asleep");
    expect(button(el, "Extend · $0.70").disabled).toBe(false);
  });

  it("shows its progress and then its clip", async () => {
    const { model, el } = await shown({}, [sequel("running")]);
    expect(el.querySelector(".veo-sequel")?.textContent).toContain("Generating · 0:12");
    model.set("sequels", [sequel("succeeded", { clips: [clip({ sample: 1000 })] })]);
    await settle();
    button(el, "Show").click();
    await settle();
    expect(model.sentOf("need-bytes").map(({ content }) => content.sample)).toEqual([0, 1000]);
    expect(el.querySelectorAll(".veo-thumb")).toHaveLength(2);
    model.set("sequels", [sequel("failed")]);
    await settle();
    expect(el.querySelector(".veo-sequel")?.textContent).toContain("The service could not make the clip");
  });
});

it("shows its keys by ?, all of which assistive technology knows", async () => {
  const { el, section } = await shown();
  await press(section, "?");
  expect(el.textContent).toContain("k play · j l 1 s");
  for (const key of "K J L , . M F P G C 0 9 Home End ArrowLeft ?".split(" ")) {
    expect(section.getAttribute("aria-keyshortcuts")?.split(" ")).toContain(key);
  }
  await press(section, "?");
  expect(el.textContent).not.toContain("k play · j l 1 s");
});

it.each([[700, 1], [900, 0]])("waits for no frame to see that it is in sight: %i px down, asked for %i times", async (top, times) => {
  vi.stubGlobal("innerHeight", 800);
  vi.stubGlobal("IntersectionObserver", class extends AllSeen {
    observe() {}
  });
  vi.spyOn(Element.prototype, "getBoundingClientRect").mockReturnValue(new DOMRect(0, top, 640, 360));
  const { model } = await shown();
  expect(model.sentOf("need-bytes")).toHaveLength(times);
});

it("keeps an open menu at its button while the page moves, until the button has left the screen", async () => {
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
  const { el } = await shown();
  const at = vi.spyOn(Element.prototype, "getBoundingClientRect").mockReturnValue(new DOMRect(40, 300, 20, 20));
  button(el, "More").click();
  await settle();
  const menu = () => /** @type {HTMLElement|null} */ (el.querySelector("[role=menu]"));
  expect(menu()?.style.top).toBe("296px");
  at.mockReturnValue(new DOMRect(40, 200, 20, 20));
  document.dispatchEvent(new Event("scroll"));
  expect(menu()?.style.top).toBe("196px");
  sights.forEach((tell) => tell(true));
  await settle();
  expect(menu()).not.toBeNull();
  sights.forEach((tell) => tell(false));
  await settle();
  expect(menu()).toBeNull();
});

it("stops when it is scrolled far away, and not in a window of its own", async () => {
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
  const { video } = await shown();
  const pause = vi.spyOn(video, "pause").mockImplementation(() => {});
  const see = async (/** @type {boolean} */ seen) => {
    sights.forEach((tell) => tell(seen));
    await settle();
  };
  await see(true);
  pause.mockClear();
  await see(false);
  expect(pause).toHaveBeenCalledOnce();
  Object.defineProperty(document, "pictureInPictureElement", { value: video, configurable: true });
  await see(true);
  pause.mockClear();
  await see(false);
  expect(pause).not.toHaveBeenCalled();
  Reflect.deleteProperty(document, "pictureInPictureElement");
});

it("leaves nothing behind after fifty renders", async () => {
  const { model, another } = await shown({}, [sequel("running")]);
  const listening = model.listening;
  for (let n = 0; n < 50; n++) {
    const view = new AbortController();
    const el = await another(view.signal);
    button(el, "More").click();
    await settle();
    view.abort();
    await settle();
  }
  expect(model.listening).toBe(listening);
  page.ended.abort();
  await settle();
  expect([model.listening, vi.getTimerCount()]).toEqual([0, 0]);
});

it("names the language of captions, and tells of those that are not shown", async () => {
  const note = "cat.fr.vtt is there too.";
  const { section, video } = await shown({ captions: "WEBVTT", captions_language: "de", captions_note: note });
  const track = video.querySelector("track");
  expect([track?.getAttribute("srclang"), track?.getAttribute("label")]).toEqual(["de", "de"]);
  expect(section.textContent).toContain(note);
});

it("shows captions where a clip has some, until c is pressed", async () => {
  const { section, video } = await shown({ captions: "WEBVTT\n\n00:00.000 --> 00:04.000\nMeow" });
  const track = video.querySelector("track");
  expect(decodeURIComponent(track?.src ?? "")).toContain("Meow");
  const tracks = [{ mode: "disabled" }];
  Object.defineProperty(video, "textTracks", { value: tracks });
  await press(section, "c");
  expect(tracks[0]?.mode).toBe("hidden");
  await press(section, "c");
  expect(tracks[0]?.mode).toBe("showing");
});

describe("the shots of a film", () => {
  const shots = /** @type {[number, string][]} */ ([[0, "Shot 1: A train leaves"], [95 / 24, "Shot 2: A bridge"], [6, "Later"]]);

  it("are marked on the bar where they begin, and told with the position", async () => {
    const { el } = await shown({ shots, seconds: 8 });
    const ticks = [...el.querySelectorAll(".veo-tick")].map((tick) => /** @type {HTMLElement} */ (tick).style.left);
    expect(ticks.map((left) => parseFloat(left))).toEqual([expect.closeTo(49.479), 75]);
    expect(el.querySelector(".veo-scrub input")?.getAttribute("aria-valuetext")).toBe("0 seconds of 8 seconds, frame 0, Shot 1: A train leaves");
  });

  it("are gone through by keys and buttons, to the frame", async () => {
    const { el, video, section } = await shown({ shots, seconds: 8 });
    await press(section, "n");
    expect(video.currentTime).toBe(95.5 / 24);
    button(el, "Next shot").click();
    expect(video.currentTime).toBe(144.5 / 24);
    await press(section, "n");
    expect(video.currentTime).toBe(144.5 / 24);
    video.currentTime = 7.5;
    await press(section, "b");
    expect(video.currentTime).toBe(144.5 / 24);
    button(el, "Previous shot").click();
    expect(video.currentTime).toBe(95.5 / 24);
    await press(section, "b");
    expect(video.currentTime).toBe(0.5 / 24);
  });

  it("are nowhere in a clip that is no film", async () => {
    const { el, section } = await shown();
    expect([el.querySelector(".veo-tick"), el.querySelector("[aria-label='Next shot']")]).toEqual([null, null]);
    expect((await press(section, "n")).defaultPrevented).toBe(false);
  });
});
