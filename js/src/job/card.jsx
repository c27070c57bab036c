/**
 * One job, from the request to the playing clip, in one card that keeps its shape.
 *
 * @import { Job, Take, Wire } from "../kernel/types.js"
 * @import { ClipSources } from "../kernel/clip_sources.js"
 * @import { KernelClock } from "../kernel/time.js"
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { useAnnouncement, useCommands, useNow, useTrait } from "../kernel/hooks.js";
import { unwatched, useSilent } from "../kernel/link.js";
import { renewCopies } from "../clip/old_copies.js";
import { position } from "../clip/progress.js";
import { elapsedSeconds, spokenTime } from "../kernel/time.js";
import { isLive, nextLookText, problemTitle, stateText } from "../ui/words.js";
import { Actions } from "./actions.jsx";
import { Bar } from "../ui/bar.jsx";
import { JobHeader } from "./header.jsx";
import { Player } from "../clip/player.jsx";
import { Refusal } from "../ui/refusal.jsx";
import { Chips, Prompt } from "../clip/request.jsx";
import { ProblemStage, WaitingStage } from "../clip/stage.jsx";
import { RunRemark, TakeStrip } from "./takes.jsx";

/** @typedef {ReturnType<typeof useCommands>} Commands */

/** How often a running job is spoken of, in seconds. */
const SPEAK_EVERY = 30;

/**
 * What a screen reader hears: each change of state, and now and then that it still runs.
 *
 * @param {Job} job
 * @param {number} elapsed
 */
function spoken(job, elapsed) {
  if (!isLive(job)) return job.clips.length > 0 ? "The clip is ready" : (job.error?.title ?? problemTitle(job.state));
  const steps = Math.floor(elapsed / SPEAK_EVERY);
  return steps > 0 && job.watching ? `${stateText(job)}, ${spokenTime(steps * SPEAK_EVERY)}` : stateText(job);
}

/** @param {{job: Job, elapsed: number, live: boolean}} props */
function ProgressBar({ job, elapsed, live }) {
  const furthest = useRef({ of: "", at: 0 });
  // What the service says goes before an estimate, also where that was further.
  const of = `${job.id} ${job.pace ? "told" : "estimated"}`;
  if (furthest.current.of !== of) furthest.current = { of, at: 0 };
  const at = Math.max(furthest.current.at, position(job, elapsed));
  furthest.current.at = at;
  const known = job.pace || !job.typical.guess;
  const text = known ? `${stateText(job)}, about ${Math.round(at * 100)} %` : stateText(job);
  const label = job.pace ? "Progress" : "Estimated progress";
  return <Bar class={`veo-progress ${live ? "veo-progress-live" : ""}`} share={at} label={label} aria-valuetext={text} />;
}

/** @param {{job: Job, now: number, commands: Commands}} props */
function Waiting({ job, now, commands }) {
  const elapsed = elapsedSeconds(job, now);
  const live = job.watching;
  return (
    <>
      <WaitingStage job={job} elapsed={elapsed} live={live} now={now} />
      <div class="veo-rail">
        <ProgressBar job={job} elapsed={elapsed} live={live} />
        <div class="veo-rail-row">
          <span class="veo-hint" title={`The service was asked ${job.polls} times so far`}>
            {job.held_back ? "" : nextLookText(job, now)}
          </span>
          <Actions job={job} {...commands} />
        </div>
        <p class="veo-hint veo-refund">{refundText(job)}</p>
      </div>
    </>
  );
}

/** What can still be saved of a job under way, and what cannot. @param {Job} job */
function refundText(job) {
  if (job.held_back) return "Cancel now, and nothing is sent or charged.";
  const cancel = job.can.cancel ? " Cancel asks the service to give the job up; what it has charged by then may stay charged." : "";
  return `Stopping does not refund: the job keeps running at the service, and its clip can be fetched later.${cancel}`;
}

/** @param {{job: Job, commands: Commands}} props */
function Problem({ job, commands }) {
  return (
    <>
      <ProblemStage job={job} />
      <div class="veo-rail">
        <div class="veo-rail-row">
          <Actions job={job} {...commands} />
        </div>
      </div>
    </>
  );
}

/**
 * What stands below the stage in every state.
 *
 * @param {{job: Job, commands: Commands}} props
 */
function Below({ job, commands }) {
  return (
    <>
      <Refusal refusal={commands.refusal} onDismiss={commands.forget} />
      {job.notice ? <div class="veo-remark">{job.notice}</div> : null}
      <div class="veo-body">
        <Prompt text={job.prompt} />
        <Chips model={job.model} settings={job.settings} />
      </div>
    </>
  );
}

/**
 * The stage, and the rest below it, for the state the job is in.
 *
 * @param {{wire: Wire & {get: (name: any) => any}, sources: ClipSources, job: Job, now: number, commands: Commands,
 *   awaited: boolean}} props
 */
function JobStage({ wire, sources, job, now, commands, awaited }) {
  const below = <Below job={job} commands={commands} />;
  if (isLive(job) || job.clips.length === 0) {
    const stage = isLive(job) ? <Waiting {...{ job, now, commands }} /> : <Problem {...{ job, commands }} />;
    return (
      <>
        {stage}
        {below}
      </>
    );
  }
  const facts = { prompt: job.prompt, model: job.model, settings: job.settings, price: job.price.text };
  const actions = <Actions job={job} {...commands} />;
  return (
    <Player key={job.id} {...{ wire, sources, facts, actions }} clips={job.clips} autoStart={awaited} about={() => below} />
  );
}

/**
 * When the job has ended, what the notebook saved of it before says so too. The kernel writes its newest output first.
 *
 * @param {Wire} wire
 * @param {Job} job
 */
function useOldCopies(wire, job) {
  const ended = !isLive(job);
  useEffect(() => {
    if (!ended || renewCopies(wire, job.saved_class)) return undefined;
    const timer = setInterval(() => renewCopies(wire, job.saved_class) && clearInterval(timer), 1000);
    return () => clearInterval(timer);
  }, [wire, job.id, ended]);
}

/**
 * An earlier take, in the place of the job: it can be played, and nothing else.
 *
 * @param {{wire: Wire & {get: (name: any) => any}, sources: ClipSources, job: Job, take: Take}} props
 */
function TakeStage({ wire, sources, job, take }) {
  const facts = { prompt: job.prompt, model: job.model, settings: job.settings };
  return <Player key={take.id} {...{ wire, sources, facts }} clips={take.clips} autoStart={false} />;
}

/** @type {Take[]} */
const NO_TAKES = [];

/** @param {{wire: Wire & {get: (name: any) => any}, sources: ClipSources, clock: KernelClock, job: Job}} props */
function JobBody({ wire, sources, clock, job: told }) {
  const silent = useSilent(wire);
  // What nobody hears of any more is not watched.
  const job = silent ? unwatched(told) : told;
  const live = isLive(job);
  const now = useNow(clock, live && job.watching);
  const commands = useCommands(wire, job);
  const said = useAnnouncement(spoken(job, elapsedSeconds(job, now)));
  useOldCopies(wire, job);
  const awaited = useRef("");
  if (live) awaited.current = job.id;
  const takes = /** @type {Take[]} */ (useTrait(wire, "takes")) ?? NO_TAKES;
  const [picked, setPicked] = useState("");
  const take = takes.find(({ id }) => id === picked);
  return (
    <article class="veo-card" aria-label="Video job">
      <JobHeader job={job} />
      <RunRemark job={job} pending={commands.pending} again={() => commands.command("retry")} />
      {take ? (
        <TakeStage {...{ wire, sources, job, take }} />
      ) : (
        <JobStage {...{ wire, sources, job, now, commands }} awaited={awaited.current === job.id} />
      )}
      <TakeStrip {...{ takes, job }} shown={take ? take.id : job.id} onPick={setPicked} />
      <div class="veo-unseen" role="status" aria-live="polite">
        {said}
      </div>
    </article>
  );
}

/** @param {{wire: Wire & {get: (name: any) => any}, sources: ClipSources, clock: KernelClock}} props */
export function JobCard({ wire, sources, clock }) {
  /** @type {Job|Record<string, never>} */
  const job = useTrait(wire, "job");
  if (!job || !("state" in job)) return <article class="veo-card veo-empty">Waiting for the kernel …</article>;
  return <JobBody wire={wire} sources={sources} clock={clock} job={/** @type {Job} */ (job)} />;
}
