/**
 * A cell that was run again: what is said of it, the question whether to pay again, and the takes before.
 *
 * @import { Job, Take } from "../lib/types.js"
 */
import { Icon } from "./icons.jsx";

/**
 * What this run did, or the one button that pays for another take: it asks by being there, so it asks once.
 *
 * @param {{job: Job, pending: string, again: () => void}} props
 */
export function RunRemark({ job, pending, again }) {
  if (!job.remark) return null;
  return (
    <div class="veo-remark veo-rerun" role="note">
      <span>{job.remark}</span>
      {job.asks ? (
        <button type="button" class="veo-primary" disabled={pending !== ""} onClick={again}>
          <Icon name="again" />
          {pending === "retry" ? "Sending …" : `${job.state === "unknown" ? "Send again" : "Generate again"} · ${job.asks.price}`}
        </button>
      ) : null}
    </div>
  );
}

/**
 * Every take of the cell that has a clip, and the one that the card is about.
 *
 * @param {{takes: Take[], job: Job, shown: string, onPick: (id: string) => void}} props
 */
export function TakeStrip({ takes, job, shown, onPick }) {
  if (takes.length === 0) return null;
  const own = { id: job.id, number: job.take ?? 0, clips: job.clips };
  const all = [...takes, own].sort((one, other) => one.number - other.number);
  return (
    <div class="veo-strip veo-takes" role="group" aria-label="Takes of this cell">
      {all.map(({ id, number, clips: [clip] }) => (
        <button key={id} type="button" class="veo-thumb" aria-pressed={id === shown} title={clip?.name ?? ""} onClick={() => onPick(id)}>
          {clip?.poster ? <img src={clip.poster} alt="" /> : null}
          <span>Take {number}</span>
        </button>
      ))}
    </div>
  );
}
