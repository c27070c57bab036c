/**
 * Everything that was ever made here: search, cards, and what is done with the selection.
 *
 * @import { Entry, Filters, Model, Opened } from "./types.js"
 * @import { Finds } from "./finds.js"
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { LentPlayer } from "../job/lent_player.jsx";
import { useTrait } from "../kernel/hooks.js";
import { onEscape } from "../kernel/keys.js";
import { send } from "../kernel/protocol.js";
import { Button } from "../ui/button.jsx";
import { Icon, IconButton } from "../ui/icons.jsx";
import { Refusal } from "../ui/refusal.jsx";
import { sizeText } from "../ui/words.js";
import { canPlay } from "./cell.jsx";
import { FilterBar } from "./filters.jsx";
import { useFinds } from "./finds.js";
import { Shelf } from "./shelf.jsx";
import { useWords } from "./words.js";

/** @param {{wire: Model}} props */
export function LibraryCard({ wire }) {
  const [filters, setFilters] = useState(() => /** @type {Filters} */ ({ ...wire.get("filters") }));
  /** @type {Finds} */
  const finds = useFinds(wire, filters);
  /** @type {string[]} */
  const chosen = useTrait(wire, "chosen") ?? [];
  /** @type {Opened} */
  const opened = useTrait(wire, "opened") ?? {};
  /** @type {string} */
  const undo = useTrait(wire, "undo") ?? "";
  const { refusal, forget, word, say } = useWords(wire);
  const kept = useRef(/** @type {{top: number, index: number, moved?: number}} */ ({ top: 0, index: 0 }));
  const card = useRef(/** @type {HTMLElement|null} */ (null));
  const tell = (/** @type {Parameters<typeof send>[1]} */ kind, /** @type {Record<string, unknown>} */ payload = {}) => {
    forget();
    send(wire, kind, payload);
  };
  const deeds = deedsOf(tell, chosen, say);
  const takeBack = () => undo && tell("restore", { job: "" });
  useReturn(card, opened.job, kept.current);
  const big = (opened.clips ?? []).length > 0;
  return (
    <article ref={card} class="veo-card veo-lib" aria-label="Library">
      <Refusal refusal={refusal} onDismiss={forget} />
      {big ? (
        <Big {...{ wire, opened, tell }} />
      ) : (
        <>
          <FilterBar
            {...{ wire, filters }}
            look={finds.look}
            change={(change) => {
              kept.current = { top: 0, index: 0 };
              setFilters((before) => ({ ...before, ...change }));
            }}
          />
          <Sums finds={finds} filters={filters} />
          {finds.count > 0 && (
            <Shelf
              key={JSON.stringify(filters)}
              {...{ finds, chosen, deeds, kept }}
              commands={{ undo: takeBack, search: () => /** @type {HTMLElement|null|undefined} */ (card.current?.querySelector("input[type=search]"))?.focus() }}
            />
          )}
        </>
      )}
      <div class={word ? "veo-remark" : "veo-unseen"} role="status">
        {word}
      </div>
      {undo && (
        <div class="veo-remark" role="status">
          <span>{undo}</span>
          <Button aria-keyshortcuts="Z" onClick={takeBack}>
            Undo
          </Button>
        </div>
      )}
      {!big && <Selection {...{ chosen, tell }} count={finds.count} deleted={filters.deleted} />}
    </article>
  );
}

/**
 * @param {(kind: Parameters<typeof send>[1], payload?: Record<string, unknown>) => void} tell
 * @param {string[]} chosen
 * @param {(word: string) => void} say
 */
function deedsOf(tell, chosen, say) {
  return {
    say,
    open: (/** @type {Entry} */ entry) => canPlay(entry) && tell("open", { job: entry.job }),
    star: (/** @type {Entry} */ entry) => tell("star", { job: entry.job, on: entry.starred ? 0 : 1 }),
    choose: (/** @type {Entry} */ entry, /** @type {boolean} */ on) => tell("choose", { job: entry.job, on: on ? 1 : 0 }),
    // What is selected goes together, as in a file manager.
    discard: (/** @type {Entry} */ entry) => !entry.deleted && tell("delete", { job: chosen.includes(entry.job) ? "" : entry.job }),
    ask: (/** @type {"restore"|"use"|"add"} */ kind, /** @type {Entry} */ { job }) => tell(kind, { job }),
  };
}

/**
 * Back from a clip, the keyboard is where it was.
 *
 * @param {{current: HTMLElement|null}} card
 * @param {string|undefined} job  that is open
 * @param {{index: number}} kept
 */
function useReturn(card, job, kept) {
  const was = useRef(job);
  useEffect(() => {
    if (was.current && !job) /** @type {HTMLElement|null|undefined} */ (card.current?.querySelector(`[data-index="${kept.index}"]`))?.focus({ preventScroll: true });
    was.current = job;
  }, [job]);
}

/** @param {{finds: Finds, filters: Filters}} props */
function Sums({ finds: { count, sums }, filters }) {
  if (count < 0) return <p class="veo-empty">Looking …</p>;
  const filtered = Object.values(filters).some(Boolean);
  if (count === 0) {
    return (
      <p class="veo-empty" role="status">
        {filters.deleted ? "Nothing that fits is in the trash." : filtered ? "Nothing fits this search." : "Nothing was made here yet."}
      </p>
    );
  }
  const many = `${count.toLocaleString()} ${count === 1 ? "job" : "jobs"}`;
  const clips = sums.clips > 0 ? ` · ${sums.clips.toLocaleString()} ${sums.clips === 1 ? "clip" : "clips"}, ${sizeText(sums.bytes)}` : "";
  return (
    <p class="veo-lib-sums veo-hint" role="status">
      {many}
      {clips}
    </p>
  );
}

/**
 * @param {{chosen: string[], count: number, deleted: boolean,
 *   tell: (kind: Parameters<typeof send>[1], payload?: Record<string, unknown>) => void}} props
 */
function Selection({ chosen, count, deleted, tell }) {
  if (chosen.length === 0) {
    return count > 0 ? <p class="veo-lib-foot veo-hint veo-keys">Enter plays · S stars · Space selects · Del deletes · Z undoes · / searches</p> : null;
  }
  return (
    <div class="veo-lib-foot" role="group" aria-label="Selection">
      <strong>{chosen.length.toLocaleString()} selected</strong>
      <Button class="veo-link" onClick={() => tell("choose", { job: "", on: 1 })}>
        Select all {count.toLocaleString()}
      </Button>
      <Button class="veo-link" onClick={() => tell("choose", { job: "", on: 0 })}>
        Clear
      </Button>
      <span class="veo-lib-acts">
        <Button onClick={() => tell("export")}>
          <Icon name="download" />
          Export
        </Button>
        {!deleted && (
          <Button onClick={() => tell("delete", { job: "" })}>
            <Icon name="close" />
            Delete
          </Button>
        )}
      </span>
    </div>
  );
}

/**
 * The clips of one job, with everything that a player has.
 *
 * @param {{wire: Model, opened: Opened,
 *   tell: (kind: Parameters<typeof send>[1], payload?: Record<string, unknown>) => void}} props
 */
function Big({ wire, opened: { job, starred, clips }, tell }) {
  const back = useRef(/** @type {HTMLButtonElement|null} */ (null));
  useEffect(() => back.current?.focus(), []);
  const close = () => tell("open", { job: "" });
  return (
    <div onKeyDown={onEscape(close)}>
      <div class="veo-lib-big">
        <Button ref={back} onClick={close}>
          <Icon name="grid" />
          Library
        </Button>
        <span class="veo-lib-acts">
          <IconButton icon="star" label="Star this job" pressed={starred} onClick={() => tell("star", { job, on: starred ? 0 : 1 })} />
          <IconButton icon="close" label="Delete this job" onClick={() => tell("delete", { job })} />
        </span>
      </div>
      <LentPlayer key={job} wire={wire} clips={clips} />
    </div>
  );
}
