import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { asksBy, ClipSources } from "../src/kernel/clip_sources.js";
import { listen } from "../src/kernel/protocol.js";
import { from_browser } from "../../veo_widgets/notebook/widgets/protocol.json";
import { FakeModel } from "./fake_model.js";
import { clip } from "./samples.js";

const one = clip({ bytes: 6 });

/** @param {number[]} bytes */
const view = (...bytes) => new DataView(new Uint8Array(bytes).buffer);

/** @type {FakeModel} */
let model;
/** @type {ClipSources} */
let sources;
/** @type {Blob[]} */
let blobs;

beforeEach(() => {
  blobs = [];
  model = new FakeModel({});
  sources = new ClipSources(model, null);
  vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => `blob:${blobs.push(/** @type {Blob} */ (blob))}`);
  vi.spyOn(URL, "revokeObjectURL");
});

afterEach(() => {
  sources.dispose();
  vi.restoreAllMocks();
});

const lastRequest = () => model.sentOf("need-bytes").at(-1)?.content;

/**
 * @param {number} offset
 * @param {DataView} part
 * @param {string} [request]
 */
const arrive = (offset, part, request = lastRequest().request) =>
  model.emit("msg:custom", { kind: "bytes", request, sample: 0, offset, total: 6 }, [part]);

describe("a clip through the kernel", () => {
  it("is asked for once, whatever the number of views", () => {
    for (let views = 0; views < 3; views++) sources.open(one);
    expect(model.sentOf("need-bytes")).toHaveLength(1);
    expect(Object.keys(lastRequest()).sort()).toEqual(["kind", ...from_browser["need-bytes"]].sort());
  });

  it("is put together in order, however its ranges come", async () => {
    sources.open(one);
    arrive(4, view(5, 6));
    arrive(4, view(5, 6));
    expect(sources.get(one)).toMatchObject({ phase: "pulling", received: 2, total: 6 });
    arrive(0, view(1, 2), "someone else's");
    expect(sources.get(one).received).toBe(2);
    arrive(0, view(1, 2));
    arrive(2, view(3, 4));
    expect(sources.get(one)).toMatchObject({ phase: "ready", via: "kernel", url: "blob:1" });
    expect([...new Uint8Array(await /** @type {Blob} */ (blobs[0]).arrayBuffer())]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(blobs[0]?.type).toBe("video/mp4");
    expect(model.listening).toBe(0);
  });

  it("says why it failed, and can be asked for again", () => {
    sources.open(one);
    const { request } = lastRequest();
    model.emit("msg:custom", { kind: "bytes-failed", request: "other", sample: 0, message: "no" });
    expect(sources.get(one).phase).toBe("pulling");
    model.emit("msg:custom", { kind: "bytes-failed", request, sample: 0, message: "The file is gone." });
    expect(sources.get(one)).toMatchObject({ phase: "failed", message: "The file is gone." });
    sources.retry(one);
    expect(lastRequest().request).not.toBe(request);
    arrive(0, view(1, 2, 3, 4, 5, 6));
    expect(sources.get(one).phase).toBe("ready");
  });

  it("notices silence and still takes what comes late", () => {
    vi.useFakeTimers();
    sources.open(one);
    vi.advanceTimersByTime(16_000);
    expect(sources.get(one)).toMatchObject({ phase: "pulling", silent: true });
    arrive(0, view(1, 2, 3));
    expect(sources.get(one).silent).toBe(false);
    vi.useRealTimers();
  });

  it("drops an older request when it is asked again", () => {
    sources.open(one);
    const { request } = lastRequest();
    sources.retry(one);
    arrive(0, view(9, 9, 9, 9, 9, 9), request);
    expect(sources.get(one).phase).toBe("pulling");
  });

  it("stays as long as somebody holds it", () => {
    const first = sources.hold(one);
    const second = sources.hold(one);
    sources.open(one);
    arrive(0, view(1, 2, 3, 4, 5, 6));
    first();
    expect(URL.revokeObjectURL).not.toHaveBeenCalled();
    second();
    expect(URL.revokeObjectURL).toHaveBeenCalledWith("blob:1");
    expect(sources.get(one).phase).toBe("idle");
  });

  it("lets go of its bytes at the end", () => {
    sources.open(one);
    arrive(0, view(1, 2, 3, 4, 5, 6));
    sources.dispose();
    expect(URL.revokeObjectURL).toHaveBeenCalledWith("blob:1");
    expect(model.listening).toBe(0);
    sources.open(one);
    expect(model.sentOf("need-bytes")).toHaveLength(1);
  });
});

describe("a clip from the server", () => {
  const here = clip({ files_path: "a.mp4", bytes: 6 });
  const video = document.createElement("video");
  /** @type {ClipSources} */
  let served;
  beforeEach(() => (served = new ClipSources(model, "/")));
  afterEach(() => served.dispose());

  /** @param {number} bytes  of the file at its address */
  const answer = (bytes) => {
    const headers = { "content-type": "video/mp4", "content-range": `bytes 0-1/${bytes}` };
    return vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ab", { status: 206, headers }));
  };

  it("has its address at once, and is asked about when it can be used", async () => {
    const asked = answer(6);
    served.open(here);
    expect(served.get(here)).toMatchObject({ phase: "ready", via: "files" });
    expect(asked).not.toHaveBeenCalled();
    expect(await served.checkClip(here, video)).toBe(true);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(model.sentOf("need-bytes")).toEqual([]);
  });

  it("falls back to the kernel once", () => {
    served.open(here);
    const { url } = served.get(here);
    expect(served.fallBack(here, url)).toBe(true);
    // An element may say it twice.
    expect(served.fallBack(here, url)).toBe(true);
    expect(model.sentOf("need-bytes")).toHaveLength(1);
    arrive(0, view(1, 2, 3, 4, 5, 6));
    expect(served.get(here)).toMatchObject({ phase: "ready", via: "kernel", url: "blob:1" });
    expect(served.fallBack(here, url)).toBe(true);
    expect(served.fallBack(here, "blob:1")).toBe(false);
  });

  it("comes through the kernel when another file has its address", async () => {
    answer(7);
    served.open(here);
    expect(await served.checkClip(here, video)).toBe(false);
    expect(served.get(here).phase).toBe("pulling");
    expect(model.sentOf("need-bytes")).toHaveLength(1);
  });

  it("is not asked of the kernel when it is no longer shown", async () => {
    answer(7);
    served.open(here);
    const confirmed = served.checkClip(here, video);
    served.dispose();
    await confirmed;
    expect(model.sentOf("need-bytes")).toEqual([]);
  });
});

describe("a clip in a bucket", () => {
  /** @type {(url: string, seconds?: number) => void} */
  const address = (url, seconds = 3600) => model.emit("msg:custom", { kind: "address", request: lastRequest().request, sample: 0, url, seconds }, []);

  it("is played from there by an address that the kernel has signed", () => {
    sources.open(one);
    address("https://bucket.test/a.mp4?signature=1");
    expect(sources.get(one)).toMatchObject({ phase: "ready", via: "bucket", url: "https://bucket.test/a.mp4?signature=1" });
    expect(asksBy(sources.get(one))).toEqual({ crossOrigin: "anonymous" });
    expect(model.sentOf("need-bytes")).toHaveLength(1);
  });

  it("comes through the kernel where the browser may not read the bucket", () => {
    sources.open(one);
    address("https://bucket.test/a.mp4?signature=1");
    expect(sources.fallBack(one, sources.get(one).url)).toBe(true);
    expect(lastRequest()).toMatchObject({ plain: 1 });
    arrive(0, view(1, 2, 3, 4, 5, 6));
    expect(sources.get(one).via).toBe("kernel");
    expect(sources.fallBack(one, sources.get(one).url)).toBe(false);
  });

  it("gets another address once the first has ended", () => {
    sources.open(one);
    address("https://bucket.test/a.mp4?signature=1", -1);
    expect(sources.fallBack(one, sources.get(one).url)).toBe(true);
    expect(lastRequest()).not.toHaveProperty("plain");
    address("https://bucket.test/a.mp4?signature=2");
    expect(sources.get(one)).toMatchObject({ via: "bucket", url: "https://bucket.test/a.mp4?signature=2" });
  });

  it("is forgotten with its address when nobody holds it", () => {
    const letGo = sources.hold(one);
    address("https://bucket.test/a.mp4?signature=1");
    letGo();
    expect(sources.get(one).url).toBe("");
    sources.hold(one)();
    expect(model.sentOf("need-bytes")).toHaveLength(2);
  });
});

it("asks for a poster once, and only where there is none", () => {
  expect(sources.claimPoster(one)).toBe(true);
  expect(sources.claimPoster(one)).toBe(false);
  expect(sources.claimPoster(clip({ sample: 1, poster: "data:image/jpeg;base64,AA" }))).toBe(false);
});

it("hears no message that lacks one of its kind's fields", () => {
  const heard = vi.fn();
  listen(model, "bytes", heard);
  model.emit("msg:custom", { kind: "bytes", request: "r", sample: 0, offset: 0 });
  expect(heard).not.toHaveBeenCalled();
  model.emit("msg:custom", { kind: "bytes", request: "r", sample: 0, offset: 0, total: 0 });
  expect(heard).toHaveBeenCalledTimes(1);
});
