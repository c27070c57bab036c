/**
 * Clocks: the kernel's, the browser's, and how a duration reads.
 *
 * @import { Job } from "./types.js"
 */

/** A state that is more than this behind the browser's clock is taken to be an old one, not a clock that is wrong. */
const STALE_MS = 5000;

/**
 * "0:07", "12:30", "1:02:03".
 *
 * @param {number} seconds
 */
export function clockText(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/**
 * A duration in words for a screen reader: "1 minute 5 seconds".
 *
 * @param {number} seconds
 */
export function spokenTime(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const count = (/** @type {number} */ n, /** @type {string} */ unit) => (n === 1 ? `1 ${unit}` : `${n} ${unit}s`);
  const minutes = Math.floor(whole / 60);
  if (minutes === 0) return count(whole, "second");
  return whole % 60 === 0 ? count(minutes, "minute") : `${count(minutes, "minute")} ${count(whole % 60, "second")}`;
}

/**
 * The kernel's clock as seen from this browser.
 *
 * Every job that arrives says what time it was at the kernel. A message can only be late, never early, so of several
 * readings the largest difference is the truest. The state a reloaded page begins with may be old and is doubted.
 *
 * @param {() => number} [browserNow]  epoch milliseconds
 */
export function kernelClock(browserNow = Date.now) {
  /** @type {number|null} */
  let live = null;
  let first = 0;
  return {
    /** @param {number} sentAt */
    begin(sentAt) {
      const difference = sentAt - browserNow();
      // A saved page may be days old; then the two clocks are taken to agree.
      first = difference < -STALE_MS ? 0 : difference;
    },
    /** @param {number} sentAt */
    received(sentAt) {
      const difference = sentAt - browserNow();
      live = live === null ? difference : Math.max(live, difference);
    },
    now: () => browserNow() + (live ?? first),
  };
}

/** @typedef {ReturnType<typeof kernelClock>} KernelClock */

/** When a job was sent off. @param {Pick<Job, "created_at"|"submitted_at">} job */
export const sentAt = ({ submitted_at, created_at }) => submitted_at ?? created_at;

/**
 * Seconds since the job was sent off: to its end when it has ended, else to `now`.
 *
 * @param {Pick<Job, "created_at"|"submitted_at"|"finished_at">} job
 * @param {number} now
 */
export function elapsedSeconds(job, now) {
  return Math.max(0, ((job.finished_at ?? now) - sentAt(job)) / 1000);
}
