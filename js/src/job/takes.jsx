/**
 * A cell that was run again: what is said of it, the question whether to pay again, and the takes before.
 *
 * @import { Cell, Clip, GridClip, Job, Take } from "../kernel/types.js"
 */
import { Button } from "../ui/button.jsx";
import { Icon } from "../ui/icons.jsx";
import { Thumbs } from "../clip/strip.jsx";

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
      {job.asks && (
        <Button class="veo-primary" disabled={pending !== ""} onClick={again}>
          <Icon name="again" />
          {pending === "retry" ? "Sending …" : `${job.state === "unknown" ? "Send again" : "Generate again"} · ${job.asks.price}`}
        </Button>
      )}
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
  return <Takes takes={all.map(({ id, number, clips: [clip] }) => ({ id, number, clip }))} {...{ shown, onPick }} />;
}

/**
 * The takes of a cell that has a grid, each of which is all of its clips.
 *
 * @param {{cells: Cell[], clips: Record<string, GridClip>, shown: number, onPick: (take: number) => void}} props
 */
export function GridTakes({ cells, clips, shown, onPick }) {
  const numbers = takesOf(cells);
  if (numbers.length < 2) return null;
  const first = (/** @type {number} */ take) => clips[cells.find((cell) => cell.take === take && clips[cell.sample])?.sample ?? -1];
  return <Takes takes={numbers.map((number) => ({ id: number, number, clip: first(number) }))} {...{ shown, onPick }} />;
}

/**
 * The takes of which something was sent, oldest first.
 *
 * @param {Cell[]} cells
 */
export function takesOf(cells) {
  return [...new Set(cells.flatMap(({ job, planned, take }) => (job || !planned ? [take ?? 0] : [])))].sort((one, other) => one - other);
}

/**
 * @template {string|number} T
 * @param {{takes: {id: T, number: number, clip: Clip|undefined}[], shown: T, onPick: (id: T) => void}} props
 */
function Takes({ takes, ...rest }) {
  return <Thumbs class="veo-takes" label="Takes of this cell" thumbs={takes.map(({ number, ...take }) => ({ ...take, text: `Take ${number}` }))} {...rest} />;
}
