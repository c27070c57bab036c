import { render } from "preact";
import { expect, it } from "vitest";
import { BoardCast } from "../src/storyboard/cast.jsx";
import { TextBox } from "../src/storyboard/fields.jsx";
import { emptyPage, press, settle } from "./show.js";

emptyPage();

const CAST = ["Leo", "Mia"].map((name) => ({ name, text: "red scarf", images: 0, face: "" }));
const HINT = "Click into a prompt, then on a face to write its name there.";

/** A board of prompts, as far as its cast sees it. @param {string[]} [shots] */
async function board(shots = ["A cat", "A dog"]) {
  /** @type {[string, string][]} */
  const saved = [];
  const el = document.body.appendChild(document.createElement("div"));
  const save = (/** @type {string} */ label) => (/** @type {string} */ text) => void saved.push([label, text]);
  const draw = (/** @type {string[]} */ prompts) =>
    render(
      <article class="veo-board">
        <BoardCast cast={CAST} />
        {prompts.map((prompt, n) => (
          <li key={prompt} data-part={prompt}>
            <TextBox name="prompt" label={`Prompt of shot ${n + 1}`} value={prompt} save={save(prompt)} />
          </li>
        ))}
        <TextBox name="prompt" label="Prompt of the new shot" value="" save={save("new")} />
        <TextBox label="Captions" value="" save={save("captions")} />
        <button type="button">Make</button>
      </article>,
      el,
    );
  draw(shots);
  await settle();
  const field = (/** @type {string} */ label) => /** @type {HTMLTextAreaElement} */ (el.querySelector(`[aria-label="${label}"]`));
  const face = (/** @type {number} */ n) => /** @type {HTMLElement} */ (el.querySelectorAll(".veo-face")[n]);
  const hint = () => el.querySelector(".veo-hint")?.textContent;
  return { el, draw, saved, field, face, hint };
}

/** Go from field to field, as browsers tell of it. @param {HTMLElement} from @param {HTMLElement} to */
async function go(from, to) {
  from.dispatchEvent(new FocusEvent("blur", { relatedTarget: to }));
  from.dispatchEvent(new FocusEvent("focusout", { relatedTarget: to, bubbles: true }));
  to.dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
  await settle();
}

/** @param {HTMLTextAreaElement} field @param {string} text @param {number} [at] */
async function write(field, text, at = text.length) {
  field.dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
  field.value = text;
  field.setSelectionRange(at, at);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
}

it("writes where the cursor was last, and saves that as one edit with what was typed before", async () => {
  const { field, face, saved, hint } = await board();
  expect(hint()).toBe(HINT);
  await write(field("Prompt of shot 1"), "A cat");
  const second = field("Prompt of shot 2");
  await write(second, "A dog and  run", 10);
  expect(hint()).toBe("A face writes its name into the prompt of shot 2.");
  await go(second, face(1));
  expect(saved).toEqual([]);
  face(1).click();
  await settle();
  expect(second.value).toBe("A dog and @Mia run");
  expect(saved).toEqual([["A dog", "A dog and @Mia run"]]);
});

it("writes by keys too, and into no prompt while there was none", async () => {
  const { field, face, saved } = await board();
  await press(face(0), "Enter");
  expect(saved).toEqual([]);
  await write(field("Prompt of shot 1"), "A cat");
  await press(face(0), "Enter");
  expect(saved).toEqual([["A cat", "A cat @Leo "]]);
});

it("leaves a new shot open for the rest of its words", async () => {
  const { field, face, saved } = await board();
  const fresh = field("Prompt of the new shot");
  await write(fresh, "At sea");
  await go(fresh, face(1));
  face(1).click();
  await settle();
  expect(fresh.value).toBe("At sea @Mia ");
  expect(saved).toEqual([]);
});

it("saves what was typed when neither a face nor the prompt is gone to", async () => {
  const { el, field, face, saved } = await board();
  const first = field("Prompt of shot 1");
  await write(first, "A cow");
  await go(first, face(0));
  await go(face(0), face(1));
  expect(saved).toEqual([]);
  await go(face(1), /** @type {HTMLElement} */ (el.querySelector("button")));
  expect(saved).toEqual([["A cat", "A cow"]]);
});

it("takes other fields for no prompts, and follows a shot that is moved or removed", async () => {
  const { draw, field, hint } = await board();
  await write(field("Captions"), "Hello");
  expect(hint()).toBe(HINT);
  await write(field("Prompt of shot 1"), "A cat");
  draw(["A dog", "A cat"]);
  await settle();
  expect(hint()).toContain("prompt of shot 2");
  draw(["A dog"]);
  await settle();
  expect(hint()).toBe(HINT);
});

it("completes a name in whichever prompt it is begun, and leaves no trace in the one before", async () => {
  const { field } = await board();
  const [first, second] = [field("Prompt of shot 1"), field("Prompt of shot 2")];
  first.dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
  await settle();
  await write(first, "A cat and @m");
  expect(first.hasAttribute("aria-activedescendant")).toBe(true);
  await go(first, second);
  expect(first.hasAttribute("aria-activedescendant")).toBe(false);
  await write(second, "A dog and @l");
  await press(second, "Enter");
  expect(second.value).toBe("A dog and @Leo ");
});
