/**
 * Words on screen: states, sizes, ranges.
 *
 * @import { Job, JobState, Pace, Typical } from "../kernel/types.js"
 */
import { AWAY } from "../kernel/link.js";
import { clockText } from "../kernel/time.js";

/** @type {Record<JobState, string>} */
const STATE = {
  submitting: "Sending",
  queued: "In the queue",
  running: "Generating",
  downloading: "Downloading",
  succeeded: "Done",
  filtered: "Withheld",
  failed: "Failed",
  expired: "Expired",
  unknown: "Not certain",
};

/** @type {Partial<Record<JobState, string>>} */
const PROBLEM = {
  filtered: "The clip was withheld",
  failed: "The clip was not made",
  expired: "The clip is no longer available",
  unknown: "The answer to the request was lost",
};

/** States in which something is still going to happen. */
const LIVE = new Set(["submitting", "queued", "running", "downloading"]);

/** @param {Pick<Job, "state">} job */
export const isLive = (job) => LIVE.has(job.state);

/**
 * The state in a word or two; a state this bundle has never heard of is shown as it came.
 *
 * @param {Pick<Job, "state"|"watching"|"held_back">} job
 */
export function stateText(job) {
  if (isLive(job) && !job.watching) return "Not watching";
  if (job.held_back) return "Waiting for quota";
  return STATE[job.state] ?? String(job.state);
}

/** @param {JobState} state */
export const problemTitle = (state) => PROBLEM[state] ?? "There is no clip";

/** @param {Typical} typical */
export function typicalText({ likely, guess }) {
  return guess ? "the first clip shows how long it takes" : `usually ${clockText(likely)}`;
}

/**
 * What the service's own account makes of the end.
 *
 * @param {Pace} pace
 * @param {number} now  epoch milliseconds by the kernel's clock
 */
export function leftText({ ends_at }, now) {
  const left = Math.ceil((ends_at - now) / 1000);
  return left > 0 ? `about ${clockText(left)} left` : "nearly done";
}

/**
 * "812 kB", "4.5 MB", "18.4 GB"; decimal units, as file managers and bills count.
 *
 * @param {number} bytes
 */
export function sizeText(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_500) return `${Math.round(bytes / 1000)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** @param {{received: number, total: number|null}} download */
export function downloadText({ received, total }) {
  return total ? `${sizeText(received)} of ${sizeText(total)}` : sizeText(received);
}

/**
 * When the service will be asked next.
 *
 * @param {Pick<Job, "state"|"watching"|"held_back"|"next_poll_at">} job
 * @param {number} now  epoch milliseconds by the kernel's clock
 */
export function nextLookText(job, now) {
  if (!job.watching || job.next_poll_at === null || job.state === "downloading") return "";
  const seconds = Math.ceil((job.next_poll_at - now) / 1000);
  if (job.held_back) return seconds > 0 ? `sends in ${clockText(seconds)}` : "sending …";
  return seconds > 0 ? `next look in ${seconds} s` : "looking …";
}

/**
 * The way back to a job whose kernel does not answer; running its cell again would pay again.
 *
 * @param {Partial<Job>|undefined} job
 * @param {boolean} gone  for good
 * @returns {{text: string, open: boolean}|undefined} open: it has not ended
 */
export function wayBack(job, gone) {
  if (!job?.state) return undefined;
  const open = isLive({ state: job.state }) || job.state === "unknown";
  if (!open) return { open, text: gone ? `The kernel is gone. %veo show ${job.id} shows this job again.` : AWAY };
  const stands = job.held_back ? "was not sent and costs nothing so far" : "is still running at the service";
  const way = job.held_back ? "%veo resume sends it" : "%veo resume fetches its clip";
  const [what, when] = gone ? ["The kernel is gone.", ""] : ["No connection to the kernel.", "if the kernel does not come back, "];
  return { open, text: `${what} Job ${job.id} ${stands}; ${when}${way}.` };
}
