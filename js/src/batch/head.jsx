/**
 * How far a batch is, and what can be sent, with its price.
 *
 * @import { Model, Offer, Standing } from "./types.js"
 */
import { usePaying } from "../kernel/hooks.js";
import { RetryButton } from "../job/actions.jsx";
import { Bar } from "../ui/bar.jsx";
import { GuardedButton } from "../ui/guarded_button.jsx";
import { Icon } from "../ui/icons.jsx";
import { Refusal } from "../ui/refusal.jsx";

/** @param {number} count */
const rows = (count) => (count === 1 ? "1 row" : `${count.toLocaleString()} rows`);

/** @param {Offer} offer */
function verbOf({ count, again }) {
  const fresh = count - again;
  if (again === 0) return `Make ${rows(fresh)}`;
  return fresh === 0 ? `Retry the failed (${again})` : `Make ${rows(fresh)} and retry ${again}`;
}

/**
 * @param {{wire: Model, standing: Standing,
 *   tell: (kind: "stop"|"sheet", payload?: Record<string, unknown>) => void}} props
 */
export function Head({ wire, standing, tell }) {
  const { name, line, bill, share, running, refused, idle, make, retry, render } = standing;
  const run = usePaying(wire, "run", () => {});
  const better = usePaying(wire, "render", () => {});
  const off = run.off || run.pending || better.pending;
  const offers = [make, retry].filter((offer) => offer !== null);
  const many = render?.rows.length;
  const how = render?.seconds ? `${render.resolution}, ${render.seconds} s` : render?.resolution;
  return (
    <header class="veo-batch-head">
      <div class="veo-batch-title">
        <h3 dir="auto">{name}</h3>
        <span>{line}</span>
      </div>
      <Bar share={share} label="Rows that have come to their end" />
      <p class="veo-hint">{bill}</p>
      {refused > 0 && (
        <p class="veo-batch-refused" role="alert">
          Nothing can be sent: {rows(refused)} {refused === 1 ? "breaks" : "break"} a rule. The table says which.
        </p>
      )}
      <div class="veo-batch-acts">
        {offers.map((offer, place) => (
          <RetryButton
            key={`${offer.count} ${offer.text}`}
            verb={verbOf(offer)}
            icon={offer.again > 0 ? "again" : "sparkle"}
            price={offer.usd === null ? null : offer.text}
            primary={place === 0}
            pending={run.pending}
            off={off}
            onConfirm={() => run.pay({ retry: offer.again > 0 ? 1 : 0, count: offer.count })}
          />
        ))}
        {render && (
          <RetryButton
            key={render.rows.join()}
            verb={`Render ${many === 1 ? "the starred one" : `the starred (${many})`} at ${how}`}
            icon="star"
            price={render.usd === null ? null : render.text}
            primary={offers.length === 0 && !running}
            pending={better.pending}
            off={off}
            onConfirm={() => better.pay({ samples: render.rows.slice(0, 1000) })}
          />
        )}
        {idle > 0 && !make && !running && (
          <GuardedButton disabled={off} onPress={() => run.pay({ retry: 0, count: 0 })}>
            Resume waiting
          </GuardedButton>
        )}
        {running && (
          <button type="button" disabled={run.off} title="Send nothing more; what the service has goes on" onClick={() => tell("stop", { job: "" })}>
            <Icon name="close" />
            Stop
          </button>
        )}
        <button type="button" disabled={run.off} onClick={() => tell("sheet")}>
          <Icon name="grid" />
          Contact sheet
        </button>
      </div>
      <Refusal refusal={run.refusal || better.refusal} onDismiss={() => [run, better].forEach(({ forget }) => forget())} />
    </header>
  );
}
