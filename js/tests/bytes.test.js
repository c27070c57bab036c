import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ClipSources } from "../src/lib/clip_sources.js";
import { FROM_BROWSER } from "../src/lib/protocol.js";
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
  it("is asked for once, whatever the number of views", async () => {
    await Promise.all([sources.open(one), sources.open(one)]);
    await sources.open(one);
    expect(model.sentOf("need-bytes")).toHaveLength(1);
    expect(Object.keys(lastRequest()).sort()).toEqual(["kind", ...FROM_BROWSER["need-bytes"]].sort());
  });

  it("is put together in order, however its ranges come", async () => {
    await sources.open(one);
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

  it("says why it failed, and can be asked for again", async () => {
    await sources.open(one);
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

  it("notices silence and still takes what comes late", async () => {
    vi.useFakeTimers();
    await sources.open(one);
    vi.advanceTimersByTime(16_000);
    expect(sources.get(one)).toMatchObject({ phase: "pulling", silent: true });
    arrive(0, view(1, 2, 3));
    expect(sources.get(one).silent).toBe(false);
    vi.useRealTimers();
  });

  it("drops an older request when it is asked again", async () => {
    await sources.open(one);
    const { request } = lastRequest();
    sources.retry(one);
    arrive(0, view(9, 9, 9, 9, 9, 9), request);
    expect(sources.get(one).phase).toBe("pulling");
  });

  it("stays as long as somebody holds it", async () => {
    const first = sources.hold(one);
    const second = sources.hold(one);
    await sources.open(one);
    arrive(0, view(1, 2, 3, 4, 5, 6));
    first();
    expect(URL.revokeObjectURL).not.toHaveBeenCalled();
    second();
    expect(URL.revokeObjectURL).toHaveBeenCalledWith("blob:1");
    expect(sources.get(one).phase).toBe("idle");
  });

  it("is not asked for when it was let go of before that", async () => {
    vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response("", { status: 404 }));
    const served = new ClipSources(model, "/");
    served.hold(clip({ files_path: "a.mp4", bytes: 6 }))();
    await new Promise((resolve) => setTimeout(resolve));
    expect(model.sentOf("need-bytes")).toEqual([]);
    served.dispose();
  });

  it("lets go of its bytes at the end", async () => {
    await sources.open(one);
    arrive(0, view(1, 2, 3, 4, 5, 6));
    sources.dispose();
    expect(URL.revokeObjectURL).toHaveBeenCalledWith("blob:1");
    expect(model.listening).toBe(0);
    await sources.open(one);
    expect(model.sentOf("need-bytes")).toHaveLength(1);
  });
});

describe("a clip from the server", () => {
  it("falls back to the kernel once", async () => {
    const served = new ClipSources(model, "/");
    const here = clip({ files_path: "a.mp4", bytes: 6 });
    const headers = { "content-type": "video/mp4", "content-range": "bytes 0-1/6" };
    vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response("ab", { status: 206, headers }));
    await served.open(here);
    expect(served.get(here)).toMatchObject({ phase: "ready", via: "files" });
    expect(model.sentOf("need-bytes")).toHaveLength(0);
    expect(served.reject(here)).toBe(true);
    arrive(0, view(1, 2, 3, 4, 5, 6));
    expect(served.get(here)).toMatchObject({ phase: "ready", via: "kernel" });
    expect(served.reject(here)).toBe(false);
    served.dispose();
  });
});

it("asks for a poster once, and only where there is none", () => {
  expect(sources.claimPoster(one)).toBe(true);
  expect(sources.claimPoster(one)).toBe(false);
  expect(sources.claimPoster(clip({ sample: 1, poster: "data:image/jpeg;base64,AA" }))).toBe(false);
});
