/**
 * How far along a job is: as its service says, and where that says nothing, an estimate that looks like one.
 *
 * @import { Job, Pace, Typical } from "../kernel/types.js"
 */
import { sentAt } from "../kernel/time.js";

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
 * The share that is done at a moment after the service told one, if it goes on at that pace.
 *
 * @param {Pace} pace
 * @param {number} now  epoch milliseconds by the kernel's clock
 */
function paced({ share, at, ends_at }, now) {
  const gone = ends_at > at ? Math.min(1, Math.max(0, (now - at) / (ends_at - at))) : 1;
  return Math.min(CEILING, share + (1 - share) * gone);
}

/**
 * The position of the bar for a job in any state. 1 only when there are clips.
 *
 * @param {Pick<Job, "state"|"typical"|"download"|"pace"|"submitted_at"|"created_at">} job
 * @param {number} elapsed  seconds
 */
export function position(job, elapsed) {
  switch (job.state) {
    case "queued":
    case "running":
      return job.pace ? paced(job.pace, sentAt(job) + elapsed * 1000) : estimate(elapsed, job.typical);
    case "downloading": {
      const { received, total } = job.download ?? { received: 0, total: null };
      return CEILING + (total ? Math.min(1, received / total) * (0.99 - CEILING) : 0);
    }
    default:
      return job.state === "succeeded" ? 1 : 0;
  }
}
