/**
 * Jobs in every state, as Python sends them.
 *
 * @import { Cell, Clip, Job, JobState, Sequel } from "../src/kernel/types.js"
 */
const PROMPT = "A cat playing with a ball of yarn in a sunny garden, shallow depth of field, soft morning light";

/**
 * @param {Partial<Clip>} [change]
 * @returns {Clip}
 */
export function clip(change = {}) {
  const sample = change.sample ?? 0;
  return {
    sample,
    name: `2026-11-22_cat_k3f9_${sample}.mp4`,
    path: `veo_clips/2026-11-22_cat_k3f9_${sample}.mp4`,
    files_path: null,
    mime: "video/mp4",
    bytes: 1_234_567,
    seconds: 8,
    width: 1280,
    height: 720,
    fps: 24,
    has_audio: true,
    version: `${sample}18c5f1`,
    sha256: `${sample}9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a0`,
    poster: null,
    ...change,
  };
}

/** @type {Partial<Record<JobState, Job["error"]>>} */
const PROBLEMS = {
  failed: {
    title: "The service could not make the clip",
    message: "It answered INTERNAL: the video could not be generated at this time.",
    remedy: "Try again in a minute; the same request often works.",
    charged: "Nothing was charged for this attempt.",
  },
  filtered: {
    title: "The safety filter withheld the clip",
    message: "The prompt may go against the usage guidelines (support code 29310472: dangerous content).",
    remedy: "Say the scene in other words, or leave the person out.",
    charged: "Withheld clips are not charged.",
  },
  unknown: {
    title: "It is not certain that the job exists",
    message: "The connection broke after the request had left and before its answer came.",
    remedy: "Look at the list of operations before sending it again; a second request may be charged too.",
    charged: "This attempt may have been charged.",
  },
  expired: {
    title: "The clip is no longer at the service",
    message: "Clips are kept for two days there. This one was ready on 19 November and was never fetched.",
    remedy: "Generate it again, with the same seed if you like.",
    charged: "It was charged when it was made.",
  },
};

/**
 * @param {JobState} state
 * @param {Partial<Job>} [change]
 * @returns {Job}
 */
export function job(state, change = {}) {
  const now = change.now ?? Date.now();
  const live = ["submitting", "queued", "running", "downloading"].includes(state);
  const sent = state === "submitting" ? null : now - 12_000;
  return {
    version: 1,
    id: "k3f9x2ab",
    state,
    prompt: PROMPT,
    model: "veo-3.1-fast-generate-001",
    provider: "emulator",
    emulator: true,
    settings: [["Ratio", "16:9"], ["Resolution", "720p"], ["Length", "8 s"], ["Seed", "7"]],
    width: 1280,
    height: 720,
    price: { usd: 0.8, text: "$0.80", note: "on a real account; the emulator is free" },
    created_at: now - 12_400,
    submitted_at: sent,
    finished_at: live ? null : now,
    now,
    typical: { low: 11, likely: 60, high: 360 },
    held_back: false,
    watching: true,
    polls: 3,
    next_poll_at: state === "running" || state === "queued" ? now + 4000 : null,
    download: state === "downloading" ? { sample: 0, received: 1_200_000, total: 4_500_000 } : null,
    error: PROBLEMS[state] ?? null,
    notice: null,
    can: { stop: live && state !== "submitting", resume: false, cancel: false, retry: !live, look: state === "unknown", forget: state === "unknown" },
    retry_price: "$0.80",
    clips: state === "succeeded" ? [clip()] : [],
    saved_class: "veo-saved-k3f9x2ab",
    ...change,
  };
}

/**
 * @param {JobState} state
 * @param {Partial<Sequel>} [change]
 * @returns {Sequel}
 */
export function sequel(state, change = {}) {
  const { id: _, ...rest } = job(state, { prompt: "The cat falls asleep in the sun", clips: [] });
  return { ...rest, id: "m7q2w8er", verb: "extend", ...change };
}

/**
 * @param {number} sample
 * @param {Partial<Cell>} [change]
 * @returns {Cell}
 */
export function cell(sample, change = {}) {
  return {
    sample,
    values: { seed: sample + 1 },
    width: 1280,
    height: 720,
    planned: null,
    job: job("succeeded", { id: `job${sample}` }),
    made_from: null,
    ...change,
  };
}
