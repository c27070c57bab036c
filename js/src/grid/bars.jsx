/**
 * The bars of the grid: what the drafts cost, in which order clips stand, and the starred ones made well.
 *
 * @import { Cell, Column, GridClip, Mark, Total, Wire } from "../kernel/types.js"
 */
import { usePaying } from "../kernel/hooks.js";
import { RetryButton } from "../job/actions.jsx";
import { GuardedButton } from "../ui/guarded_button.jsx";
import { Icon } from "../ui/icons.jsx";
import { Refusal } from "../ui/refusal.jsx";

const KEYS = "s star · x reject · arrows move · Enter open · m sound · k play all · j l 1 s · , . frame";

/** @param {{wire: Wire, total: Total}} props */
export function Drafts({ wire, total }) {
  const { pending, off, refusal, pay, forget } = usePaying(wire, "drafts");
  const many = total.count === 1 ? "1 draft" : `${total.count} drafts`;
  return (
    <>
      <div class="veo-drafts">
        <span>
          <strong>{many}</strong>, not sent yet
          {total.note ? <span class="veo-hint"> · {total.note}</span> : null}
        </span>
        <GuardedButton class="veo-primary" disabled={off || pending} onPress={() => pay({})}>
          <Icon name="sparkle" />
          {pending ? "Sending …" : `Generate ${many} · ${total.text}`}
        </GuardedButton>
      </div>
      <Refusal refusal={refusal} onDismiss={forget} />
    </>
  );
}

/** @param {{columns: Column[], by: string, onSort: (by: string) => void}} props */
export function Sort({ columns, by, onSort }) {
  return (
    <label class="veo-sort">
      <span>Order</span>
      <select value={by} onChange={(event) => onSort(event.currentTarget.value)}>
        <option value="">As made</option>
        <option value="starred">Starred first</option>
        {columns.map(({ name, label }) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}

/**
 * @param {{wire: Wire, cells: Cell[], clips: Record<string, GridClip>, marks: Record<string, Mark>, help: boolean}} props
 */
export function Render({ wire, cells, clips, marks, help }) {
  const { pending, off, refusal, pay, forget } = usePaying(wire, "render");
  const starred = cells.filter(({ sample }) => marks[sample] === "star");
  const made = new Set(cells.map(({ made_from, job }) => (job && ["failed", "filtered", "expired"].includes(job.state) ? null : made_from)));
  const wanted = starred.flatMap(({ sample }) => (clips[sample]?.render && !made.has(sample) ? [clips[sample]] : []));
  const prices = wanted.map((clip) => clip.render?.usd ?? null);
  const price = prices.includes(null) ? null : `$${prices.reduce((/** @type {number} */ sum, usd) => sum + (usd ?? 0), 0).toFixed(2)}`;
  const many = wanted.length === 1 ? "the starred one" : `${wanted.length} starred`;
  const offer = wanted[0]?.render;
  const how = offer?.seconds ? `${offer.resolution}, ${offer.seconds} s` : offer?.resolution;
  return (
    <>
      <span class="veo-hint veo-star-count" role="status">
        {help ? KEYS : starred.length > 0 ? `${starred.length} starred` : <span class="veo-keys">s stars a clip, x rejects it, ? shows all keys</span>}
      </span>
      {wanted.length > 0 && (
        <RetryButton
          key={wanted.map(({ sample }) => sample).join()}
          verb={`Render ${many} at ${how}`}
          price={price}
          primary
          pending={pending}
          off={off}
          onConfirm={() => pay({ samples: wanted.map(({ sample }) => sample) })}
        />
      )}
      <Refusal refusal={refusal} onDismiss={forget} />
    </>
  );
}
