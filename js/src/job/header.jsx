/**
 * The line above the picture: how the job stands, who makes it, what it costs.
 *
 * @import { Job } from "../kernel/types.js"
 */
import { clockText, elapsedSeconds } from "../kernel/time.js";
import { isLive, stateText } from "../ui/words.js";
import { PriceTag } from "../clip/request.jsx";

/** @param {{job: Job}} props */
function Badge({ job }) {
  if (!job.emulator) return job.provider ? <span class="veo-badge">{job.provider}</span> : null;
  return (
    <span class="veo-badge veo-badge-emulator" title="This clip comes from the emulator; nothing is charged">
      EMULATOR<span class="veo-wide"> · nothing is charged</span>
    </span>
  );
}

/** @param {{job: Job}} props */
export function JobHeader({ job }) {
  const tone = isLive(job) && !job.watching ? "resting" : job.state;
  const took = job.state === "succeeded" && job.finished_at !== null ? elapsedSeconds(job, job.finished_at) : null;
  // The badge says already that nothing is charged.
  const price = job.emulator ? { ...job.price, note: job.price.note?.replace(/;.*/, "") ?? null } : job.price;
  return (
    <header class="veo-header">
      <span class={`veo-pill veo-tone-${tone}`}>
        {stateText(job)}
        {took === null ? null : <span class="veo-hint">in {clockText(took)}</span>}
      </span>
      <Badge job={job} />
      <PriceTag price={price} />
    </header>
  );
}
