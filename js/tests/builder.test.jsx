import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import form from "../src/form.jsx";
import panels from "../src/panels.jsx";
import { prose } from "../src/form/prose.js";
import { button, emptyPage, press, settle, show } from "./show.js";

const schema = JSON.parse(readFileSync("tests/agreement.json", "utf8"))[1].schema;
const page = emptyPage();

describe("the parts of a prompt as prose", () => {
  it.each([
    [{}, ""],
    [{ subject: "a cat" }, "A cat."],
    [{ subject: "A cat", action: "plays", setting: "In a sunny garden" }, "A cat plays in a sunny garden."],
    [{ subject: "A cat", setting: "A sunny garden" }, "A cat, a sunny garden."],
    [{ setting: "In a sunny garden" }, "In a sunny garden."],
    [{ subject: "a tram", camera: "low angle", style: "Claymation!" }, "A tram. Low angle. Claymation!"],
    [{ dialogue: "Girl: Careful, Mitsou!" }, "Girl says: “Careful, Mitsou!”"],
    [{ dialogue: "at last" }, "A voice says: “At last.”"],
    [{ dialogue: 'She whispers "wait"' }, 'She whispers "wait".'],
    [{ sound: "Bees" }, "We hear Bees."],
    [{ sound: "A distant bell" }, "We hear a distant bell."],
    [{ sound: "no music" }, "No music."],
    [{ subject: "{animal}", action: "asleep," }, "{animal} asleep."],
  ])("%o", (parts, text) => {
    expect(prose(parts)).toBe(text);
  });
});

const draft = (values = {}) => ({ values, at: 1, by: "", locked: false, given: {} });
/** A form whose kernel sends the code of its panels when it is asked. */
async function formWith(values = {}) {
  const made = await shown(values);
  made.model.onSend = ({ kind }) => kind === "panels" && made.model.emit("msg:custom", { kind, code: "the panels" });
  return made;
}
const shown = (/** @type {object} */ values) => show(() => form({ program: async () => panels }), { schema, draft: draft(values), budget: {}, variables: {}, place: "p" }, page.ended.signal);

/** @param {HTMLElement} el */
const prompt = (el) => el.querySelector("textarea")?.value;

/** @param {HTMLElement} el @param {string} name @returns {HTMLInputElement} */
function part(el, name) {
  const label = [...el.querySelectorAll(".veo-part label")].find(({ textContent }) => textContent === name);
  return /** @type {HTMLInputElement} */ (label?.nextElementSibling);
}

/** @param {HTMLElement} el @param {string} name @param {string} text */
async function say(el, name, text) {
  const input = part(el, name);
  input.focus();
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
}

describe("the builder", () => {
  it("writes the prompt while its parts are filled", async () => {
    const { el } = await formWith();
    button(el, "Builder").click();
    await settle();
    expect(document.activeElement).toBe(part(el, "Subject"));
    await say(el, "Subject", "A cat");
    await say(el, "Light", "golden hour");
    expect(prompt(el)).toBe("A cat. Golden hour.");
    await say(el, "Action", "sleeps");
    expect(prompt(el)).toBe("A cat sleeps. Golden hour.");
    await press(part(el, "Action"), "Escape");
    expect(el.querySelector(".veo-builder")).toBeNull();
    expect(document.activeElement).toBe(button(el, "Builder"));
  });

  it("never writes over what was typed by hand", async () => {
    const { el } = await formWith({ prompt: "A dog runs." });
    button(el, "Builder").click();
    await settle();
    await say(el, "Sound", "barking");
    expect(prompt(el)).toBe("A dog runs.");
    button(el, "Add these").click();
    await settle();
    expect(prompt(el)).toBe("A dog runs. We hear barking.");
    expect(part(el, "Sound").value).toBe("");
    await say(el, "Subject", "A cat");
    button(el, "Replace it").click();
    await settle();
    expect(prompt(el)).toBe("A cat.");
    await say(el, "Subject", "A cow");
    expect(prompt(el)).toBe("A cow.");
  });

  it("offers phrases, the user's own first, and keeps the parts", async () => {
    const { model, el } = await formWith();
    button(el, "Builder").click();
    await settle();
    await say(el, "Camera", "Whip pan");
    button(el, "Low angle").click();
    await settle();
    expect(prompt(el)).toBe("Whip pan, low angle.");
    button(el, "Generate").click();
    const { order } = model.sentOf("generate")[0]?.content ?? {};
    model.emit("msg:custom", { kind: "accepted", order, job: "j" });
    await settle();
    page.ended.abort();
    page.ended = new AbortController();
    const again = await formWith({ prompt: "Whip pan, low angle." });
    button(again.el, "Builder").click();
    await settle();
    part(again.el, "Camera").focus();
    await settle();
    expect(part(again.el, "Camera").value).toBe("Whip pan, low angle");
    expect(again.el.querySelector(".veo-phrases li")?.textContent).toBe("Whip pan, low angle");
  });
});
