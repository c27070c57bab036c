/**
 * The card of a shot: its picture, its prompt, how it begins, what it costs, and its takes.
 *
 * @import { Progress } from "../kernel/types.js"
 * @import { Dragging } from "./dragging.js"
 * @import { Order } from "./board.jsx"
 * @import { Edit, Shot, Take, TakeClip } from "./types.js"
 */
import { useState } from "preact/hooks";
import { position } from "../clip/progress.js";
import { useElapsed } from "../clip/sequels.jsx";
import { Stage } from "../clip/stage.jsx";
import { clockText } from "../kernel/time.js";
import { Bar } from "../ui/bar.jsx";
import { Icon, IconButton } from "../ui/icons.jsx";
import { Menu } from "../ui/menu.jsx";
import { Refusal } from "../ui/refusal.jsx";
import { isLive, problemTitle, stateText } from "../ui/words.js";
import { Fold, Rows, Seconds, TextBox } from "./fields.jsx";

/**
 * @typedef {object} Placed  what the cards of shots and those of titles have
 * @property {number} place
 * @property {number} count
 * @property {boolean} seen  it is what the film shows now
 * @property {Order} order
 * @property {Edit} edit
 * @property {Dragging} dragging
 * @property {(place: number) => void} add  a shot before the one at this place
 * @property {string} fault
 * @property {() => void} onDismiss
 */

/** How a shot begins: in its card, and in full. @type {Record<string, [string, string]>} */
const BEGINS = {
  cut: ["Cut", "begins with a cut"],
  continue: ["Continues", "continues the shot before"],
  extend: ["Extends", "extends the shot before"],
};

/**
 * What a card is to the page.
 *
 * @param {Placed} placed
 * @param {string} id
 * @param {string} label
 */
export const cardOf = ({ place, seen, dragging }, id, label) => ({
  class: seen ? "veo-shot veo-shot-seen" : "veo-shot",
  "data-part": id,
  tabIndex: 0,
  "aria-label": label,
  "aria-keyshortcuts": "Alt+ArrowLeft Alt+ArrowRight Delete Enter",
  ...dragging.card(place),
});

/**
 * @param {Placed & {shot: Shot, number: number, jobs: Record<string, Progress>,
 *   clips: Record<string, TakeClip>, open: (take: number) => void}} props
 */
export function ShotCard({ shot, number, jobs, clips, open, ...placed }) {
  const { order, edit, dragging, fault, onDismiss } = placed;
  const name = `shot ${number}`;
  const job = jobs[shot.chosen];
  const clip = clips[shot.chosen];
  const say = (/** @type {string} */ what) => (/** @type {Record<string, unknown>} */ said, /** @type {(ok: boolean) => void} */ done) => edit(shot.id, { edit: what, shot: shot.shot, ...said }, done);
  const words = [`Shot ${number}`, shot.prompt, BEGINS[shot.begins]?.[1], stateWords(shot, job, clip), shot.price.text];
  return (
    <li {...cardOf(placed, shot.id, words.join(", "))}>
      <div class="veo-shot-still" {...dragging.handle(shot.id, placed.place)}>
        <Picture {...{ shot, name, job, clip, open }} />
        <span class="veo-shot-number">{number}</span>
      </div>
      <div class="veo-shot-words">
        <div class="veo-shot-row">
          <select aria-label={`How ${name} begins`} title={`It ${BEGINS[shot.begins]?.[1]}`} value={shot.begins} onChange={(event) => choose(event, shot.begins, (value) => say("begins")({ value }, () => {}))}>
            {Object.entries(BEGINS).map(([value, [text]]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
          <PartMenu {...placed} id={shot.id} name={name} />
        </div>
        <TextBox name="prompt" label={`Prompt of ${name}`} value={shot.prompt} faulty={fault !== ""} save={(value, done) => say("prompt")({ value }, done)} leave={() => order.focus(shot.id)} />
        <Refusal refusal={fault} onDismiss={onDismiss} />
        <div class="veo-shot-row veo-shot-facts">
          <Length shot={shot} name={name} set={(value) => say("set")({ name: "duration_seconds", value }, () => {})} />
          <span title={shot.price.note ?? ""}>{shot.price.text}</span>
          <button type="button" class="veo-link" aria-label={`Another take of ${name}`} title="Ask for one more take; it is made beside this one" onClick={() => say("another")({}, () => {})}>
            Another take
          </button>
        </div>
        {shot.problem && <p class="veo-refusal">{shot.problem}</p>}
        <Takes {...{ shot, name, jobs, clips, edit }} />
        <Fold label={foldLabel(shot)}>{() => <Cut shot={shot} name={name} say={say} />}</Fold>
      </div>
    </li>
  );
}

/**
 * A choice is drawn as it was until the film has taken it.
 *
 * @param {{currentTarget: HTMLSelectElement}} event
 * @param {string} before
 * @param {(value: string) => void} act
 */
function choose({ currentTarget: list }, before, act) {
  const { value } = list;
  list.value = before;
  act(value);
}

/** @param {Shot} shot @param {Progress|undefined} job @param {TakeClip|undefined} clip */
function stateWords(shot, job, clip) {
  if (clip) return "made";
  if (job && isLive(job)) return stateText(job);
  return shot.state;
}

/** @param {{shot: Shot, name: string, job: Progress|undefined, clip: TakeClip|undefined, open: (take: number) => void}} props */
function Picture({ shot, name, job, clip, open }) {
  if (clip) {
    return (
      <button type="button" class="veo-shot-play" aria-label={`Play ${name}`} onClick={() => open(shot.chosen)}>
        {clip.poster ? <img src={clip.poster} alt="" draggable={false} /> : null}
        <Icon name="play" />
      </button>
    );
  }
  if (job && isLive(job)) return <Making shot={shot} job={job} />;
  return (
    <Stage shape={WIDE} kind={job ? job.state : "planned"}>
      <div class="veo-over">
        <strong>{job ? (job.error?.title ?? problemTitle(job.state)) : shot.state}</strong>
      </div>
    </Stage>
  );
}

/** All pictures of the board have one shape, so that cards stand in rows. */
const WIDE = { width: 16, height: 9 };

/** @param {{shot: Shot, job: Progress}} props */
function Making({ shot, job }) {
  const elapsed = useElapsed(job);
  return (
    <Stage shape={WIDE} kind={job.watching ? "waiting" : "resting"}>
      <div class="veo-over veo-status">
        <div class="veo-state">{stateText(job)}</div>
        <div class="veo-hint">{clockText(elapsed)}</div>
      </div>
      <Bar share={position(job, elapsed)} label={`Estimated progress of ${shot.prompt}`} />
    </Stage>
  );
}

/** @param {{shot: Shot, name: string, set: (seconds: string) => void}} props */
function Length({ shot, name, set }) {
  if (shot.lengths.length < 2) return <span>{shot.seconds} s</span>;
  return (
    <select aria-label={`Length of ${name}`} value={String(shot.seconds)} onChange={(event) => choose(event, String(shot.seconds), set)}>
      {shot.lengths.map((seconds) => (
        <option key={seconds} value={String(seconds)}>
          {seconds} s
        </option>
      ))}
    </select>
  );
}

/** @param {Placed & {id: string, name: string}} props */
export function PartMenu({ id, name, place, count, order, edit, add }) {
  const [open, setOpen] = useState(false);
  return (
    <Menu
      icon="more"
      label={`More for ${name}`}
      open={open}
      onOpen={setOpen}
      items={[
        ...(place > 0 ? [{ label: "Move earlier", icon: /** @type {const} */ ("back"), hint: "Alt ←", onPick: () => order.move(id, place - 1) }] : []),
        ...(place < count - 1 ? [{ label: "Move later", icon: /** @type {const} */ ("forward"), hint: "Alt →", onPick: () => order.move(id, place + 1) }] : []),
        { label: "Add a shot before", icon: "plus", onPick: () => add(place) },
        { label: "Add a title card before", icon: "plus", onPick: () => edit(id, { edit: "add_card", text: "Title", place }) },
        { label: "Remove", icon: "close", hint: "Del", onPick: () => order.remove(id) },
      ]}
    />
  );
}

/**
 * The takes of a shot, of which one is in the film.
 *
 * @param {{shot: Shot, name: string, jobs: Record<string, Progress>, clips: Record<string, TakeClip>, edit: Edit}} props
 */
function Takes({ shot, name, jobs, clips, edit }) {
  if (shot.takes.length < 2) return null;
  const say = (/** @type {string} */ what, /** @type {number} */ take) => edit(shot.id, { edit: what, shot: shot.shot, take });
  return (
    <div class="veo-shot-takes" role="group" aria-label={`Takes of ${name}`}>
      {shot.takes.map((take, index) => (
        <span key={take.take} class="veo-shot-take">
          <button
            type="button"
            class="veo-thumb"
            aria-pressed={take.take === shot.chosen}
            aria-label={`Take ${index + 1} of ${name}, ${takeState(take, jobs[take.take], clips[take.take])}: ${take.prompt}`}
            title={`${take.prompt}\n${takeState(take, jobs[take.take], clips[take.take])}`}
            onClick={() => take.take === shot.chosen || say("choose", take.take)}
          >
            {clips[take.take]?.poster ? <img src={clips[take.take]?.poster ?? ""} alt="" /> : null}
            <span>{index + 1}</span>
          </button>
          {take.take !== shot.chosen && <IconButton icon="close" class="veo-shot-drop" label={`Remove take ${index + 1} of ${name}`} onClick={() => say("drop", take.take)} />}
        </span>
      ))}
    </div>
  );
}

/** @param {Take} take @param {Progress|undefined} job @param {TakeClip|undefined} clip */
function takeState(take, job, clip) {
  if (clip) return "made";
  if (job) return isLive(job) ? stateText(job) : problemTitle(job.state);
  return take.problem || (take.due ? `to be made for ${take.price.text}` : "not made");
}

/** @param {Shot} shot */
function foldLabel({ start, end, fade, dip, captions, settings }) {
  const cut = [start || end !== null ? "trimmed" : "", fade ? "fades in" : "", dip ? "dips to black" : "", captions.length > 0 ? "captions" : ""].filter(Boolean);
  const own = settings.map(({ label, text }) => `${label} ${text}`);
  return [...cut, ...own].join(" · ") || "Cut and settings";
}

/**
 * @param {{shot: Shot, name: string,
 *   say: (what: string) => (said: Record<string, unknown>, done: (ok: boolean) => void) => void}} props
 */
function Cut({ shot, name, say }) {
  const times = /** @type {const} */ ([
    ["start", "From", "0"],
    ["end", "To", "the end"],
    ["fade", "Fade in", "none"],
    ["dip", "Dip to black", "none"],
  ]);
  const timed = shot.captions.some(([, from, to]) => from > 0 || to !== null);
  return (
    <div class="veo-shot-cut">
      {times.map(([key, label, none]) => (
        <Seconds key={key} label={`${label} of ${name}, in seconds`} name={label} seconds={shot[key]} placeholder={none} edit={(value, done) => say("time")({ name: key, value }, done)} />
      ))}
      {timed ? (
        <p class="veo-hint">{shot.captions.map(([text, from, to]) => `${from}–${to ?? ""} s: ${text}`).join("\n")}</p>
      ) : (
        <TextBox label={`Captions of ${name}`} placeholder="What is said in it" value={shot.captions.map(([text]) => text).join("\n")} save={(value, done) => say("captions")({ value }, done)} />
      )}
      <Rows what="Setting" of={name} rows={shot.settings} edit={(key, value, done) => say("set")({ name: key, value }, done ?? (() => {}))} />
    </div>
  );
}
