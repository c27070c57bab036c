/**
 * The jobs of a studio: the chosen one in full, all of them as rows below it.
 *
 * @import { Job, Wire } from "../kernel/types.js"
 * @import { JobList, JobModel } from "../kernel/job_list.js"
 * @import { KernelClock } from "../kernel/time.js"
 */
import { useEffect, useRef } from "preact/hooks";
import { useNow, useTrait } from "../kernel/hooks.js";
import { unwatched, useSilent } from "../kernel/link.js";
import { position } from "../clip/progress.js";
import { send } from "../kernel/protocol.js";
import { useSubject } from "../kernel/redraw.js";
import { clockText, elapsedSeconds } from "../kernel/time.js";
import { isLive, stateText } from "../ui/words.js";
import { Icon, IconButton } from "../ui/icons.jsx";

/** @typedef {(how?: {alone: boolean}) => {initialize: (hook: any) => any, render: (hook: any) => any}} CardFactory */
/** @typedef {Wire & {get: (name: any) => any}} Model */

/** @param {{wire: Model, list: JobList, clock: KernelClock, loadCard: (code: string) => Promise<CardFactory>}} props */
export function StudioJobs({ wire, list, clock, loadCard }) {
  useSubject(list);
  /** @type {string} */
  const chosen = useTrait(wire, "chosen");
  const models = list.all;
  const open = models.find(({ job }) => job.id === chosen) ?? models[0];
  const silent = useSilent(wire);
  const now = useNow(clock, !silent && models.some(({ job }) => isLive(job) && job.watching));
  if (!open) return <div class="veo-card veo-empty veo-no-jobs">Clips appear here as soon as you start them.</div>;
  return (
    <>
      <CardFrame key={open.job.id} wire={wire} model={open} loadCard={loadCard} />
      {models.length > 1 && (
        <ul class="veo-card veo-rows" aria-label={`${models.length} jobs, newest first`}>
          {models.map(({ job }) => (
            <Row key={job.id} wire={wire} job={silent ? unwatched(job) : job} now={now} current={job.id === open.job.id} />
          ))}
        </ul>
      )}
    </>
  );
}

/**
 * The widget of one job, drawn by its own code.
 *
 * @param {{wire: Model, model: JobModel, loadCard: (code: string) => Promise<CardFactory>}} props
 */
function CardFrame({ wire, model, loadCard }) {
  /** @type {string} */
  const code = useTrait(wire, "card_code");
  const draw = async (/** @type {AbortSignal} */ signal) => {
    const parts = (await loadCard(code))();
    if (!signal.aborted) await parts.initialize({ model, signal });
    return parts;
  };
  const ratio = model.job.width > 0 ? model.job.width / model.job.height : 16 / 9;
  return <Framed key={code} class="veo-card-frame" style={{ "--veo-ratio": ratio.toFixed(5) }} model={model} parts={draw} />;
}

/**
 * A widget within this one.
 *
 * @param {{class: string, style?: Record<string, string>, model: any,
 *   parts: (signal: AbortSignal) => Promise<ReturnType<CardFactory>>, onDrawn?: () => void}} props
 */
export function Framed({ model, parts, onDrawn, ...rest }) {
  const frame = useRef(/** @type {HTMLDivElement|null} */ (null));
  useEffect(() => {
    const ended = new AbortController();
    const { signal } = ended;
    const draw = async () => {
      const made = await parts(signal);
      if (!signal.aborted) await made.render({ model, el: frame.current, signal });
    };
    void draw().finally(() => onDrawn?.());
    return () => ended.abort();
  }, [model]);
  return <div ref={frame} {...rest} />;
}

/** @param {{wire: Model, job: Job, now: number, current: boolean}} props */
function Row({ wire, job, now, current }) {
  const live = isLive(job);
  const tone = live && !job.watching ? "resting" : job.state;
  const poster = job.clips[0]?.poster;
  return (
    <li class={`veo-job-row ${current ? "veo-current" : ""}`}>
      <button type="button" class="veo-row-open" aria-current={current} onClick={() => send(wire, "select", { job: job.id })}>
        <span class="veo-row-picture" style={{ "--veo-row-ratio": `${job.width} / ${job.height}` }}>
          {poster ? <img src={poster} alt="" /> : <Icon name={live ? "clock" : job.clips.length > 0 ? "play" : "warning"} />}
        </span>
        <span class="veo-row-words">
          <span class="veo-line">{job.prompt}</span>
          <span class="veo-row-state">
            <span class={`veo-pill veo-tone-${tone}`}>{stateText(job)}</span>
            <span class="veo-hint veo-line">{rowText(job, now)}</span>
          </span>
        </span>
        <span class="veo-row-price">{job.emulator ? "free" : job.price.text}</span>
      </button>
      <IconButton icon="edit" label="Use these settings in the form" onClick={() => send(wire, "use", { job: job.id })} />
      {live && (
        <span class="veo-row-progress" aria-hidden="true">
          <span style={{ width: `${(position(job, elapsedSeconds(job, now)) * 100).toFixed(1)}%` }} />
        </span>
      )}
    </li>
  );
}

/** @param {Job} job @param {number} now */
function rowText(job, now) {
  if (job.held_back && job.watching) {
    const left = Math.ceil(((job.next_poll_at ?? now) - now) / 1000);
    return left > 0 ? `is sent in ${clockText(left)}` : "";
  }
  if (isLive(job)) return clockText(elapsedSeconds(job, now));
  if (job.error) return job.error.title;
  const count = job.clips.length > 1 ? `${job.clips.length} clips, ` : "";
  return `${count}${job.model}`;
}
