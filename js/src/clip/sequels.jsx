/**
 * A clip that goes on: the field to ask for it, and the jobs that were asked for.
 *
 * @import { Clip, Price, Sequel, Verb, Wire } from "../kernel/types.js"
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { usePaying } from "../kernel/hooks.js";
import { position } from "./progress.js";
import { useRedraw } from "../kernel/redraw.js";
import { clockText, elapsedSeconds } from "../kernel/time.js";
import { isLive, problemTitle, stateText } from "../ui/words.js";
import { Bar } from "../ui/bar.jsx";
import { Button } from "../ui/button.jsx";
import { GuardedButton } from "../ui/guarded_button.jsx";
import { Icon } from "../ui/icons.jsx";

/** @type {Record<Verb, {button: string, ask: string, doing: string}>} */
export const VERB = {
  extend: { button: "Extend", ask: "What happens next?", doing: "Extending" },
  edit: { button: "Edit", ask: "What should be different?", doing: "Editing" },
};

/**
 * The prompt, and one priced button; its click is the only one that pays.
 *
 * @param {{wire: Wire, clip: Clip, verb: Verb, price: Price, onClose: () => void}} props
 */
export function SequelForm({ wire, clip, verb, price, onClose }) {
  const [prompt, setPrompt] = useState("");
  const field = useRef(/** @type {HTMLTextAreaElement|null} */ (null));
  const { pending, off, refusal, pay } = usePaying(wire, "sequel", onClose);
  useEffect(() => field.current?.focus(), [verb]);
  const { button, ask } = VERB[verb];
  const empty = prompt.trim() === "";
  const submit = () => void (empty || pay({ sample: clip.sample, verb, prompt: prompt.trim() }));
  return (
    <form
      class="veo-sequel-form"
      aria-label={`${button} the clip`}
      onSubmit={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat) submit();
      }}
    >
      <label>
        <span>{ask}</span>
        <textarea ref={field} rows={2} dir="auto" value={prompt} disabled={pending} onInput={(event) => setPrompt(event.currentTarget.value)} />
      </label>
      {refusal ? (
        <p class="veo-refusal" role="alert">
          {refusal}
        </p>
      ) : null}
      <div class="veo-sequel-row">
        {price.note ? <span class="veo-hint">{price.note}</span> : null}
        <Button onClick={onClose}>
          Close
        </Button>
        <GuardedButton class="veo-primary" disabled={off || pending || empty} title="Ctrl Enter" onPress={submit}>
          <Icon name={verb} />
          {pending ? "Sending …" : `${button} · ${price.text}`}
        </GuardedButton>
      </div>
    </form>
  );
}

/** @param {{sequels: Sequel[], onPick: (sample: number) => void}} props */
export function Sequels({ sequels, onPick }) {
  if (sequels.length === 0) return null;
  return (
    <ul class="veo-sequels" aria-label="Made from these clips">
      {sequels.map((sequel) => (
        <SequelRow key={sequel.id} sequel={sequel} onPick={onPick} />
      ))}
    </ul>
  );
}

/** @param {{sequel: Sequel, onPick: (sample: number) => void}} props */
function SequelRow({ sequel, onPick }) {
  const elapsed = useElapsed(sequel);
  const live = isLive(sequel);
  const clip = sequel.clips[0];
  const why = sequel.error;
  return (
    <li class={`veo-sequel veo-tone-${sequel.state}`}>
      <Icon name={sequel.verb} />
      <span class="veo-sequel-words">
        <span class="veo-sequel-prompt" dir="auto" title={sequel.prompt}>
          {sequel.prompt}
        </span>
        <span class="veo-hint">
          {live ? `${stateText(sequel)} · ${clockText(elapsed)}` : clip ? sequel.price.text : why ? `${why.title}. ${why.message}` : problemTitle(sequel.state)}
        </span>
      </span>
      {clip && (
        <Button onClick={() => onPick(clip.sample)}>
          <Icon name="play" />
          Show
        </Button>
      )}
      {live && <Bar share={position(sequel, elapsed)} label={`${VERB[sequel.verb].doing}, estimated`} />}
    </li>
  );
}

/**
 * Seconds since a job was sent, ticking while it runs. The kernel's clock counts from what it said last.
 *
 * @param {import("../kernel/types.js").Progress} job
 */
export function useElapsed(job) {
  const redraw = useRedraw();
  const received = useRef({ now: 0, at: 0 });
  if (received.current.now !== job.now) received.current = { now: job.now, at: performance.now() };
  const ticking = isLive(job) && job.watching;
  useEffect(() => {
    if (!ticking) return undefined;
    const timer = setInterval(redraw, 500);
    return () => clearInterval(timer);
  }, [ticking]);
  return elapsedSeconds(job, job.now + performance.now() - received.current.at);
}

