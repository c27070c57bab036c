/**
 * The board of a film: its cards in their order, what is shared by them, and what is to be made.
 *
 * @import { ClipSources } from "../kernel/clip_sources.js"
 * @import { Progress } from "../kernel/types.js"
 * @import { Edit, Model, Part, Shared, Standing, TakeClip } from "./types.js"
 */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Reel } from "../film/reel.jsx";
import { useTrait } from "../kernel/hooks.js";
import { unwatched, useSilent } from "../kernel/link.js";
import { clockText } from "../kernel/time.js";
import { Icon } from "../ui/icons.jsx";
import { Refusal } from "../ui/refusal.jsx";
import { useDragging } from "./dragging.js";
import { useEdits } from "./edits.js";
import { Fold, Rows, TextBox } from "./fields.jsx";
import { Foot } from "./foot.jsx";
import { boardKey } from "./keys.js";
import { LentCast } from "./lent_cast.jsx";
import { reelParts } from "./reel_parts.js";
import { Big } from "./clip.jsx";
import { ShotCard } from "./shot.jsx";
import { TitleCard } from "./title_card.jsx";

/** What a refusal is said beside that is of no card. */
const BOARD = "";

/** @param {{wire: Model, sources: ClipSources}} props */
export function Board({ wire, sources }) {
  /** @type {Part[]} */
  const parts = useTrait(wire, "parts") ?? [];
  /** @type {Record<string, Progress>} */
  const told = useTrait(wire, "jobs") ?? {};
  /** @type {Record<string, TakeClip>} */
  const clips = useTrait(wire, "clips") ?? {};
  /** @type {Shared} */
  const shared = useTrait(wire, "shared") ?? { settings: [], texts: {} };
  /** @type {Standing} */
  const standing = useTrait(wire, "standing") ?? { offers: [], remarks: [], running: null, undo: false, recall: false };
  /** @type {import("../ui/cast.jsx").Character[]} */
  const cast = useTrait(wire, "cast") ?? [];
  const title = /** @type {string} */ (useTrait(wire, "title"));
  const silent = useSilent(wire);
  const jobs = silent ? Object.fromEntries(Object.entries(told).map(([take, job]) => [take, unwatched(job)])) : told;
  const { edit, faults, forget, busy } = useEdits(wire);
  const [opened, setOpened] = useState(/** @type {number|null} */ (null));
  const [adding, setAdding] = useState(/** @type {number|null} */ (null));
  const [plays, setPlays] = useState(false);
  const [seen, setSeen] = useState("");
  const order = useOrder(parts, edit);
  const dragging = useDragging(order.move, (job, place) => edit(BOARD, { edit: "job", job, place }));
  const big = opened === null ? undefined : clips[opened];
  if (big) return <Big {...{ wire, title }} clip={big} onBack={() => setOpened(null)} />;
  const shots = parts.filter((part) => "shot" in part);
  const reel = reelParts(parts, clips);
  const seconds = reel.reduce((sum, { from, to }) => sum + to - from, 0);
  const undo = () => standing.undo && edit(BOARD, { edit: "undo" });
  const draft = adding !== null && (
    <DraftCard
      key="draft"
      fault={faults.draft ?? ""}
      save={(value, done) =>
        edit("draft", { edit: "insert", value, place: adding }, (ok) => {
          done(ok);
          if (ok) setAdding(null);
        })
      }
      close={() => {
        forget("draft");
        setAdding(null);
      }}
    />
  );
  let number = 0;
  return (
    <article class="veo-card veo-board" aria-label={`Storyboard of ${title}`} onKeyDown={(event) => boardKey(event, { parts, order, undo })}>
      <div class="veo-board-bar">
        <strong class="veo-board-title">{title}</strong>
        <span class="veo-hint">
          {shots.length === 1 ? "1 shot" : `${shots.length} shots`} · {clockText(seconds)}
        </span>
        <span class="veo-board-acts">
          {standing.recall && (
            <button type="button" title="Bring back the board that was edited before the code changed" onClick={() => edit(BOARD, { edit: "recall" })}>
              Recall edits
            </button>
          )}
          {Object.keys(clips).length > 0 && (
            <button type="button" aria-expanded={plays} onClick={() => setPlays(!plays)}>
              <Icon name={plays ? "close" : "play"} />
              {plays ? "Close film" : "Play film"}
            </button>
          )}
          <button type="button" disabled={!standing.undo} aria-keyshortcuts="Control+Z Meta+Z" title="Take back the last edit (Ctrl Z)" onClick={undo}>
            <Icon name="revert" />
            Undo
          </button>
          <button type="button" onClick={() => setAdding(parts.length)}>
            <Icon name="plus" />
            Add shot
          </button>
        </span>
      </div>
      {plays && (
        <div class="veo-board-film">
          <Reel sources={sources} parts={reel} onPart={setSeen} starts />
        </div>
      )}
      <Refusal refusal={faults[BOARD] ?? ""} onDismiss={() => forget(BOARD)} />
      {cast.length > 0 && <LentCast {...{ wire, cast }} />}
      <ol ref={order.list} class={`veo-shots ${dragging.over ? "veo-shots-over" : ""}`} aria-label="Shots in their order" {...dragging.list}>
        {parts.flatMap((part, place) => {
          const about = { place, count: parts.length, seen: plays && part.id === seen, order, edit, dragging, add: setAdding, fault: faults[part.id] ?? "", onDismiss: () => forget(part.id) };
          const card =
            "shot" in part ? <ShotCard key={part.id} {...about} {...{ jobs, clips }} shot={part} number={++number} open={setOpened} /> : <TitleCard key={part.id} {...about} card={part} />;
          return adding === place ? [draft, card] : [card];
        })}
        {adding !== null && adding >= parts.length && draft}
      </ol>
      <div class="veo-unseen" role="status">
        {order.said}
      </div>
      <Fold label="Shared by all shots">{() => <SharedFields shared={shared} edit={edit} fault={faults.shared ?? ""} onDismiss={() => forget("shared")} />}</Fold>
      <Foot {...{ wire, standing, busy }} />
    </article>
  );
}

/**
 * Moves parts, and keeps the keyboard on the one that is moved.
 *
 * @param {Part[]} parts
 * @param {Edit} edit
 */
function useOrder(parts, edit) {
  const list = useRef(/** @type {HTMLOListElement|null} */ (null));
  const focused = useRef("");
  const [said, setSaid] = useState("");
  const focus = (/** @type {string|undefined} */ id) => /** @type {HTMLElement|null|undefined} */ (list.current?.querySelector(`[data-part="${id}"]`))?.focus();
  useLayoutEffect(() => {
    // A card that is put elsewhere in the page loses the focus.
    if (focused.current) focus(focused.current);
    focused.current = "";
  }, [parts]);
  const move = (/** @type {string} */ id, /** @type {number} */ to) => {
    const from = parts.findIndex((part) => part.id === id);
    if (from < 0 || to === from || to < 0 || to >= parts.length) return;
    focused.current = id;
    edit(id, { edit: "move", part: id, to }, (ok) => setSaid(ok ? `Moved to place ${to + 1} of ${parts.length}.` : ""));
  };
  const remove = (/** @type {string} */ id) => {
    const at = parts.findIndex((part) => part.id === id);
    focused.current = (parts[at + 1] ?? parts[at - 1])?.id ?? "";
    edit(id, { edit: "remove", part: id }, (ok) => setSaid(ok ? "Removed. Ctrl Z takes it back." : ""));
  };
  return { list, move, remove, focus, said };
}

/** @typedef {ReturnType<typeof useOrder>} Order */

/**
 * A shot that is not in the film yet.
 *
 * @param {{fault: string, save: (text: string, done: (ok: boolean) => void) => void, close: () => void}} props
 */
function DraftCard({ fault, save, close }) {
  const item = useRef(/** @type {HTMLLIElement|null} */ (null));
  useEffect(() => item.current?.querySelector("textarea")?.focus(), []);
  return (
    <li ref={item} class="veo-shot veo-shot-draft" aria-label="A new shot">
      <div class="veo-shot-words">
        <strong>New shot</strong>
        <TextBox name="prompt" label="Prompt of the new shot" value="" placeholder="What it shows" faulty={fault !== ""} save={save} leave={close} />
        {fault && (
          <p class="veo-refusal" role="alert">
            {fault}
          </p>
        )}
        <span class="veo-hint">Ctrl Enter adds it, Esc does not.</span>
      </div>
    </li>
  );
}

/** @param {{shared: Shared, edit: Edit, fault: string, onDismiss: () => void}} props */
function SharedFields({ shared, edit, fault, onDismiss }) {
  const texts = Object.entries(shared.texts).map(([name, text]) => ({ name, label: name, text, plain: true }));
  return (
    <div class="veo-shared">
      <Refusal refusal={fault} onDismiss={onDismiss} />
      <p class="veo-hint">A text stands for its name in braces in every prompt.</p>
      <Rows long what="Text" of="all shots" rows={texts} edit={(name, value, done) => edit("shared", { edit: "text", name, value }, done)} />
      <p class="veo-hint">Settings hold for every shot that has none of its own.</p>
      <Rows what="Setting" of="all shots" rows={shared.settings} edit={(name, value, done) => edit("shared", { edit: "shared", name, value }, done)} />
    </div>
  );
}

