import { describe, expect, it, vi } from "vitest";
import storyboard from "../src/storyboard.jsx";
import { reelParts } from "../src/storyboard/reel_parts.js";
import { shot, storyboardModel } from "./host_storyboard.js";
import { clip } from "./samples.js";
import { button, emptyPage, press, settle, show } from "./show.js";

const page = emptyPage();

/** A board with the kernel of the page that plays one. @param {string} asked */
async function shown(asked) {
  const made = storyboardModel(new URLSearchParams(asked), () => {});
  const { model, el, another } = await show(storyboard, made.state, page.ended.signal);
  const answer = made.onSend;
  made.emit = model.emit.bind(model);
  made.set = model.set.bind(model);
  made.get = model.get.bind(model);
  model.onSend = answer;
  return { model, el, another };
}

/** @param {ParentNode} el */
const cards = (el) => /** @type {HTMLElement[]} */ ([...el.querySelectorAll(".veo-shot")]);

/** @param {ParentNode} el @param {string} label */
function box(el, label) {
  const found = el.querySelector(`[aria-label="${label}"]`);
  if (!found) throw new Error(`no field ${label}`);
  return /** @type {HTMLTextAreaElement} */ (found);
}

/** @param {HTMLTextAreaElement|HTMLInputElement} field @param {string} text */
async function type(field, text) {
  field.focus();
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
}

/** @param {Element} target @param {string} key @param {KeyboardEventInit} how */
async function chord(target, key, how) {
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...how }));
  await settle();
}

/** @param {import("./fake_model.js").FakeModel} model */
const edits = (model) => model.sentOf("edit").map(({ content }) => content.edit);

describe("the board of a film", () => {
  it("shows the parts in their order, with what is to be made and its price", async () => {
    const { el } = await shown("film=planned");
    expect(cards(el).map((card) => card.getAttribute("aria-label")?.slice(0, 22))).toEqual([
      "Title card, The night ",
      "Shot 1, {character} wa",
      "Shot 2, A steam train ",
      "Shot 3, She finds her ",
      "Shot 4, The train cros",
      "Shot 5, Evening light ",
    ]);
    expect(el.textContent).toContain("5 shots · 0:43");
    expect(() => button(el, "Play film")).toThrow();
    expect(el.textContent).toContain("To make: all 5 shots");
    expect(button(el, "Make").textContent).toBe("Make · $4.00");
  });

  it("saves a prompt with Ctrl+Enter or when it is left, once, and gives it back with Esc", async () => {
    const { model, el } = await shown("film=planned");
    const field = box(el, "Prompt of shot 2");
    await type(field, "A tram");
    await chord(field, "Enter", { ctrlKey: true });
    field.dispatchEvent(new FocusEvent("blur"));
    await settle();
    expect(edits(model)).toEqual([{ edit: "prompt", shot: 1, value: "A tram" }]);
    await type(field, "A bus");
    await press(field, "Escape");
    expect(field.value).toBe("A tram");
    field.dispatchEvent(new FocusEvent("blur"));
    await settle();
    expect(edits(model)).toHaveLength(1);
    expect(document.activeElement?.getAttribute("data-part")).toBe("shot1");
  });

  it("keeps what was typed and refused, beside the sentence that says why", async () => {
    const { model, el } = await shown("film=planned");
    const field = box(el, "Prompt of shot 1");
    await type(field, "");
    field.dispatchEvent(new FocusEvent("blur"));
    await settle();
    expect(cards(el)[1]?.querySelector("[role=alert]")?.textContent).toContain("prompt: it is empty.");
    expect(field.value).toBe("");
    field.dispatchEvent(new FocusEvent("blur"));
    await settle();
    expect(edits(model)).toHaveLength(1);
  });

  it("takes over an edit in code, and not over what is being typed", async () => {
    const { model, el } = await shown("film=planned");
    await type(box(el, "Prompt of shot 1"), "Half a sen");
    const changed = model.get("parts").map((/** @type {any} */ part) => ("shot" in part ? { ...part, prompt: `New ${part.shot}` } : part));
    model.set("parts", changed);
    await settle();
    expect(box(el, "Prompt of shot 1").value).toBe("Half a sen");
    expect(box(el, "Prompt of shot 2").value).toBe("New 1");
  });

  it("moves a card by keys, says so, and the keyboard stays on it", async () => {
    const { model, el } = await shown("film=made");
    const third = /** @type {HTMLElement} */ (el.querySelector('[data-part="shot2"]'));
    third.focus();
    await chord(third, "ArrowLeft", { altKey: true });
    expect(edits(model)).toEqual([{ edit: "move", part: "shot2", to: 2 }]);
    expect(cards(el)[2]?.dataset.part).toBe("shot2");
    expect(document.activeElement).toBe(cards(el)[2]);
    expect(el.querySelector(".veo-board > .veo-unseen")?.textContent).toBe("Moved to place 3 of 6.");
    await press(/** @type {Element} */ (cards(el)[2]), "ArrowRight");
    expect(document.activeElement).toBe(cards(el)[3]);
  });

  it("moves a card that is dragged, and takes a job that is dropped", async () => {
    const { model, el } = await shown("film=made");
    const drag = (/** @type {Element|null|undefined} */ target, /** @type {string} */ kind, /** @type {string} */ job = "") => {
      const event = new Event(kind, { bubbles: true, cancelable: true });
      const data = { types: job ? ["veo/job"] : ["veo/part"], getData: () => job, setData: () => {} };
      target?.dispatchEvent(Object.assign(event, { dataTransfer: data, clientX: -1 }));
      return event;
    };
    drag(cards(el)[5]?.querySelector(".veo-shot-still"), "dragstart");
    expect(drag(cards(el)[1], "dragover").defaultPrevented).toBe(true);
    await settle();
    expect(cards(el)[1]?.dataset.drop).toBe("before");
    drag(cards(el)[1], "drop");
    await settle();
    expect(edits(model)).toEqual([{ edit: "move", part: "shot4", to: 1 }]);
    // A quick hand drops before what it is over is drawn.
    drag(cards(el)[0], "dragover", "k3f9");
    drag(cards(el)[0], "drop", "k3f9");
    await settle();
    expect(edits(model)[1]).toEqual({ edit: "job", job: "k3f9", place: 0 });
    // What is neither is the page's.
    const text = new Event("dragover", { bubbles: true, cancelable: true });
    cards(el)[0]?.dispatchEvent(Object.assign(text, { dataTransfer: { types: ["text/plain"] } }));
    expect(text.defaultPrevented).toBe(false);
  });

  it("chooses takes, asks for another, and undoes with Ctrl+Z outside of texts", async () => {
    const { model, el } = await shown("film=made");
    const takes = [...(cards(el)[1]?.querySelectorAll(".veo-thumb") ?? [])];
    expect(takes.map((take) => take.getAttribute("aria-pressed"))).toEqual(["true", "false", "false"]);
    /** @type {HTMLElement} */ (takes[0]).click();
    /** @type {HTMLElement} */ (takes[1]).click();
    box(el, "Another take of shot 1").click();
    await chord(box(el, "Prompt of shot 1"), "z", { ctrlKey: true });
    await chord(/** @type {Element} */ (cards(el)[1]), "z", { ctrlKey: true });
    await press(/** @type {Element} */ (cards(el)[1]), "Delete");
    expect(edits(model)).toEqual([
      { edit: "choose", shot: 0, take: 10 },
      { edit: "another", shot: 0 },
      { edit: "undo" },
      { edit: "remove", part: "shot0" },
    ]);
  });

  it("adds a shot once it says what it shows", async () => {
    const { model, el } = await shown("film=planned");
    button(el, "Add shot").click();
    await settle();
    const field = box(el, "Prompt of the new shot");
    expect(document.activeElement).toBe(field);
    await type(field, "A platform at night");
    await chord(field, "Enter", { ctrlKey: true });
    expect(edits(model)).toEqual([{ edit: "insert", value: "A platform at night", place: 6 }]);
    expect(el.querySelector('[aria-label="Prompt of the new shot"]')).toBeNull();
  });

  it("pays once for what is on the button, and never while an edit is on its way", async () => {
    const { model, el } = await shown("film=making");
    await settle();
    const make = button(el, "Make · $1.60");
    await vi.advanceTimersByTimeAsync(1000);
    make.click();
    make.click();
    await settle();
    const sent = model.sentOf("make").map(({ content }) => content);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ offer: "shot 3 and the one that continues it: $1.60", again: 0 });
    model.emit("msg:custom", { kind: "refused", command: "make", message: "budget: these cost $1.60, and $1.00 is left." });
    await settle();
    expect(el.querySelector(".veo-board-foot [role=alert]")?.textContent).toContain("$1.00 is left");
    expect(el.querySelectorAll("[role=progressbar]")).toHaveLength(2);
  });
});

describe("the film that is played through", () => {
  /** @param {number} sample @param {number} seconds */
  const made = (sample, seconds) => /** @type {any} */ (clip({ sample, seconds }));
  const spans = (/** @type {any[]} */ parts, /** @type {Record<string, any>} */ clips) => reelParts(parts, clips).map(({ clip: one, from, to }) => [one?.sample ?? null, from, to]);

  it("shows of each clip what is not trimmed, and a card and a blank for as long as they are", () => {
    const card = { id: "card0", text: "The train", seconds: 3, background: "#000000", ink: "#ffffff", fade: 0, dip: 0 };
    expect(spans([card, shot(0, { start: 0.5, end: 3 }), shot(1)], { 0: made(0, 8) })).toEqual([
      [null, 0, 3],
      [0, 0.5, 3],
      [null, 0, 8],
    ]);
  });

  it("shows the frame that a shot goes on from once, unless it is cut off or a card comes between", () => {
    const card = { id: "card0", text: "Later", seconds: 3, background: "#000000", ink: "#ffffff", fade: 0, dip: 0 };
    const next = { begins: "continue" };
    const clips = { 0: made(0, 8), 1: made(1, 8), 2: made(2, 8), 3: made(3, 8) };
    expect(spans([shot(0), shot(1, { ...next, end: 7 }), shot(2, next), card, shot(3, next)], clips)).toEqual([
      [0, 0, 8 - 1 / 24],
      [1, 0, 7],
      [2, 0, 8],
      [null, 0, 3],
      [3, 0, 8],
    ]);
  });

  it("shows a shot from the clip that extends it, where that has it at its beginning", () => {
    const shots = [shot(0), shot(1, { begins: "extend", seconds: 7 }), shot(4, { begins: "extend", seconds: 7, end: 20 })];
    expect(spans(shots, { 0: made(0, 8), 1: made(1, 15), 4: made(4, 22) })).toEqual([
      [4, 0, 8],
      [4, 8, 15],
      [4, 15, 20],
    ]);
    expect(spans(shots.slice(0, 2), { 0: made(0, 8), 1: made(1, 7) })).toEqual([
      [0, 0, 8],
      [1, 0, 7],
    ]);
  });
});
