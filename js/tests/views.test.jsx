import { describe, expect, it, vi } from "vitest";
import jobView from "../src/job_view.jsx";
import player from "../src/player.jsx";
import { clip, job } from "./samples.js";
import { button, emptyPage, settle, show as showWidget } from "./show.js";

/** @import { Job, JobState } from "../src/kernel/types.js" */

const page = emptyPage();

/**
 * @param {Record<string, any>} state
 * @param {typeof jobView|typeof player} [widget]
 */
const show = (state, widget = jobView) => showWidget(widget, state, page.ended.signal);

/** @param {JobState} state @param {Partial<Job>} [change] */
const showJob = (state, change) => show({ job: job(state, change) });

describe("a job", () => {
  it.each(/** @type {[JobState, string][]} */ ([
    ["submitting", "Sending"],
    ["queued", "In the queue"],
    ["running", "usually 1:00"],
    ["downloading", "1.2 MB of 4.5 MB"],
    ["filtered", "The safety filter withheld the clip"],
    ["failed", "The service could not make the clip"],
    ["expired", "The clip is no longer at the service"],
    ["unknown", "It is not certain that the job exists"],
  ]))("that is %s says “%s”, its price and its prompt", async (state, text) => {
    const { el } = await showJob(state);
    expect(el.textContent).toContain(text);
    expect(el.textContent).toContain("$0.80");
    expect(el.textContent).toContain("A cat playing");
    expect(el.textContent).toContain("EMULATOR");
    expect(el.querySelector(`.veo-tone-${state}`)).not.toBeNull();
    const live = ["submitting", "queued", "running", "downloading"].includes(state);
    expect(el.querySelector("[role=progressbar]") !== null).toBe(live);
    expect(el.querySelector("video")).toBeNull();
  });

  it("that waits for quota counts down, and can be called off", async () => {
    const can = { stop: true, resume: false, cancel: true, retry: false, look: false, forget: false };
    const now = Date.now();
    const { el, model } = await showJob("submitting", { held_back: true, now, next_poll_at: now + 34_000, can });
    expect(el.querySelector("[role=timer]")?.textContent).toMatch(/^0:3[34]$/);
    expect(el.textContent).toContain("until it is sent");
    button(el, "Cancel").click();
    await settle();
    expect(model.sentOf("cancel")).toHaveLength(1);
    model.set("job", job("submitting", { held_back: true, watching: false, can }));
    await settle();
    expect(el.textContent).toContain("It was not sent.");
  });

  it("whose clip could not be had can be asked for again, at no cost and before anything that has one", async () => {
    const can = { stop: false, resume: false, cancel: false, retry: true, look: true, forget: false };
    const { el, model } = await showJob("failed", { can });
    expect([...el.querySelectorAll(".veo-actions button")].map((one) => [one.textContent, one.className])).toEqual([
      ["Fetch it again", "veo-primary"],
      ["Generate again · free", ""],
    ]);
    button(el, "Fetch it again").click();
    await settle();
    expect(model.sentOf("look")).toHaveLength(1);
  });

  it("whose answer was lost leaves the choice to people", async () => {
    const { el, model } = await showJob("unknown");
    expect([...el.querySelectorAll(".veo-actions button")].map((one) => one.textContent)).toEqual([
      "Look for it",
      "Forget it",
      "Send again · free",
    ]);
    button(el, "Look for it").click();
    await settle();
    expect(model.sentOf("look")).toHaveLength(1);
    model.emit("msg:custom", { kind: "refused", command: "look", message: "It keeps no list." });
    await settle();
    expect(el.textContent).toContain("It keeps no list.");
    button(el, "Forget it").click();
    await settle();
    expect(model.sentOf("forget")).toHaveLength(1);
  });

  it("that was run again asks once, with the price, and one click sends it", async () => {
    const remark = "This request was sent before, as job k3f9x2ab. Nothing was sent this time.";
    const { el, model } = await showJob("succeeded", { clips: [clip()], remark, asks: { price: "$0.40" } });
    expect(el.querySelector(".veo-rerun")?.textContent).toContain(remark);
    expect(model.sentOf("retry")).toHaveLength(0);
    button(el, "Generate again · $0.40").click();
    await settle();
    expect(button(el, "Sending …").disabled).toBe(true);
    button(el, "Sending …").click();
    expect(model.sentOf("retry")).toHaveLength(1);
    model.set("job", job("running", { id: "other", remark: null, asks: null }));
    await settle();
    expect(el.querySelector(".veo-rerun")).toBeNull();
  });

  it("keeps earlier takes, also while it runs", async () => {
    const takes = [{ id: "a", number: 1, clips: [clip({ sample: 1_001_000, name: "first.mp4" })] }];
    const { el } = await show({ job: job("running", { take: 2 }), takes });
    const strip = () => [...el.querySelectorAll(".veo-takes button")].map((one) => [one.textContent, one.getAttribute("aria-pressed")]);
    expect(strip()).toEqual([["Take 1", "false"], ["Take 2", "true"]]);
    expect(el.querySelector("video")).toBeNull();
    button(el, "Take 1").click();
    await settle();
    expect(strip()).toEqual([["Take 1", "true"], ["Take 2", "false"]]);
    expect(el.querySelector("video")).not.toBeNull();
    button(el, "Take 2").click();
    await settle();
    expect(el.querySelector("[role=progressbar]")).not.toBeNull();
  });

  it("shows all of a problem, in order", async () => {
    const { el } = await showJob("failed");
    const { title, message, remedy, charged } = /** @type {NonNullable<Job["error"]>} */ (job("failed").error);
    const places = [title, message, remedy, String(charged)].map((text) => el.textContent?.indexOf(text));
    expect(places).toEqual([...places].sort((a, b) => Number(a) - Number(b)));
    expect(places).not.toContain(-1);
  });

  it("asks the kernel on each render, and draws before it has a job", async () => {
    const { model, another, el } = await show({ job: {} });
    expect(el.textContent).toContain("Waiting for the kernel");
    await another();
    expect(model.sentOf("ready")).toHaveLength(2);
    model.set("job", job("running"));
    await settle();
    expect(el.textContent).toContain("Generating");
  });

  it("ticks by itself, by the kernel's clock, and stops with the job", async () => {
    const { model, el } = await showJob("running", { submitted_at: Date.now() - 5000 });
    expect(el.querySelector(".veo-clock")?.textContent).toBe("0:05");
    await vi.advanceTimersByTimeAsync(7000);
    expect(el.querySelector(".veo-clock")?.textContent).toBe("0:12");
    model.set("job", job("running", { now: Date.now() + 60_000, submitted_at: Date.now() - 12_000 }));
    await vi.advanceTimersByTimeAsync(250);
    expect(el.querySelector(".veo-clock")?.textContent).toBe("1:12");
    model.set("job", job("running", { watching: false, can: { stop: false, resume: true, cancel: false, retry: false, look: false, forget: false } }));
    await settle();
    const rest = el.querySelector(".veo-clock")?.textContent;
    await vi.advanceTimersByTimeAsync(5000);
    expect(el.querySelector(".veo-clock")?.textContent).toBe(rest);
    expect(el.textContent).toContain("Not watching");
  });

  it("speaks at most once in ten seconds", async () => {
    const { model, el } = await showJob("queued");
    const said = () => el.querySelector("[role=status]")?.textContent;
    expect(said()).toBe("In the queue");
    model.set("job", job("running"));
    await vi.advanceTimersByTimeAsync(3000);
    model.set("job", job("failed"));
    await vi.advanceTimersByTimeAsync(3000);
    expect(said()).toBe("In the queue");
    await vi.advanceTimersByTimeAsync(5000);
    expect(said()).toBe("The service could not make the clip");
  });

  it("never moves its bar back", async () => {
    const { model, el } = await showJob("running", { submitted_at: Date.now() - 60_000 });
    const at = () => Number(el.querySelector("[role=progressbar]")?.getAttribute("aria-valuenow"));
    expect(at()).toBe(70);
    model.set("job", job("running", { submitted_at: Date.now() - 1000 }));
    await settle();
    expect(at()).toBe(70);
  });
});

describe("commands", () => {
  it("are sent once, wait for an answer, and show a refusal", async () => {
    const { model, el } = await showJob("running");
    const stop = button(el, "Stop waiting");
    stop.click();
    await settle();
    stop.click();
    expect(model.sentOf("stop")).toHaveLength(1);
    model.emit("msg:custom", { kind: "refused", command: "stop", message: "The job has just ended." });
    await settle();
    expect(el.querySelector("[role=alert]")?.textContent).toContain("The job has just ended.");
    expect(button(el, "Stop waiting").disabled).toBe(false);
    button(el, "Dismiss").click();
    await settle();
    expect(el.querySelector("[role=alert]")).toBeNull();
  });

  it("offers only what can be done", async () => {
    const { model, el } = await showJob("queued", {
      watching: false,
      can: { stop: false, resume: true, cancel: true, retry: false, look: false, forget: false },
    });
    expect(() => button(el, "Stop waiting")).toThrow();
    button(el, "Resume waiting").click();
    expect(model.sentOf("resume")).toHaveLength(1);
    model.set("job", job("queued", { watching: true, can: { stop: true, resume: false, cancel: true, retry: false, look: false, forget: false } }));
    await settle();
    button(el, "Cancel").click();
    expect(model.sentOf("cancel")).toHaveLength(1);
  });

  it("brings a withheld request into the form, and says where there is none", async () => {
    const { model, el } = await showJob("filtered");
    button(el, "Edit prompt").click();
    await settle();
    expect(model.sentOf("use").map(({ content }) => content.job)).toEqual(["k3f9x2ab"]);
    expect(button(el, "Edit prompt").disabled).toBe(false);
    model.emit("msg:custom", { kind: "refused", command: "use", message: "form: this notebook shows none yet." });
    await settle();
    expect(el.querySelector(".veo-remark-bad")?.textContent).toContain("shows none yet");
    expect(() => button(/** @type {HTMLElement} */ (document.body), "Keep")).toThrow();
  });

  it("say what can still be saved of a job under way", async () => {
    const { model, el } = await showJob("running");
    expect(el.textContent).toContain("Stopping does not refund: the job keeps running at the service, and its clip can be fetched later.");
    model.set("job", job("running", { can: { stop: true, resume: false, cancel: true, retry: false, look: false, forget: false } }));
    await settle();
    expect(el.textContent).toContain("what it has charged by then may stay charged");
    model.set("job", job("submitting", { held_back: true }));
    await settle();
    expect(el.textContent).toContain("nothing is sent or charged");
  });

  it("asks again before it spends money", async () => {
    const { model, el } = await showJob("failed");
    button(el, "Generate again · free").click();
    await settle();
    expect(model.sentOf("retry")).toHaveLength(0);
    expect(el.textContent).toContain("Generate again · free?");
    expect(document.activeElement?.textContent).toBe("Cancel");
    button(el, "Cancel").click();
    await settle();
    expect(model.sentOf("retry")).toHaveLength(0);
    button(el, "Generate again").click();
    await settle();
    button(el, "Confirm").click();
    await settle();
    expect(model.sentOf("retry")).toHaveLength(1);
    expect(button(el, "Sending").disabled).toBe(true);
    // The same job drawn again, by another view of it say, is no answer.
    model.set("job", job("failed", { now: job("failed").now + 1000 }));
    await settle();
    expect(button(el, "Sending").disabled).toBe(true);
  });
});

describe("a finished job", () => {
  const clips = [clip(), clip({ sample: 1 }), clip({ sample: 2 })];

  it("turns into a player on the same stage", async () => {
    const { model, el } = await showJob("running");
    const shape = el.querySelector(".veo-stage")?.getAttribute("style");
    model.set("job", job("succeeded", { clips, notice: "1 of 4 clips was withheld by the safety filter" }));
    await settle();
    expect(el.querySelector(".veo-stage")?.getAttribute("style")).toBe(shape);
    expect(el.querySelectorAll(".veo-thumb")).toHaveLength(3);
    expect(el.textContent).toContain("1 of 4 clips was withheld");
    expect(model.sentOf("need-bytes").map(({ content }) => content.sample)).toEqual([0]);
    const video = /** @type {HTMLVideoElement} */ (el.querySelector("video"));
    expect([video.muted, video.loop]).toEqual([true, true]);
  });

  it("does not start by itself when it is only reopened", async () => {
    const { el } = await showJob("succeeded");
    const video = /** @type {HTMLVideoElement} */ (el.querySelector("video"));
    expect([video.muted, video.loop, video.paused]).toEqual([false, false, true]);
    expect(el.querySelector(".veo-big-play")).not.toBeNull();
  });

  it("fetches another sample when it is picked", async () => {
    const { model, el } = await showJob("succeeded", { clips });
    /** @type {HTMLElement} */ (el.querySelectorAll(".veo-thumb")[2]).click();
    await settle();
    expect(model.sentOf("need-bytes").map(({ content }) => content.sample)).toEqual([0, 2]);
    expect(el.querySelector("video")?.getAttribute("aria-label")).toContain("Clip 3");
  });

  it("tells everything about the clip", async () => {
    const { el } = await showJob("succeeded");
    button(el, "Details").click();
    await settle();
    const text = el.querySelector("dl")?.textContent;
    for (const fact of ["veo_clips/2026-11-22_cat_k3f9_0.mp4", "1.2 MB", "1280 × 720", "SHA-256", "veo-3.1-fast-generate-001", "$0.80"]) {
      expect(text).toContain(fact);
    }
  });

  it("tells what a clip's Content Credentials claim, and whether they hold", async () => {
    /** @type {[string, string][]} */
    const credentials = [["Content Credentials", "does not hold: the clip was changed"], ["Claims", "signed by <b>Meadow</b>"]];
    const { el } = await showJob("succeeded", { clips: clips.map((clip) => ({ ...clip, credentials })) });
    button(el, "Details").click();
    await settle();
    const rows = [...el.querySelectorAll("dl .veo-row")].map((row) => row.textContent);
    expect(rows.slice(-2)).toEqual(credentials.map((row) => row.join("")));
  });

  it("keeps plain keys from the notebook, and lets its shortcuts through", async () => {
    const { el } = await showJob("succeeded");
    const heard = vi.fn();
    document.addEventListener("keydown", heard, { signal: page.ended.signal });
    const section = /** @type {HTMLElement} */ (el.querySelector(".veo-player"));
    for (const key of ["d", " ", "ArrowRight", "Enter"]) section.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    expect(heard).not.toHaveBeenCalled();
    section.dispatchEvent(new KeyboardEvent("keydown", { key: "s", ctrlKey: true, bubbles: true }));
    expect(heard).toHaveBeenCalledOnce();
  });

  it("says where the file is when it cannot be played", async () => {
    const { model, el } = await showJob("succeeded", { clips: [clip({ bytes: 1 })] });
    const { request } = model.sentOf("need-bytes")[0]?.content ?? {};
    model.emit("msg:custom", { kind: "bytes", request, sample: 0, offset: 0, total: 1 }, [new DataView(new ArrayBuffer(1))]);
    await settle();
    const video = /** @type {HTMLVideoElement} */ (el.querySelector("video"));
    video.canPlayType = () => "";
    video.dispatchEvent(new Event("error"));
    await settle();
    expect(el.querySelector(".veo-blocked")?.textContent).toContain("no decoder for H.264");
    expect(el.querySelector(".veo-blocked")?.textContent).toContain("veo_clips/2026-11-22_cat_k3f9_0.mp4");
  });
});

describe("views", () => {
  it("hide the saved twin only under a name of the right form", async () => {
    const { model, el } = await showJob("running");
    expect(el.querySelector("style")?.textContent).toBe(
      ".veo-saved-k3f9x2ab,.jp-OutputArea-child:has(.veo-saved-k3f9x2ab){display:none!important}",
    );
    model.set("job", job("running", { saved_class: "veo-saved-x{}body" }));
    await settle();
    expect(el.querySelector("style")).toBeNull();
  });

  it.each(/** @type {[string, (model: any) => void][]} */ ([
    ["a message cannot be sent", (model) => void (model.onSend = () => { throw new Error("Cannot send"); })],
    ["the session says so", (model) => model.state.session.end()],
  ]))("say that the kernel is gone when %s, stop their clocks and switch their buttons off", async (_, end) => {
    const { model, el } = await showJob("running", { submitted_at: Date.now() - 5000 });
    end(model);
    button(el, "Stop waiting").click();
    await settle();
    expect(el.querySelector("[role=alert]")?.textContent).toContain("Job k3f9x2ab is still running at the service; %veo resume fetches its clip");
    expect([...el.querySelectorAll("button")].filter((one) => /waiting|Cancel/.test(one.textContent ?? "") && !one.disabled)).toEqual([]);
    const clock = el.querySelector(".veo-clock")?.textContent;
    await vi.advanceTimersByTimeAsync(5000);
    expect(el.querySelector(".veo-clock")?.textContent).toBe(clock);
    expect(el.querySelector("style")).toBeNull();
  });

  it("say that the connection is broken, with their buttons off, until it is there again", async () => {
    const { model, el } = await showJob("running", { submitted_at: Date.now() - 5000 });
    model.state.session.connection("connecting");
    await settle();
    expect(el.querySelector("[role=alert]")?.textContent).toBe(
      "No connection to the kernel. Job k3f9x2ab is still running at the service; if the kernel does not come back, %veo resume fetches its clip.",
    );
    expect(button(el, "Stop waiting").disabled).toBe(true);
    // The copy that was saved stays hidden: this view may go on.
    expect(el.querySelector("style")).not.toBeNull();
    model.state.session.connection("connected");
    await settle();
    expect(el.querySelector("[role=alert]")).toBeNull();
    expect(button(el, "Stop waiting").disabled).toBe(false);
    model.state.session.connection("connecting");
    model.state.session.end();
    await settle();
    expect(el.querySelector("[role=alert]")?.textContent).toContain("The kernel is gone. Job k3f9x2ab is still running at the service; %veo resume");
  });

  it.each(/** @type {[any, string][]} */ ([
    [{ held_back: true }, "Job k3f9x2ab was not sent and costs nothing so far; if the kernel does not come back, %veo resume sends it."],
    [{ state: "failed" }, "The buttons work again when it is back."],
  ]))("name the way back for a job that is %o", async (as, words) => {
    const { model, el } = await showJob("running", as);
    model.state.session.connection("connecting");
    await settle();
    expect(el.querySelector("[role=alert]")?.textContent).toBe(`No connection to the kernel. ${words}`);
  });

  it("of one model share its bytes and go one by one", async () => {
    const { model, another, el } = await showJob("succeeded");
    const second = new AbortController();
    const twin = await another(second.signal);
    expect(model.sentOf("need-bytes")).toHaveLength(1);
    second.abort();
    expect([twin.childElementCount, el.childElementCount]).toEqual([0, 1]);
  });

  it("leave nothing behind", async () => {
    const { model, el } = await showJob("running");
    expect(model.listening).toBeGreaterThan(0);
    page.ended.abort();
    await settle();
    expect([model.listening, el.childElementCount, vi.getTimerCount()]).toEqual([0, 0, 0]);
  });

  it("play clips on their own", async () => {
    const state = { clips: [clip()], prompt: "A cat", model: "veo-3.1", settings: [["Ratio", "16:9"]], saved_class: "" };
    const { model, el } = await show(state, player);
    expect(el.querySelector("video")).not.toBeNull();
    expect(el.textContent).toContain("veo-3.1");
    expect(model.sentOf("ready")).toHaveLength(1);
    model.set("clips", []);
    await settle();
    expect(el.textContent).toContain("There is no clip to play.");
  });
});
