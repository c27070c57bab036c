import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import form from "../src/form.jsx";
import panels from "../src/panels.jsx";
import { asCell, asPython } from "../src/form/as_code.js";
import { tokensIn } from "../src/form/tokens.js";
import { upward_bytes } from "../src/kernel/protocol.js";
import { FakeModel } from "./fake_model.js";
import { emptyPage } from "./show.js";

/** @import { Draft, Schema, Values } from "../src/form/types.js" */

/** @type {{schema: Schema}[]} */
const TABLE = JSON.parse(readFileSync("tests/agreement.json", "utf8"));
const schema = /** @type {Schema} */ (TABLE[1]?.schema);
const page = emptyPage();

const settle = () => vi.advanceTimersByTimeAsync(30);

/** @param {Partial<Draft>} [draft] @param {Record<string, any>} [more] @param {typeof form} [program] */
async function show(draft = {}, more = {}, program = form) {
  const said = { values: {}, at: 0, by: "", locked: false, given: {}, ...draft };
  const model = new FakeModel({ schema, draft: said, budget: { left: 18.4 }, variables: {}, place: "p", ...more });
  const parts = program();
  parts.initialize({ model: /** @type {any} */ (model), signal: page.ended.signal });
  const el = document.body.appendChild(document.createElement("div"));
  parts.render({ model: /** @type {any} */ (model), el, signal: page.ended.signal });
  await settle();
  return { model, el };
}

/** @param {HTMLElement} el @param {string} text */
async function type(el, text) {
  const box = /** @type {HTMLTextAreaElement} */ (el.querySelector("textarea"));
  for (let at = 1; at <= text.length; at++) {
    box.value = text.slice(0, at);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
  await settle();
}

/** @param {HTMLElement} el @param {string} parameter @param {string} label */
async function pick(el, parameter, label) {
  const labels = [...el.querySelectorAll(`[data-parameter="${parameter}"] .veo-segments label`)];
  const input = /** @type {HTMLInputElement} */ (labels.find((one) => one.textContent === label)?.querySelector("input"));
  input.checked = true;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  await settle();
}

/** @param {HTMLElement} el */
const button = (el) => /** @type {HTMLButtonElement} */ (el.querySelector(".veo-generate"));
/** @param {HTMLElement} el @param {KeyboardEventInit} init */
const press = (el, init) => {
  const event = new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init });
  el.querySelector("textarea")?.dispatchEvent(event);
  return event;
};
/** @param {FakeModel} model @returns {Values} */
const sentValues = (model) => model.sentOf("generate").at(-1)?.content.draft.values;

describe("typing", () => {
  it("never waits for the kernel, and reaches it once it pauses", async () => {
    const { model, el } = await show();
    await type(el, "A cat playing with a ball of yarn");
    expect(model.sentOf("draft")).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(700);
    expect(model.sentOf("draft")).toHaveLength(1);
    expect(model.sentOf("draft")[0]?.content.draft.values).toEqual({ prompt: "A cat playing with a ball of yarn" });
  });

  it("reaches the kernel at once when the focus leaves", async () => {
    const { model, el } = await show();
    await type(el, "A cat");
    el.querySelector("textarea")?.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
    expect(model.sentOf("draft")).toHaveLength(1);
  });

  it("is remembered by the browser when the kernel has started anew, and given back", async () => {
    const first = await show({ given: { prompt: "A cat" }, values: { prompt: "A cat" } });
    await type(first.el, "A cat that was typed");
    page.ended.abort();
    page.ended = new AbortController();
    const { model, el } = await show({ given: { prompt: "A cat", seed: 7 }, values: { prompt: "A cat", seed: 7 } });
    expect(el.querySelector("textarea")?.value).toBe("A cat that was typed");
    await settle();
    expect(model.sentOf("draft")[0]?.content.draft.values).toEqual({ prompt: "A cat that was typed", seed: 7 });
  });

  it("gives way to what Python sets, and not to its own echo", async () => {
    const { model, el } = await show();
    await type(el, "A cat");
    await vi.advanceTimersByTimeAsync(700);
    const own = model.sentOf("draft")[0]?.content.draft;
    await type(el, "A cat and more");
    model.set("draft", { ...own, given: {} });
    await settle();
    expect(el.querySelector("textarea")?.value).toBe("A cat and more");
    model.set("draft", { values: { prompt: "A dog" }, at: 5, by: "", locked: false, given: {} });
    await settle();
    expect(el.querySelector("textarea")?.value).toBe("A dog");
  });
});

describe("choices", () => {
  it("move what has to follow, say so, and can be taken back", async () => {
    const { el } = await show({ values: { prompt: "A cat" } });
    await pick(el, "duration_seconds", "4 s");
    expect(button(el).textContent).toBe("Generate$0.40");
    await pick(el, "resolution", "1080p");
    expect(button(el).textContent).toBe("Generate$0.96");
    const said = /** @type {HTMLElement} */ (el.querySelector(".veo-moved"));
    expect(said.textContent).toContain("Length is now 8 s: 1080p is always 8 s.");
    expect(el.querySelector('[data-parameter="duration_seconds"] .veo-field-remark')?.textContent).toBe("1080p is always 8 s");
    said.querySelector("button")?.click();
    await settle();
    expect(button(el).textContent).toBe("Generate$0.40");
  });

  it("that the combination does not allow are disabled with the reason", async () => {
    const { el } = await show({ values: { resolution: "1080p" } });
    const four = el.querySelector('[data-parameter="duration_seconds"] input');
    expect(/** @type {HTMLInputElement} */ (four).disabled).toBe(true);
    expect(el.querySelector('[data-parameter="last_frame"]')?.textContent).toContain("Needs a first frame");
  });

  it("of a model that has ended come with a way out", async () => {
    const { model, el } = await show({ values: { prompt: "A cat", model: "veo-3.0-generate-001" } });
    button(el).click();
    expect(model.sentOf("generate")).toHaveLength(0);
    const out = /** @type {HTMLButtonElement} */ (el.querySelector(".veo-remark-warn button"));
    out.click();
    await settle();
    button(el).click();
    expect(sentValues(model).model).toBe("veo-3.1-generate-001");
  });
});

describe("Generate", () => {
  it("is Ctrl or Cmd and Enter, and keeps the keys from the notebook", async () => {
    const { model, el } = await show({ values: { prompt: "A cat" } });
    const outside = vi.fn();
    document.body.addEventListener("keydown", outside);
    expect(press(el, { key: "Enter", ctrlKey: true }).defaultPrevented).toBe(true);
    expect(model.sentOf("generate")).toHaveLength(1);
    expect(outside).not.toHaveBeenCalled();
    document.body.removeEventListener("keydown", outside);
  });

  it("pays once for a double click, also when the answer is quicker than the second half", async () => {
    const { model, el } = await show({ values: { prompt: "A cat" } });
    model.onSend = ({ kind, order }) => kind === "generate" && model.emit("msg:custom", { kind: "accepted", order, job: "j1" });
    button(el).click();
    await settle();
    button(el).click();
    expect(model.sentOf("generate")).toHaveLength(1);
    expect(button(el).textContent).toContain("Sent");
    await vi.advanceTimersByTimeAsync(1600);
    button(el).click();
    expect(model.sentOf("generate")).toHaveLength(2);
  });

  it("without a prompt says what is missing and goes there", async () => {
    const { model, el } = await show();
    expect(el.textContent).not.toContain("Say what the clip shows.");
    button(el).click();
    await settle();
    expect(model.sentOf("generate")).toHaveLength(0);
    expect(el.textContent).toContain("Say what the clip shows.");
    expect(document.activeElement).toBe(el.querySelector("textarea"));
  });

  it("shows a refusal at the parameter at fault, or above the button", async () => {
    const { model, el } = await show({ values: { prompt: "A cat" } });
    button(el).click();
    const order = model.sentOf("generate")[0]?.content.order;
    const problems = [
      { parameter: "resolution", message: "resolution: '720p' is not available today." },
      { parameter: "budget", message: "budget: only $0.30 is left." },
    ];
    model.emit("msg:custom", { kind: "denied", order, problems });
    await settle();
    expect(el.querySelector('[data-parameter="resolution"] .veo-field-fault')?.textContent).toContain("is not available today");
    expect(el.querySelector('[role="alert"]')?.textContent).toContain("only $0.30 is left");
    await pick(el, "resolution", "1080p");
    expect(el.querySelector('[data-parameter="resolution"] .veo-field-fault')).toBeNull();
    button(el).click();
    expect(model.sentOf("generate")).toHaveLength(2);
  });

  it("is free again, and says why, when the kernel could not even begin", async () => {
    const { model, el } = await show({ values: { prompt: "A cat" } });
    button(el).click();
    model.emit("msg:custom", { kind: "refused", command: "generate", message: "This client is closed." });
    await settle();
    expect(el.querySelector('[role="alert"]')?.textContent).toBe("This client is closed.");
    expect(button(el).textContent).toContain("Generate");
    button(el).click();
    expect(model.sentOf("generate")).toHaveLength(2);
  });

  it("says so where the kernel is gone, and keeps what was typed", async () => {
    const { model, el } = await show({ values: { prompt: "A cat" } });
    model.onSend = () => {
      throw new Error("Cannot send");
    };
    await type(el, "A cat that outlives its kernel");
    await vi.advanceTimersByTimeAsync(700);
    button(el).click();
    await settle();
    expect(el.textContent).toContain("Run the cell again");
    expect(localStorage.getItem("veo_widgets.form.p")).toContain("outlives its kernel");
  });

  it("stays in view when its kernel goes, and leaves its place to the saved copy where that was gone before", async () => {
    const name = "veo-saved-k3f9x2ab";
    document.body.append(Object.assign(document.createElement("div"), { className: name }));
    const { model, el } = await show({ values: { prompt: "A cat" } }, { saved_class: name });
    model.state.session.end();
    await settle();
    expect(el.querySelector(".veo-gone")?.textContent).toContain("what you typed is kept");
    expect(el.querySelector("style")?.textContent).toContain(`.${name},`);
    expect(el.querySelector(".veo-copied-below")).toBeNull();
    const late = document.body.appendChild(document.createElement("div"));
    const parts = form();
    parts.initialize({ model: /** @type {any} */ (model), signal: page.ended.signal });
    parts.render({ model: /** @type {any} */ (model), el: late, signal: page.ended.signal });
    await settle();
    expect(late.querySelector(".veo-gone")?.textContent).toContain("what was saved is below");
    expect(late.querySelector("style")).toBeNull();
    expect(late.querySelector(".veo-copied-below .veo-form")).not.toBeNull();
  });

  it("holds its button back for a moment when another browser has changed what it would send", async () => {
    const { model, el } = await show({ values: { prompt: "A cat" } });
    await vi.advanceTimersByTimeAsync(700);
    expect(button(el).getAttribute("aria-disabled")).toBe("false");
    model.set("draft", { values: { prompt: "A dog" }, at: 5, by: "another", locked: false, given: {} });
    await vi.advanceTimersByTimeAsync(100);
    expect(button(el).getAttribute("aria-disabled")).toBe("true");
    await vi.advanceTimersByTimeAsync(700);
    expect(button(el).getAttribute("aria-disabled")).toBe("false");
  });

  it("leaves nothing that costs money for a connection that may come back later", async () => {
    const { model, el } = await show({ values: { prompt: "A cat" } });
    model.state.session.connection("connecting");
    await settle();
    expect(button(el).disabled).toBe(true);
    expect(el.textContent).toContain("No connection to the kernel");
    const field = /** @type {HTMLTextAreaElement} */ (el.querySelector("textarea"));
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true }));
    model.state.session.connection("connected");
    await settle();
    expect(model.sentOf("generate")).toHaveLength(0);
    button(el).click();
    expect(model.sentOf("generate")).toHaveLength(1);
  });

  it("rolls the seed for the next clip unless it is kept", async () => {
    const { model, el } = await show({ values: { prompt: "A cat", seed: 7 }, locked: true });
    model.onSend = ({ kind, order }) => kind === "generate" && model.emit("msg:custom", { kind: "accepted", order, job: "j1" });
    button(el).click();
    await vi.advanceTimersByTimeAsync(2000);
    button(el).click();
    expect(sentValues(model).seed).toBe(7);
    const lock = /** @type {HTMLButtonElement} */ (el.querySelector('[aria-label^="Keeps this seed"]'));
    lock.click();
    await vi.advanceTimersByTimeAsync(2000);
    button(el).click();
    await vi.advanceTimersByTimeAsync(2000);
    button(el).click();
    expect(sentValues(model).seed).not.toBe(7);
  });
});

describe("an image", () => {
  /** @param {HTMLElement} el @param {File} file */
  async function drop(el, file) {
    const event = new Event("drop", { bubbles: true, cancelable: true });
    Object.assign(event, { dataTransfer: { files: [file], types: ["Files"], getData: () => "" } });
    el.querySelector('[data-parameter="first_frame"]')?.dispatchEvent(event);
    await settle();
    return event;
  }

  it("that is dropped goes to the kernel in pieces and into the request", async () => {
    const { model, el } = await show({ values: { prompt: "A cat" } });
    const file = new File([new Uint8Array(upward_bytes + 10)], "cat.png", { type: "image/png" });
    const event = await drop(el, file);
    await vi.waitFor(() => expect(model.sentOf("upload")).toHaveLength(2));
    expect(event.defaultPrevented).toBe(true);
    const sent = model.sentOf("upload");
    expect(sent.map(({ content, buffers }) => [content.offset, content.total, buffers[0]?.byteLength])).toEqual([
      [0, upward_bytes + 10, upward_bytes],
      [upward_bytes, upward_bytes + 10, 10],
    ]);
    button(el).click();
    expect(model.sentOf("generate")).toHaveLength(0);
    const as = { held: "h1", name: "cat.png", bytes: file.size, mime: "image/png", in_bucket: false };
    model.emit("msg:custom", { kind: "uploaded", image: sent[0]?.content.image, as });
    await settle();
    button(el).click();
    expect(sentValues(model).first_frame).toEqual(as);
  });

  it.each([
    [new File(["x"], "cat.gif", { type: "image/gif" }), "not a PNG, JPEG or WebP"],
    [new File([new Uint8Array(21_000_000)], "cat.png", { type: "image/png" }), "at most 20.0 MB"],
  ])("that cannot be taken is refused at once", async (file, why) => {
    const { model, el } = await show();
    await drop(el, file);
    expect(el.querySelector('[data-parameter="first_frame"] .veo-field-fault')?.textContent).toContain(why);
    expect(model.sentOf("upload")).toHaveLength(0);
  });

  it("dropped as a recipe fills the form by the kernel's help", async () => {
    const { model, el } = await show();
    await drop(el, new File(['{"request": {}}'], "clip.json", { type: "application/json" }));
    await vi.waitFor(() => expect(model.sentOf("recipe")).toHaveLength(1));
    expect(model.sentOf("recipe")[0]?.content).toEqual({ kind: "recipe", name: "clip.json", text: '{"request": {}}' });
  });
});

it("looks up what was asked for before, and gives the focus back", async () => {
  const { model, el } = await show({}, {}, () => form({ program: async () => panels }));
  const opener = /** @type {HTMLButtonElement} */ ([...el.querySelectorAll("button")].find((one) => one.textContent === "Earlier"));
  opener.click();
  await settle();
  model.emit("msg:custom", { kind: "panels", code: "the panels" });
  await settle();
  const { request } = model.sentOf("history")[0]?.content ?? {};
  const items = [{ job: "j1", prompt: "A cat on a roof", model: "m", state: "succeeded", at: 0 }];
  model.emit("msg:custom", { kind: "history", request: "another", items: [] });
  model.emit("msg:custom", { kind: "history", request, items });
  await settle();
  /** @type {HTMLButtonElement|null} */ (el.querySelector(".veo-history li button"))?.click();
  await settle();
  expect(model.sentOf("use")[0]?.content.job).toBe("j1");
  expect(el.querySelector(".veo-history")).toBeNull();
  expect(document.activeElement).toBe(opener);
});

it("shares no id and no group of radio buttons with the other widgets on the page", async () => {
  const { el } = await show();
  // Every widget brings a program of its own, which counts from the beginning.
  vi.resetModules();
  const other = (await import("../src/form.jsx")).default;
  const { el: beside } = await show({}, {}, other);
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  expect(ids.length).toBeGreaterThan(10);
  expect(new Set(ids).size).toBe(ids.length);
  const groups = [el, beside].map((form) => [...form.querySelectorAll("input[type=radio]")].map((input) => input.getAttribute("name")));
  expect(groups[0]).not.toHaveLength(0);
  expect(groups[0]?.filter((name) => groups[1]?.includes(name))).toEqual([]);
});

it("leaves no listener, timer or address behind", async () => {
  const made = vi.spyOn(URL, "createObjectURL");
  const revoked = vi.spyOn(URL, "revokeObjectURL");
  const { model, el } = await show({ values: { prompt: "A cat", first_frame: { held: "h", name: "a.png", bytes: 3, mime: "image/png" } } });
  const { request } = model.sentOf("need-image")[0]?.content ?? {};
  model.emit("msg:custom", { kind: "bytes", request, sample: 0, offset: 0, total: 3 }, [new DataView(new ArrayBuffer(3))]);
  await type(el, "A cat and a dog");
  page.ended.abort();
  await settle();
  expect(model.listening).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
  expect(made.mock.results.length).toBe(1);
  expect(revoked).toHaveBeenCalledTimes(1);
  vi.restoreAllMocks();
});

/** The same file is read by tests/notebook/test_form.py, which reads the code back. @type {{values: Values, python: string, cell: string}[]} */
const COPIES = JSON.parse(readFileSync("tests/copies.json", "utf8"));

it.each(COPIES)("the form as code: $values.prompt", ({ values, python, cell }) => {
  expect(asPython(schema, values)).toBe(python);
  expect(asCell(schema, values)).toBe(cell);
});

it("counts tokens about as the service does", () => {
  expect(tokensIn("")).toBe(0);
  expect(tokensIn("A cat playing with a ball of yarn in a sunny garden")).toBe(15);
  expect(tokensIn("猫が毛糸玉で遊ぶ")).toBeGreaterThan(7);
});
