/**
 * One card: a still, in what one recognises the job, and what can be done with it.
 *
 * @import { Entry } from "./types.js"
 * @import { Item } from "../ui/menu.jsx"
 */
import { useState } from "preact/hooks";
import { toClipboard } from "../ui/clipboard.js";
import { Button } from "../ui/button.jsx";
import { Icon, IconButton } from "../ui/icons.jsx";
import { Menu } from "../ui/menu.jsx";
import { JOB_TYPE } from "../kernel/protocol.js";
import { clockText } from "../kernel/time.js";
import { isLive, problemTitle, sizeText, stateText } from "../ui/words.js";

/**
 * @typedef {object} Deeds  what can be done with a card
 * @property {(entry: Entry) => void} open
 * @property {(entry: Entry) => void} star
 * @property {(entry: Entry, on: boolean) => void} choose
 * @property {(entry: Entry) => void} discard
 * @property {(kind: "restore"|"use"|"add", entry: Entry) => void} ask
 * @property {(word: string) => void} say
 */

/** @param {Entry} entry */
export const canPlay = ({ clips, missing }) => clips > missing;

/** @param {Entry} entry */
function missingText({ clips, missing }) {
  if (missing === 0) return "";
  return missing === clips ? "The file is missing" : `${missing} of ${clips} files missing`;
}

/** @param {Entry} entry */
function whyNot(entry) {
  if (entry.clips > 0) return missingText(entry);
  if (isLive(entry)) return stateText({ ...entry, watching: true, held_back: false });
  return entry.reason ?? problemTitle(entry.state);
}

/** @param {Entry} entry @param {boolean} chosen */
export function entryWords(entry, chosen) {
  const words = [entry.prompt || "No prompt", entry.model, new Date(entry.created_at).toLocaleDateString(), entry.price.text];
  if (entry.starred) words.push("starred");
  if (chosen) words.push("selected");
  return [...words, canPlay(entry) ? missingText(entry) : whyNot(entry)].filter(Boolean).join(", ");
}

/**
 * @param {{entry: Entry|undefined, index: number, count: number, chosen: boolean, inOrder: boolean, deeds: Deeds,
 *   place: {left: number, top: number, width: number, height: number}, onFocus: () => void}} props
 */
export function LibraryCell({ entry, index, count, chosen, inOrder, deeds, place, onFocus }) {
  const about = { "data-index": index, "aria-posinset": index + 1, "aria-setsize": count, style: pixels(place) };
  if (!entry) return <li class="veo-lib-cell veo-lib-coming" aria-busy="true" aria-label="Loading" {...about} />;
  const title = entry.prompt || "No prompt";
  return (
    <li
      class={`veo-lib-cell ${chosen ? "veo-lib-chosen" : ""}`}
      tabIndex={inOrder ? 0 : -1}
      aria-label={entryWords(entry, chosen)}
      aria-keyshortcuts="Enter S Space Delete ArrowLeft ArrowRight ArrowUp ArrowDown Home End PageUp PageDown"
      draggable
      onDragStart={(event) => drag(event, entry)}
      onFocus={onFocus}
      {...about}
    >
      <Still entry={entry} title={title} open={() => deeds.open(entry)} />
      <label class="veo-lib-choose">
        <input type="checkbox" checked={chosen} aria-label={`Select ${title}`} onChange={(event) => deeds.choose(entry, event.currentTarget.checked)} />
      </label>
      <div class="veo-lib-words">
        <span class="veo-lib-title" title={title} dir="auto">
          {title}
        </span>
        <span class="veo-lib-facts" title={entry.model}>
          {new Date(entry.created_at).toLocaleDateString()} · {entry.price.text}
          {entry.bytes > 0 ? `\n${sizeText(entry.bytes)}` : ""}
        </span>
        <span class="veo-lib-tools">
          <IconButton icon="star" label={`Star ${title}`} keys="s" pressed={entry.starred} onClick={() => deeds.star(entry)} />
          <CellMenu entry={entry} deeds={deeds} title={title} />
        </span>
      </div>
    </li>
  );
}

/** @param {{left: number, top: number, width: number, height: number}} place */
function pixels({ left, top, width, height }) {
  return { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` };
}

/** @param {DragEvent} event @param {Entry} entry */
function drag(event, { job, prompt }) {
  event.dataTransfer?.setData(JOB_TYPE, job);
  event.dataTransfer?.setData("text/plain", prompt);
}

/** @param {{entry: Entry, title: string, open: () => void}} props */
function Still({ entry, title, open }) {
  const playable = canPlay(entry);
  const said = playable ? missingText(entry) : whyNot(entry);
  const length = playable ? `${entry.clips > 1 ? `${entry.clips} clips · ` : ""}${clockText(entry.seconds)}` : "";
  const label = [playable ? `Play ${title}` : title, said, length].filter(Boolean).join(", ");
  return (
    <Button class="veo-lib-still" aria-label={label} aria-disabled={!playable} onClick={open}>
      {entry.poster ? <img src={entry.poster} alt="" class={playable ? "" : "veo-lib-lost"} draggable={false} /> : <Icon name={playable ? "play" : "image"} />}
      {said && (
        <span class="veo-lib-why">
          <Icon name="warning" />
          {said}
        </span>
      )}
      {length && <span class="veo-lib-length">{length}</span>}
    </Button>
  );
}

/** @param {{entry: Entry, deeds: Deeds, title: string}} props */
function CellMenu({ entry, deeds, title }) {
  const [open, setOpen] = useState(false);
  const copy = async (/** @type {string} */ text, /** @type {string} */ what) => {
    deeds.say((await toClipboard(text)) ? `${what} is on the clipboard.` : "The clipboard is not available here.");
  };
  const { python, magic } = entry.code;
  /** @type {Item[]} */
  const items = [
    ...(canPlay(entry) ? [{ icon: /** @type {const} */ ("play"), label: "Play", hint: "Enter", onPick: () => deeds.open(entry) }] : []),
    { icon: "edit", label: "Use these settings again", onPick: () => deeds.ask("use", entry) },
    { icon: "grid", label: "Add to the grid", onPick: () => deeds.ask("add", entry) },
    { icon: "code", label: "Copy settings as %%veo", onPick: () => void copy(magic, "The cell") },
    { icon: "code", label: "Copy settings as Python", onPick: () => void copy(python, "The call") },
    entry.deleted
      ? { icon: "again", label: "Restore", onPick: () => deeds.ask("restore", entry) }
      : { icon: "close", label: "Delete", hint: "Del", onPick: () => deeds.discard(entry) },
  ];
  return <Menu icon="more" label={`More for ${title}`} open={open} onOpen={setOpen} items={items} />;
}
