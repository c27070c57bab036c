/**
 * The picture area. It has the clip's shape from the first moment, so nothing moves when the clip arrives.
 *
 * @import { ComponentChildren } from "preact"
 * @import { Job, JobState } from "../kernel/types.js"
 * @import { IconName } from "../ui/icons.jsx"
 */
import { clockText } from "../kernel/time.js";
import { downloadText, leftText, problemTitle, stateText, typicalText } from "../ui/words.js";
import { Icon } from "../ui/icons.jsx";

/**
 * @param {{shape: {width: number, height: number}, kind: string, children: ComponentChildren, backdrop?: string|null,
 *   frame?: ComponentChildren}} props
 */
export function Stage({ shape: { width, height }, kind, children, backdrop, frame }) {
  const ratio = width > 0 && height > 0 ? width / height : 16 / 9;
  const style = { "--veo-ratio": ratio.toFixed(5) };
  return (
    <div class={`veo-stage veo-stage-${kind}`} style={style}>
      {backdrop && ratio < 1 ? <img class="veo-backdrop" src={backdrop} alt="" /> : null}
      <div class="veo-frame">{frame}</div>
      {children}
    </div>
  );
}

/** @param {{job: Job, elapsed: number, live: boolean, now: number}} props */
export function WaitingStage({ job, elapsed, live, now }) {
  const left = job.held_back && live ? Math.max(0, ((job.next_poll_at ?? now) - now) / 1000) : null;
  return (
    <Stage shape={job} kind={live ? "waiting" : "resting"}>
      <div class="veo-over veo-status">
        <div class="veo-state">{stateText(job)}</div>
        <div class="veo-clock" role="timer" aria-live="off" aria-label={left === null ? "Time since the request was sent" : "Time until it is sent"}>
          {left === null ? clockText(elapsed) : clockText(Math.ceil(left))}
        </div>
        <div class="veo-hint">{waitingHint(job, live, now)}</div>
      </div>
    </Stage>
  );
}

/**
 * @param {Job} job
 * @param {boolean} live
 * @param {number} now
 */
function waitingHint(job, live, now) {
  if (job.held_back) return live ? "until it is sent" : "It was not sent. Resume waiting to send it.";
  if (!live) return job.can.resume ? "The job is still running at the service. Resume waiting to fetch its clip." : "";
  if (job.state === "downloading") return job.download ? downloadText(job.download) : "the clip is ready";
  return job.pace ? leftText(job.pace, now) : typicalText(job.typical);
}

/** @type {Partial<Record<JobState, IconName>>} */
const ICON = { filtered: "shield", unknown: "question", expired: "clock" };

/** @param {{job: Job}} props */
export function ProblemStage({ job }) {
  const problem = job.error;
  return (
    <Stage shape={job} kind={job.state}>
      <div class="veo-over veo-problem">
        <Icon name={ICON[job.state] ?? "warning"} />
        <div class="veo-title">{problem?.title || problemTitle(job.state)}</div>
        {problem?.message ? <p class="veo-message">{problem.message}</p> : null}
        {problem?.remedy ? <p class="veo-remedy">{problem.remedy}</p> : null}
        {problem?.charged ? <p class="veo-charged">{problem.charged}</p> : null}
      </div>
    </Stage>
  );
}
