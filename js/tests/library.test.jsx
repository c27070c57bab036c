import { describe, expect, it, vi } from "vitest";
import library from "../src/library.jsx";
import { entry, libraryModel } from "./host_library.js";
import { button, emptyPage, press, settle, show } from "./show.js";

const page = emptyPage();

/** A library of so many jobs, with the kernel of the page that plays one. @param {string} asked */
async function shown(asked) {
  const made = libraryModel(new URLSearchParams(asked), () => {});
  const { model, el, another } = await show(library, made.state, page.ended.signal);
  const again = made.onSend;
  made.emit = model.emit.bind(model);
  model.onSend = again;
  // What was sent before somebody answered.
  for (const { content } of model.sentOf("find")) again(content);
  await settle();
  return { model, el, another };
}

/** @param {ParentNode} el */
const cards = (el) => /** @type {HTMLElement[]} */ ([...el.querySelectorAll(".veo-lib-cell")]);

describe("the library", () => {
  it("has of thousands of cards only a few in the page", async () => {
    const { el } = await shown("jobs=5000");
    expect(el.textContent).toContain("5,000 jobs · 4,100 clips, 18.4 GB");
    expect(cards(el).length).toBeGreaterThan(0);
    expect(cards(el).length).toBeLessThan(60);
    expect(cards(el)[0]?.getAttribute("aria-setsize")).toBe("5000");
  });

  it("asks for what is typed once it rests, and shows the answer to the newest question alone", async () => {
    const { model, el } = await shown("jobs=90");
    const before = model.sentOf("find").length;
    const field = /** @type {HTMLInputElement} */ (el.querySelector("input[type=search]"));
    for (const text of ["r", "ra", "rain"]) {
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    await settle();
    const asked = model.sentOf("find").slice(before);
    expect(asked.map(({ content }) => content.filters.query)).toEqual(["rain"]);
    expect(el.textContent).toContain("30 jobs");
    model.emit("msg:custom", { kind: "found", request: "another", offset: 0, count: 1, items: [] });
    await settle();
    expect(el.textContent).toContain("30 jobs");
  });

  it("asks for the page that is gone to, once", async () => {
    const { model, el } = await shown("jobs=5000");
    await press(/** @type {Element} */ (cards(el)[0]), "End");
    await settle();
    const asked = model.sentOf("page").map(({ content }) => content.offset);
    expect(asked).toContain(4992);
    expect(new Set(asked).size).toBe(asked.length);
    expect(document.activeElement?.getAttribute("aria-posinset")).toBe("5000");
  });

  it("asks again for the cards that are seen after a change, wherever they are", async () => {
    const { model, el } = await shown("jobs=5000");
    await press(/** @type {Element} */ (cards(el)[0]), "End");
    await settle();
    const before = model.sentOf("page").length;
    model.emit("msg:custom", { kind: "changed" });
    await settle();
    await settle();
    const asked = model.sentOf("page").slice(before).map(({ content }) => content.offset);
    expect(asked).toContain(4992);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it("does by keys what its buttons do", async () => {
    const { model, el } = await shown("jobs=9&undo");
    const first = /** @type {HTMLElement} */ (cards(el)[0]);
    for (const key of ["s", " ", "Delete", "Enter", "z"]) await press(first, key);
    const said = model.sent.map(({ content }) => content).filter(({ kind }) => !["ready", "find", "page"].includes(kind));
    expect(said).toEqual([
      { kind: "star", job: "job0", on: 1 },
      { kind: "choose", job: "job0", on: 1 },
      { kind: "delete", job: "job0" },
      { kind: "open", job: "job0" },
      { kind: "restore", job: "" },
    ]);
  });

  it("deletes what is selected together, and plays nothing that is missing", async () => {
    const { model, el } = await shown("jobs=9&chosen=job0,job3");
    await press(/** @type {HTMLElement} */ (cards(el)[0]), "Delete");
    expect(model.sentOf("delete").at(-1)?.content).toEqual({ kind: "delete", job: "" });
    model.emit("msg:custom", { kind: "refused", command: "delete", message: "delete: job job3 has not ended; nothing was deleted." });
    await settle();
    expect(el.querySelector("[role=alert]")?.textContent).toContain("has not ended");
    button(el, "Export").click();
    expect(model.sentOf("export")).toHaveLength(1);
  });

  it("looks again when something has changed, with the filters that stand", async () => {
    const { model } = await shown("jobs=30&starred");
    model.emit("msg:custom", { kind: "changed" });
    await settle();
    expect(model.sentOf("find").at(-1)?.content.filters.starred).toBe(true);
    expect(model.sentOf("find")).toHaveLength(2);
  });

  it("asks again where no answer comes, ever less often, until one does", async () => {
    const { model } = await shown("jobs=9");
    model.onSend = () => {};
    const asked = () => model.sentOf("find").length;
    const before = asked();
    model.emit("msg:custom", { kind: "changed" });
    expect(asked()).toBe(before + 1);
    vi.advanceTimersByTime(2000);
    expect(asked()).toBe(before + 2);
    vi.advanceTimersByTime(3999);
    expect(asked()).toBe(before + 2);
    vi.advanceTimersByTime(1);
    expect(asked()).toBe(before + 3);
    const { request } = model.sentOf("find").at(-1)?.content ?? {};
    model.emit("msg:custom", { kind: "found", request, offset: 0, count: 0, items: [] });
    vi.advanceTimersByTime(60_000);
    expect(asked()).toBe(before + 3);
  });

  it("puts jobs that were made meanwhile first, and leaves the keyboard and what is open at its card", async () => {
    const { model, el } = await shown("jobs=30");
    cards(el)[2]?.focus();
    await settle();
    const label = document.activeElement?.getAttribute("aria-label");
    const opener = /** @type {HTMLElement} */ (cards(el)[2]?.querySelector("[aria-haspopup=menu]"));
    opener.click();
    await settle();
    model.onSend = () => {};
    model.emit("msg:custom", { kind: "changed" });
    await settle();
    const { request } = model.sentOf("find").at(-1)?.content ?? {};
    const made = entry(0, null, { job: "new", prompt: "A wren", created_at: 1_790_000_000_001 });
    const items = [made, ...Array.from({ length: 23 }, (_, n) => entry(n))];
    model.emit("msg:custom", { kind: "found", request, offset: 0, count: 31, items });
    await settle();
    expect(cards(el).find((card) => card.dataset.index === "0")?.getAttribute("aria-label")).toContain("A wren");
    const open = el.querySelector("[role=menu]")?.closest(".veo-lib-cell");
    expect([open?.getAttribute("aria-label"), open?.getAttribute("aria-posinset")]).toEqual([label, "4"]);
    expect(open?.getAttribute("tabindex")).toBe("0");
    // What was behind the first page is there at once, in its new place.
    await press(/** @type {Element} */ (open), "ArrowRight");
    expect(document.activeElement?.getAttribute("aria-posinset")).toBe("5");
  });

  it("has a way by keys into the grid and the form", async () => {
    const { model, el } = await shown("jobs=9");
    for (const [label, kind] of [["Add to the grid", "add"], ["Use these settings again", "use"]]) {
      /** @type {HTMLElement} */ (cards(el)[0]?.querySelector("[aria-haspopup=menu]")).click();
      await settle();
      button(el, label ?? "").click();
      await settle();
      expect(model.sentOf(kind ?? "").at(-1)?.content).toEqual({ kind, job: "job0" });
    }
  });
});
