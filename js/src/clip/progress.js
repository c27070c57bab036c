/**
 * How far along a job probably is. The service tells nothing, so this is an estimate and looks like one.
 *
 * @import { Job, Typical } from "./types.js"
 */

const AT_LIKELY = 0.7;
const CEILING = 0.96;

/**
 * The share of the work that is probably done, from the time that jobs like this one take.
 *
 * Even up to the likeliest time, then ever slower towards a ceiling that it does not reach.
 *
 * @param {number} elapsed  seconds
 * @param {Typical} typical
 * @returns {number} 0 to 0.96
 */
export function estimate(elapsed, typical) {
  const likely = Math.max(1, typical.likely);
  if (elapsed <= likely) return (Math.max(0, elapsed) / likely) * AT_LIKELY;
  const tail = Math.max(1, typical.high - likely) / 2;
  return AT_LIKELY + (CEILING - AT_LIKELY) * (1 - Math.exp(-(elapsed - likely) / tail));
}

/**
 * The position of the bar for a job in any state. 1 only when there are clips.
 *
 * @param {Pick<Job, "state"|"typical"|"download">} job
 * @param {number} elapsed  seconds
 */
export function position(job, elapsed) {
  switch (job.state) {
    case "queued":
    case "running":
      return estimate(elapsed, job.typical);
    case "downloading": {
      const { received, total } = job.download ?? { received: 0, total: null };
      return CEILING + (total ? Math.min(1, received / total) * (0.99 - CEILING) : 0);
    }
    default:
      return job.state === "succeeded" ? 1 : 0;
  }
}
