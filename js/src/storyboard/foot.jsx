/**
 * The last lines of the board: what is to be made and what that costs, and how the film stands that is being made.
 *
 * @import { Model, Offer, Standing } from "./types.js"
 */
import { usePaying } from "../kernel/hooks.js";
import { Bar } from "../ui/bar.jsx";
import { GuardedButton } from "../ui/guarded_button.jsx";
import { Icon } from "../ui/icons.jsx";
import { Refusal } from "../ui/refusal.jsx";

/** @param {{wire: Model, standing: Standing, busy: boolean}} props  busy: an edit is on its way */
export function Foot({ wire, standing: { offers, remarks, running }, busy }) {
  const { pending, off, refusal, pay, forget } = usePaying(wire, "make", () => {});
  return (
    <div class="veo-board-foot">
      {running && (
        <div class="veo-board-running" role="status">
          <span>{running.text}</span>
          {running.share === null ? null : <Bar share={running.share} label="Shots that are made" />}
        </div>
      )}
      {offers.map((offer) => (
        <div key={String(offer.again)} class="veo-board-offer">
          <span>
            {offer.again ? "With what failed: " : "To make: "}
            <strong>{offer.text}</strong>
            {offer.note ? <span class="veo-hint"> · {offer.note}</span> : null}
          </span>
          <GuardedButton
            class={offer.again ? "" : "veo-primary"}
            disabled={off || pending}
            resting={busy}
            offer={said(offer)}
            onPress={() => busy || pay({ offer: said(offer), again: offer.again ? 1 : 0 })}
          >
            <Icon name={offer.again ? "again" : "sparkle"} />
            {pending ? "Sending …" : `${offer.again ? "Make again" : "Make"} · ${offer.price}`}
          </GuardedButton>
        </div>
      ))}
      {offers.length === 0 && !running && <p class="veo-hint">Nothing to make</p>}
      <Refusal refusal={refusal} onDismiss={forget} />
      {remarks.map((remark) => (
        <p key={remark} class="veo-hint">
          {remark}
        </p>
      ))}
    </div>
  );
}

/** The offer in the words that the kernel compares with what it would send. @param {Offer} offer */
const said = ({ text, price }) => `${text}: ${price}`;
