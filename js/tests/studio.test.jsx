import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import jobView from "../src/job_view.jsx";
import form from "../src/form.jsx";
import { studio } from "../src/studio.jsx";
import { FakeModel } from "./fake_model.js";
import { clip, job } from "./samples.js";
import { emptyPage } from "./show.js";

/** @import { Job } from "../src/kernel/types.js" */

const schema = JSON.parse(readFileSync("tests/agreement.json", "utf8"))[0].schema;
const page = emptyPage();

const settle = () => vi.advanceTimersByTimeAsync(120);

/** @param {Job[]} jobs */
async function show(...jobs) {
  const draft = { values: { prompt: "A cat" }, at: 0, by: "", locked: false, given: {} };
  const model = new FakeModel({ schema, draft, budget: {}, variables: {}, place: "p", chosen: "", card_code: "the code", form_code: "the form" });
  /** @type {string[]} */
  const codes = [];
  const parts = studio(async (code) => {
    if (code === "the form") return form;
    codes.push(code);
    return jobView;
  });
  parts.initialize({ model: /** @type {any} */ (model), signal: page.ended.signal });
  const el = document.body.appendChild(document.createElement("div"));
  parts.render({ model: /** @type {any} */ (model), el, signal: page.ended.signal });
  for (const one of jobs) model.emit("msg:custom", { kind: "job", job: one });
  await settle();
  return { model, el, codes };
}

/** @param {HTMLElement} el */
const rows = (el) => /** @type {HTMLElement[]} */ ([...el.querySelectorAll(".veo-job-row")]);

describe("the studio", () => {
  it("asks on render, and says what will be where nothing is yet", async () => {
    const { model, el } = await show();
    expect(model.sentOf("ready")).toHaveLength(1);
    expect(el.textContent).toContain("Clips appear here");
  });

  it("shows the newest job in full by its own widget's code, all of them as rows, newest first", async () => {
    const now = Date.now();
    const old = job("succeeded", { id: "old", prompt: "Old", created_at: now - 9000 });
    const { el, codes } = await show(old, job("running", { id: "new", prompt: "New", created_at: now }));
    expect(codes).toEqual(["the code"]);
    expect(el.querySelector(".veo-card-frame .veo-header")?.textContent).toContain("Generating");
    expect(rows(el).map((row) => row.querySelector(".veo-line")?.textContent)).toEqual(["New", "Old"]);
  });

  it("follows every job, and opens the one the kernel names", async () => {
    const now = Date.now();
    const { model, el } = await show(job("running", { id: "a", created_at: now }), job("filtered", { id: "b", created_at: now - 1 }));
    rows(el)[1]?.querySelector("button")?.click();
    expect(model.sentOf("select")[0]?.content.job).toBe("b");
    model.set("chosen", "b");
    await settle();
    expect(el.querySelector(".veo-card-frame")?.textContent).toContain("The safety filter withheld the clip");
    model.emit("msg:custom", { kind: "job", job: job("succeeded", { id: "a", created_at: now }) });
    await settle();
    expect(rows(el)[0]?.textContent).toContain("Done");
  });

  it("sends what a card says under the name of its job, and gives it the answers", async () => {
    const { model, el } = await show(job("running", { id: "a", created_at: 2 }), job("running", { id: "b", created_at: 1 }));
    const stop = [...el.querySelectorAll("button")].find(({ textContent }) => textContent === "Stop waiting");
    stop?.click();
    await settle();
    expect(model.sentOf("of-job").at(-1)?.content).toEqual({ kind: "of-job", job: "a", message: { kind: "stop", job: "a" } });
    const refusal = { kind: "refused", command: "stop", message: "That cannot be stopped." };
    model.emit("msg:custom", { kind: "of-job", job: "b", message: refusal });
    await settle();
    expect(el.textContent).not.toContain("cannot be stopped");
    model.emit("msg:custom", { kind: "of-job", job: "a", message: refusal });
    await settle();
    expect(el.querySelector(".veo-card-frame")?.textContent).toContain("That cannot be stopped.");
  });

  it("says once that the kernel is gone, and of its open job where that goes on", async () => {
    const { model, el } = await show(job("running", { id: "a", created_at: 2 }), job("failed", { id: "b", created_at: 1 }));
    model.onSend = () => {
      throw new Error("Cannot send");
    };
    rows(el)[1]?.querySelector("button")?.click();
    await settle();
    expect(el.querySelector(".veo-gone")?.textContent).toContain("Run the cell again; what you typed is kept.");
    expect(rows(el)[0]?.textContent).toContain("Not watching");
    expect(/** @type {HTMLButtonElement} */ (el.querySelector(".veo-generate")).disabled).toBe(true);
    const [stop] = [...el.querySelectorAll("button")].filter(({ textContent }) => textContent === "Stop waiting");
    stop?.click();
    await settle();
    expect(el.querySelector(".veo-card-frame .veo-gone")?.textContent).toContain("Job a is still running at the service");
  });

  it("counts down for a job that waits for quota", async () => {
    const held = job("submitting", { id: "a", held_back: true, next_poll_at: Date.now() + 34_000 });
    const { el } = await show(held, job("running", { id: "b", created_at: 1 }));
    expect(rows(el)[0]?.textContent).toContain("Waiting for quota");
    expect(rows(el)[0]?.textContent).toContain("is sent in 0:34");
  });

  it("fills the form from any job", async () => {
    const { model, el } = await show(job("failed", { id: "a" }), job("running", { id: "b", created_at: 1 }));
    /** @type {HTMLButtonElement|null|undefined} */ (rows(el)[0]?.querySelector('[aria-label^="Use these"]'))?.click();
    expect(model.sentOf("use")[0]?.content.job).toBe("a");
  });

  it("leaves no listener, timer or address behind, however often a job was drawn", async () => {
    const made = vi.spyOn(URL, "createObjectURL");
    const revoked = vi.spyOn(URL, "revokeObjectURL");
    const { model } = await show(job("succeeded", { id: "a", created_at: 2, clips: [clip()] }), job("running", { id: "b", created_at: 1 }));
    for (let n = 0; n < 50; n++) {
      model.set("chosen", n % 2 ? "a" : "b");
      await settle();
    }
    page.ended.abort();
    await settle();
    expect(model.listening).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(revoked).toHaveBeenCalledTimes(made.mock.results.length);
    vi.restoreAllMocks();
  });
});
