import { describe, expect, it, vi } from "vitest";
import batch from "../src/batch.jsx";
import { batchModel } from "./host_batch.js";
import { emptyPage, press, settle, show } from "./show.js";

const page = emptyPage();

/** A batch with the kernel of the page that plays one. @param {string} asked */
async function shown(asked) {
  const made = batchModel(new URLSearchParams(asked), () => {});
  const { model, el } = await show(batch, made.state, page.ended.signal);
  const again = made.onSend;
  made.emit = model.emit.bind(model);
  made.set = model.set.bind(model);
  model.onSend = again;
  // What was sent before somebody answered.
  for (const { content } of model.sentOf("find")) again(content);
  await settle();
  return { model, el };
}

/** @param {ParentNode} el */
const rows = (el) => /** @type {HTMLElement[]} */ ([...el.querySelectorAll(".veo-batch-body [role=row]")]);
/** @param {ParentNode} el @param {string} text */
const labelled = (el, text) => /** @type {HTMLButtonElement} */ ([...el.querySelectorAll("button")].find((one) => (one.getAttribute("aria-label") ?? one.textContent ?? "").trim().startsWith(text)));
/** @param {ParentNode} el @param {string} text */
const head = (el, text) => /** @type {HTMLElement} */ ([...el.querySelectorAll("[role=columnheader]")].find((one) => one.textContent?.startsWith(text)));

/** Press what costs money, as somebody does who has looked at it. @param {HTMLElement} button */
async function click(button) {
  await vi.advanceTimersByTimeAsync(1200);
  button.click();
  await settle();
}

describe("the table of a batch", () => {
  it("has of thousands of rows only a few in the page", async () => {
    const { el } = await shown("rows=5000&batch=new");
    expect(el.querySelector("[role=grid]")?.getAttribute("aria-rowcount")).toBe("5001");
    expect(rows(el).length).toBeGreaterThan(0);
    expect(rows(el).length).toBeLessThan(30);
  });

  it("sorts by a click on a head, and the other way round by the next", async () => {
    const { model, el } = await shown("rows=12");
    const sorted = () => model.sentOf("find").at(-1)?.content.filters;
    for (const [down, order] of /** @type {const} */ ([[false, "ascending"], [true, "descending"]])) {
      head(el, "seed").querySelector("button")?.click();
      await settle();
      expect(sorted()).toMatchObject({ by: "own2", down });
      expect(head(el, "seed").getAttribute("aria-sort")).toBe(order);
    }
    expect(head(el, "Row").getAttribute("aria-sort")).toBe("none");
    expect(rows(el)[0]?.textContent).toContain("9");
  });

  it("shows the rows of a state, and those that have the words", async () => {
    const { el } = await shown("rows=14");
    labelled(el, "Failed").click();
    await settle();
    expect(rows(el)).toHaveLength(4);
    const field = /** @type {HTMLInputElement} */ (el.querySelector("input[type=search]"));
    field.value = "29310472";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    expect(rows(el)).toHaveLength(2);
    expect(el.textContent).toContain("2 rows");
  });

  it("tells what trying again costs, and sends what it told, once", async () => {
    const { model, el } = await shown("rows=14");
    await click(labelled(el, "Retry the failed (4) · $1.60"));
    expect(model.sentOf("run")).toEqual([]);
    await click(labelled(el, "Confirm"));
    const [sent] = model.sentOf("run");
    expect(sent?.content).toEqual({ kind: "run", retry: 1, count: 4, request: expect.any(String) });
    expect(labelled(el, "Sending").disabled).toBe(true);
    model.emit("msg:custom", { kind: "refused", command: "run", message: "budget: $1.00 is left." });
    await settle();
    expect(el.querySelectorAll("[role=alert]")).toHaveLength(1);
    expect(el.querySelector("[role=alert]")?.textContent).toContain("$1.00 is left");
  });

  it("renders the starred rows that have no better clip yet", async () => {
    const { model, el } = await shown("rows=14");
    await click(labelled(el, "Render the starred"));
    await click(labelled(el, "Confirm"));
    expect(model.sentOf("render")[0]?.content.samples).toEqual([6]);
  });

  it("does by keys what its buttons do, and comes back from an open row", async () => {
    const { model, el } = await shown("rows=12");
    const first = /** @type {HTMLElement} */ (rows(el)[0]);
    first.focus();
    await press(first, "ArrowDown");
    const second = /** @type {HTMLElement} */ (document.activeElement);
    expect(second.dataset.row).toBe("row 2");
    await press(second, "s");
    expect(model.sentOf("star")[0]?.content).toEqual({ kind: "star", job: "job1", on: 0 });
    await press(second, "ArrowDown");
    await press(/** @type {HTMLElement} */ (document.activeElement), "Enter");
    await settle();
    const open = /** @type {HTMLElement} */ (el.querySelector(".veo-batch-open"));
    expect(open.textContent).toContain("The service could not make the clip");
    await press(open, "Escape");
    await settle();
    expect(/** @type {HTMLElement} */ (document.activeElement).dataset.row).toBe("row 3");
  });

  it("asks for each still once, and again for what had none after a change", async () => {
    const { model, el } = await shown("rows=5");
    const asked = () => model.sentOf("stills").flatMap(({ content }) => content.samples);
    expect(asked()).toEqual([0, 1, 3, 4]);
    rows(el)[0]?.focus();
    await settle();
    expect(asked()).toHaveLength(4);
    model.emit("msg:custom", { kind: "changed" });
    await settle();
    expect(asked()).toHaveLength(8);
  });

  it("offers nothing to send while it runs or rows are refused, and stops", async () => {
    const { el: refused } = await shown("rows=12&batch=refused");
    expect(labelled(refused, "Make")).toBeUndefined();
    expect(refused.textContent).toContain("Nothing can be sent: 2 rows break a rule.");
    const { model, el } = await shown("rows=12&batch=running");
    expect(labelled(el, "Make")).toBeUndefined();
    labelled(el, "Stop").click();
    expect(model.sentOf("stop")).toHaveLength(1);
  });
});
