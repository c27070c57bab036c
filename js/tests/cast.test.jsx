import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import form from "../src/form.jsx";
import panels from "../src/panels.jsx";
import { emptyPage, press, settle, show } from "./show.js";

const schema = JSON.parse(readFileSync("tests/agreement.json", "utf8"))[1].schema;
const page = emptyPage();

const one = (/** @type {string} */ name, images = 0) => ({ name, text: "red scarf", images, face: images ? "data:image/jpeg;base64,AAAA" : "" });
const CAST = [one("Leo"), one("Mia", 2), one("Mia2", 1), one("Zoë")];

/** A form whose prompt says this. @param {string} prompt @param {object[]} [cast] @param {string[]} [remarks] */
async function formWith(prompt, cast = CAST, remarks = []) {
  const draft = { values: { prompt }, at: 1, by: "", locked: false, given: {} };
  const made = await show(() => form({ program: async () => panels }), { schema, draft, budget: {}, variables: {}, cast, remarks, place: "p" }, page.ended.signal);
  for (const { content } of made.model.sentOf("panels")) made.model.emit("msg:custom", { kind: content.kind, code: "the panels" });
  await settle();
  const field = /** @type {HTMLTextAreaElement} */ (made.el.querySelector("textarea"));
  return { ...made, field, faces: () => /** @type {HTMLElement[]} */ ([...made.el.querySelectorAll(".veo-face")]) };
}

/** Write at the end, as a keyboard does. @param {HTMLTextAreaElement} field @param {string} text */
async function type(field, text) {
  field.focus();
  field.value += text;
  field.setSelectionRange(field.value.length, field.value.length);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
}

const chosen = (/** @type {HTMLElement[]} */ faces) => faces.filter((face) => face.getAttribute("aria-selected") === "true").map(({ title }) => title.split(" · ")[0]);

describe("the shelf of the cast", () => {
  it("is there when there is a cast, with faces, words and remarks", async () => {
    const { model, el, faces } = await formWith("@Mia", CAST, ["It takes no references, so @Mia is described in words only."]);
    expect(faces().map(({ title }) => title)).toEqual(["@Leo · red scarf", "@Mia · red scarf · 2 images", "@Mia2 · red scarf · 1 image", "@Zoë · red scarf"]);
    expect(el.querySelectorAll(".veo-face img").length).toBe(2);
    expect(el.querySelector(".veo-cast [role=status]")?.textContent).toContain("in words only");
    model.set("cast", []);
    await settle();
    expect(faces()).toEqual([]);
  });

  it.each([
    ["", 0, "@Mia "],
    ["feeds a cat", 0, "@Mia feeds a cat"],
    ["A cat and", 9, "A cat and @Mia "],
    ["A cat, .", 7, "A cat, @Mia."],
    ["A cat and @Mi runs", 13, "A cat and @Mia runs"],
    ["ann@M", 5, "ann@M @Mia "],
  ])("puts a name into %j at %i", async (text, at, said) => {
    const { field, faces } = await formWith(text);
    field.setSelectionRange(at, at);
    faces()[1]?.click();
    await settle();
    expect(field.value).toBe(said);
    expect(document.activeElement).toBe(field);
  });

  it("gives its names to whoever drags them", async () => {
    const { faces } = await formWith("");
    const given = new Map();
    const event = Object.assign(new Event("dragstart", { bubbles: true }), { dataTransfer: { setData: (/** @type {string} */ type, /** @type {string} */ data) => given.set(type, data) } });
    faces()[1]?.dispatchEvent(event);
    expect([...given]).toEqual([["text/plain", "@Mia "]]);
    expect(faces()[1]?.getAttribute("draggable")).toBe("true");
  });
});

describe("names that are begun in the prompt", () => {
  it("are found, gone through and taken by keys", async () => {
    const { el, field, faces } = await formWith("A cat and ");
    await type(field, "@m");
    expect(chosen(faces())).toEqual(["@Mia"]);
    expect(field.getAttribute("aria-activedescendant")).toBe(faces()[1]?.id);
    expect(el.querySelector(".veo-faces")?.getAttribute("role")).toBe("listbox");
    await press(field, "ArrowDown");
    expect(chosen(faces())).toEqual(["@Mia2"]);
    await press(field, "ArrowDown");
    expect((await press(field, "Enter")).defaultPrevented).toBe(true);
    expect(field.value).toBe("A cat and @Mia ");
    expect(field.hasAttribute("aria-activedescendant")).toBe(false);
    expect((await press(field, "Enter")).defaultPrevented).toBe(false);
  });

  it("are left alone by Escape, outside of names, and when they are whole", async () => {
    const { field, faces } = await formWith("");
    await type(field, "@Z");
    expect(chosen(faces())).toEqual(["@Zoë"]);
    await press(field, "Escape");
    expect(chosen(faces())).toEqual([]);
    expect((await press(field, "Enter")).defaultPrevented).toBe(false);
    await type(field, "oë");
    expect(chosen(faces())).toEqual([]);
    await type(field, " ann@M");
    expect(chosen(faces())).toEqual([]);
    await type(field, " @nobody");
    expect(chosen(faces())).toEqual([]);
  });
});
