/**
 * One row: still, number, values, prompt, how it stands, price and star.
 *
 * @import { Row } from "./types.js"
 * @import { Stills } from "./stills.js"
 */
import { position } from "../clip/progress.js";
import { useElapsed } from "../clip/sequels.jsx";
import { clockText } from "../kernel/time.js";
import { Bar } from "../ui/bar.jsx";
import { Icon, IconButton } from "../ui/icons.jsx";
import { stateText } from "../ui/words.js";

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** How a row stands, in a word or two. @param {Row} row */
export function standingText({ state, progress }) {
  if (progress) return stateText(progress);
  return capital(stateText({ state: /** @type {any} */ (state), watching: true, held_back: false }));
}

/**
 * @param {{row: Row|undefined, index: number, stills: Stills, chosen: boolean, inOrder: boolean, narrow: boolean,
 *   place: {top: string, height: string}, open: (row: Row) => void, star: (row: Row) => void, onFocus: () => void}} props
 */
export function TableRow({ row, index, stills, chosen, inOrder, narrow, place, open, star, onFocus }) {
  const about = { role: /** @type {const} */ ("row"), "aria-rowindex": index + 2, "data-index": index, style: place };
  if (!row) {
    return (
      <div class="veo-batch-line" aria-busy="true" {...about}>
        <span role="gridcell">Loading</span>
      </div>
    );
  }
  const { label, values, prompt, price, job, starred, better, kind } = row;
  return (
    <div
      class={`veo-batch-line veo-batch-${kind} ${chosen ? "veo-batch-chosen" : ""}`}
      tabIndex={inOrder ? 0 : -1}
      aria-selected={chosen}
      aria-keyshortcuts="Enter S ArrowUp ArrowDown Home End PageUp PageDown"
      data-row={label}
      onFocus={onFocus}
      onDblClick={() => open(row)}
      {...about}
    >
      <span role="gridcell" class="veo-batch-star">
        {job && <IconButton icon="star" label={`Star ${label}`} keys="s" pressed={starred} onClick={() => star(row)} />}
      </span>
      <span role="gridcell" class="veo-batch-still">
        <Still row={row} poster={stills.of(row)} open={() => open(row)} />
      </span>
      <span role="rowheader" class="veo-batch-number">
        {row.row + 1}
        {narrow && <span class="veo-hint"> {values.join(" · ")}</span>}
      </span>
      {!narrow &&
        values.map((value, n) => (
          <span key={n} role="gridcell" class="veo-batch-value" title={value} dir="auto">
            {value}
          </span>
        ))}
      <span role="gridcell" class="veo-batch-prompt" title={prompt} dir="auto">
        {prompt}
      </span>
      <span role="gridcell" class="veo-batch-state">
        <State row={row} />
      </span>
      <span role="gridcell" class="veo-batch-price">
        {price}
        {better && <span class="veo-hint">{better}</span>}
      </span>
    </div>
  );
}

/** @param {{row: Row, poster: string|undefined, open: () => void}} props */
function Still({ row, poster, open }) {
  const { kind, label } = row;
  const made = kind === "made";
  return (
    <button type="button" class="veo-batch-picture" aria-label={`${made ? "Play" : "Open"} ${label}`} onClick={open}>
      {poster ? <img src={poster} alt="" draggable={false} /> : <Icon name={made ? "play" : kind === "failed" ? "warning" : "image"} />}
    </button>
  );
}

/** @param {{row: Row}} props */
function State({ row }) {
  const { kind, problem, progress } = row;
  return (
    <>
      <span class={`veo-pill veo-tone-${progress?.state ?? row.state.replaceAll(" ", "-")}`}>{standingText(row)}</span>
      {progress ? <Running progress={progress} /> : null}
      {kind === "failed" && problem && (
        <span class="veo-batch-why" title={problem}>
          {problem}
        </span>
      )}
    </>
  );
}

/** @param {{progress: NonNullable<Row["progress"]>}} props */
function Running({ progress }) {
  const elapsed = useElapsed(progress);
  return (
    <>
      <span class="veo-hint">{clockText(elapsed)}</span>
      <Bar share={position(progress, elapsed)} label="Progress, estimated" />
    </>
  );
}
