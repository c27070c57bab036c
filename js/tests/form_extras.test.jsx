/** Models of one's own, and parameters and names that no list of ours has. */
import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import form from "../src/form.jsx";
import { asCell, asPython } from "../src/form/as_code.js";
import { readValue, writeValue } from "../src/form/extras.js";
import { priceOf } from "../src/form/pricing.js";
import { modelOf } from "../src/form/rules.js";
import { button, emptyPage, press, settle, show } from "./show.js";

/** @import { Extra, Schema, Values } from "../src/form/types.js" */

/** @type {{schema: Schema}[]} */
const TABLE = JSON.parse(readFileSync("tests/agreement.json", "utf8"));
/** What the form of a server of one's own is drawn from. */
const server = /** @type {Schema} */ (TABLE[4]?.schema);
const WAN = "Wan-AI/Wan2.2-T2V-A14B";
/** @type {Extra[]} */
const LEARNED = [
  { name: "fps", kind: "integer", minimum: 1, default: 16 },
  { name: "quality", kind: "choice", choices: ["low", "high"] },
];
const page = emptyPage();

/** @param {Values} values @param {Partial<Schema>} [said] */
async function shown(values, said = {}) {
  const draft = { values: { prompt: "A cat", ...values }, at: 0, by: "", locked: false, given: {} };
  const { model, el } = await show(form, { schema: { ...server, ...said }, draft, budget: { left: 5 }, variables: {}, place: "p" }, page.ended.signal);
  return { model, el, generate: () => /** @type {HTMLButtonElement} */ (el.querySelector(".veo-generate")) };
}

/** @param {HTMLElement} el @param {string} parameter */
const field = (el, parameter) => /** @type {HTMLElement} */ (el.querySelector(`[data-parameter="${parameter}"]`));
/** @param {HTMLElement} el @param {string} parameter @param {string} [kind] */
const input = (el, parameter, kind = "input[type=text]") => /** @type {HTMLInputElement} */ (field(el, parameter).querySelector(kind));

/** @param {HTMLInputElement} target @param {string} text */
async function type(target, text) {
  for (let at = 1; at <= text.length; at++) {
    target.value = text.slice(0, at);
    target.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
  }
}

/** @param {Element} target @param {string} kind */
async function fire(target, kind) {
  target.dispatchEvent(new Event(kind, { bubbles: true }));
  await settle();
}

/** @param {Awaited<ReturnType<typeof shown>>} form */
async function sent({ model, generate }) {
  generate().click();
  await settle();
  return model.sentOf("generate").at(-1)?.content.draft.values;
}

describe("a model of one's own", () => {
  it("has a field for each of its parameters, and sends what was said of them", async () => {
    const made = await shown({ model: WAN });
    const { el, generate } = made;
    expect(generate().textContent).toBe("Generatefree");
    expect(el.textContent).toContain("no budget is touched");
    expect(input(el, "extra.guidance_scale").placeholder).toBe("default: 5");
    expect(field(el, "extra.guidance_scale").querySelector("label")?.title).toContain("How closely the clip follows");
    await type(input(el, "extra.guidance_scale"), "1.05");
    const slider = input(el, "extra.num_inference_steps", "input[type=range]");
    slider.value = "30";
    await fire(slider, "input");
    const sampler = /** @type {any} */ (input(el, "extra.sampler", "select"));
    sampler.value = "0";
    await fire(sampler, "change");
    input(el, "extra.enable_teacache", "input[role=switch]").click();
    await settle();
    await type(input(el, "extra.lora"), "7");
    expect((await sent(made)).extra).toEqual({ guidance_scale: 1.05, num_inference_steps: 30, sampler: "euler", enable_teacache: true, lora: "7" });
  });

  it("takes one of its sizes", async () => {
    const made = await shown({ model: WAN });
    const sizes = /** @type {any} */ (input(made.el, "size", "select"));
    expect([...sizes.options].map(({ value }) => value)).toEqual(["832x480", "480x832", "1280x720"]);
    sizes.value = "1280x720";
    await fire(sizes, "change");
    expect(await sent(made)).toMatchObject({ aspect_ratio: "16:9", resolution: "720p" });
    expect(sizes.value).toBe("1280x720");
    sizes.value = "480x832";
    await fire(sizes, "change");
    await vi.advanceTimersByTimeAsync(2000);
    const values = made.model.sentOf("draft").at(-1)?.content.draft.values;
    expect([values.size, values.aspect_ratio, values.resolution]).toEqual(["480x832", undefined, undefined]);
  });

  it("keeps what cannot be sent as it was typed, says why, and sends nothing", async () => {
    const { el, model, generate } = await shown({ model: WAN, extra: { guidance_scale: 70, num_inference_steps: "many", sampler: "heun", lora: ["a"] } });
    generate().click();
    expect(model.sentOf("generate")).toHaveLength(0);
    expect(input(el, "extra.num_inference_steps").value).toBe("many");
    const faults = ["guidance_scale", "num_inference_steps", "sampler", "lora"].map((name) => field(el, `extra.${name}`).querySelector(".veo-field-fault")?.textContent);
    expect(faults).toEqual(["A number 1 to 20", "A whole number 1 to 100", "One of euler, unipc", "A text"]);
  });

  it("shows what belongs to another model, at a price that nobody knows", async () => {
    const made = await shown({ model: "clip-maker", extra: { guidance_scale: 7 } });
    const { el, generate } = made;
    expect(field(el, "extra.guidance_scale").textContent).toContain("not of this model");
    expect(generate().textContent).toContain("price unknown");
    button(field(el, "extra.guidance_scale"), "Remove").click();
    await settle();
    expect(field(el, "extra.guidance_scale")).toBeNull();
    expect(generate().textContent).toContain("$0.40");
  });

  it("is priced for each clip or each second, and not where its length is unknown", () => {
    expect(priceOf(server, { model: "clip-maker", samples: 3, duration_seconds: 9 }).usd).toBe(1.2);
    expect(priceOf(server, { model: "second-maker", duration_seconds: 8 }).usd).toBe(0.4);
    expect(priceOf(server, { model: "plain" }).usd).toBeNull();
    expect(priceOf(server, { model: WAN, extra: { whatever: 1 } }).usd).toBe(0);
  });
});

describe("a model that nobody has described", () => {
  it("takes any parameter by its name", async () => {
    const made = await shown({ model: "ltx", seed: 7 });
    const { el } = made;
    const add = input(el, "extra");
    await type(add, "fps=24");
    await press(add, "Enter");
    expect(add.value).toBe("");
    expect(document.activeElement).toBe(input(el, "extra.fps"));
    await type(add, "opts");
    await press(add, "Enter");
    await type(input(el, "extra.opts"), '{"a": [1, null]}');
    expect(field(el, "extra.opts").textContent).toContain("object");
    expect((await sent(made)).extra).toEqual({ fps: 24, opts: { a: [1, null] } });
  });

  it("keeps a field whose text was taken out until it is removed", async () => {
    const { el } = await shown({ model: "ltx", extra: { fps: 24, shift: 3 } });
    input(el, "extra.fps").value = "";
    await fire(input(el, "extra.fps"), "input");
    const names = [...el.querySelectorAll("[data-parameter^='extra.']")].map((one) => one.getAttribute("data-parameter"));
    expect(names).toEqual(["extra.fps", "extra.shift"]);
  });

  it.each(["seed", "seconds", "model", "a..b"])("has no field for what is none: %s", async (name) => {
    const { el } = await shown({ model: "ltx", seed: 7 });
    const add = input(el, "extra");
    add.value = name;
    await fire(add, "input");
    await press(add, "Enter");
    expect(field(el, "extra").querySelector(".veo-field-fault")?.textContent).toContain(name);
    expect(field(el, `extra.${name}`)).toBeNull();
  });

  it("offers the parameters that the server names, and reads them as it says", async () => {
    const made = await shown({ model: "ltx", seed: 7 }, { learned: LEARNED });
    const { el } = made;
    expect(field(el, "extra").textContent).toContain("2 named by the server");
    const add = input(el, "extra");
    await fire(add, "mousedown");
    expect([...field(el, "extra").querySelectorAll("[role=option]")].map((one) => one.textContent)).toEqual(["fpsinteger", "qualitychoice"]);
    await press(add, "ArrowDown");
    await press(add, "Enter");
    await type(input(el, "extra.fps"), "0");
    expect(field(el, "extra.fps").textContent).toContain("A whole number at least 1");
    await type(input(el, "extra.fps"), "24");
    expect((await sent(made)).extra).toEqual({ fps: 24 });
  });

  it("takes any size, ratio and length, and says what is none", async () => {
    const made = await shown({ model: "ltx" });
    const { el } = made;
    for (const [name, text] of [["size", "832 × 480"], ["duration_seconds", "2.5 s"]]) {
      const target = input(el, /** @type {string} */ (name));
      target.value = /** @type {string} */ (text);
      await fire(target, "input");
      await fire(target, "blur");
    }
    expect(await sent(made)).toMatchObject({ size: "832x480", duration_seconds: 2.5 });
    const ratio = input(el, "aspect_ratio");
    ratio.value = "21:9";
    await fire(ratio, "input");
    await press(ratio, "Enter");
    await vi.advanceTimersByTimeAsync(2000);
    expect(made.model.sentOf("draft").at(-1)?.content.draft.values).toMatchObject({ aspect_ratio: "21:9" });
    expect(input(el, "size").value).toBe("");
    const size = input(el, "size");
    size.value = "480p";
    await fire(size, "input");
    await fire(size, "blur");
    await vi.advanceTimersByTimeAsync(2000);
    expect(made.model.sentOf("draft").at(-1)?.content.draft.values).toMatchObject({ aspect_ratio: "21:9", resolution: "480p" });
  });

  it("is found among the server's by a few letters, or named freely", async () => {
    const { el, model } = await shown({}, { offered: ["ltx-video", "tencent/hunyuan"], learned: LEARNED });
    const names = input(el, "model");
    expect(names.placeholder).toContain("one of the 2");
    await type(names, "hun");
    expect([...field(el, "model").querySelectorAll("[role=option]")].map((one) => one.textContent)).toEqual(["tencent/hunyuanat the server"]);
    await press(names, "ArrowDown");
    expect(names.getAttribute("aria-activedescendant")).toBe(field(el, "model").querySelector("[role=option]")?.id);
    await press(names, "Enter");
    expect(names.value).toBe("tencent/hunyuan");
    await type(names, "team/anything");
    await press(names, "Escape");
    await fire(names, "blur");
    await vi.advanceTimersByTimeAsync(2000);
    expect(model.sentOf("draft").at(-1)?.content.draft.values.model).toBe("team/anything");
  });

  it("has to be chosen where the server has several, and is the only one where it has one", async () => {
    const several = await shown({}, { offered: ["a", "b"] });
    several.generate().click();
    await settle();
    expect(several.model.sentOf("generate")).toHaveLength(0);
    expect(field(several.el, "model").textContent).toContain("Choose one of the server's models.");
    expect(modelOf({ ...server, default_model: "a" }, {}).id).toBe("a");
  });

  it("is drawn anew when the server has said what it has", async () => {
    const { el, model } = await shown({ seed: 7 });
    model.set("schema", { ...server, learned: LEARNED, offered: ["ltx", "wan"] });
    await settle();
    expect(field(el, "extra").textContent).toContain("2 named by the server");
  });
});

it.each(
  /** @type {[string, unknown][]} */ ([
    ["5", 5],
    ["5.", "5."],
    ["true", true],
    ["null", null],
    ['"5"', "5"],
    ["[1, 2", "[1, 2"],
    ["a b", "a b"],
    ["1e999", "1e999"],
    ["12345678901234567890", "12345678901234567890"],
    ["  ", undefined],
  ]),
)("reads %s as a line of the command would", (text, value) => {
  expect(readValue(text)).toEqual(value);
  expect(readValue(writeValue(value))).toEqual(value);
});

it("stands in the code that asks for the same, whatever its model", () => {
  const values = { prompt: "A cat", model: "ltx", extra: { fps: 24, loop: true, note: "{x} $y", opts: { a: [1, null] } } };
  expect(asPython(server, values)).toContain('    extra={"fps": 24, "loop": True, "note": "{x} $y", "opts": {"a": [1, None]}},\n');
  expect(asCell(server, values)).toContain('--extra fps=24 --extra loop=true --extra "note={{x}} $$y" --extra "opts={{\\"a\\":[1,null]}}"');
});
