/**
 * The last line of the form: what is left of the budget, the request as code, and the button with its price.
 *
 * @import { FormStore } from "./store.js"
 * @import { Purse } from "./types.js"
 * @import { Wire } from "../kernel/types.js"
 */
import { asCell, asPython } from "./as_code.js";
import { usePassing, useTrait } from "../kernel/hooks.js";
import { useSilent } from "../kernel/link.js";
import { dollars, priceOf } from "./pricing.js";
import { GuardedButton } from "../ui/guarded_button.jsx";
import { Icon } from "../ui/icons.jsx";

const MAC = /Mac|iP(hone|ad)/.test(globalThis.navigator?.platform ?? "");

/** @param {{store: FormStore, wire: Wire & {get: (name: any) => any}, onGenerate: () => void}} props */
export function Footer({ store, wire, onGenerate }) {
  /** @type {Purse} */
  const budget = useTrait(wire, "budget") ?? { left: null };
  const { emulator } = store.schema.provider;
  const { usd, estimated } = priceOf(store.schema, store.state.values);
  const short = !emulator && usd !== null && typeof budget.left === "number" && usd > budget.left + 1e-9;
  const resting = store.state.order !== "" || store.images.busy;
  return (
    <div class="veo-form-foot">
      <div class="veo-form-notes">
        <span class={short ? "veo-field-fault" : "veo-hint"}>
          {emulator ? `Emulator: free, at the service ${dollars(usd)}` : usd === 0 ? "Free: no budget is touched" : budgetText(budget.left ?? null, short)}
        </span>
        <span class="veo-copies">
          <span class="veo-hint">Copy as</span>
          <CopyText label="Python" text={() => asPython(store.schema, store.state.values)} />
          <CopyText label="%%veo" text={() => asCell(store.schema, store.state.values)} />
        </span>
      </div>
      <GuardedButton
        class={`veo-primary veo-generate ${resting ? "veo-resting" : ""}`}
        title={`Generate (${MAC ? "⌘" : "Ctrl"}+Enter)${estimated ? "; the price is an estimate" : ""}`}
        shortcuts="Control+Enter Meta+Enter"
        resting={resting}
        disabled={useSilent(wire)}
        offer={store.state.adopted}
        onPress={onGenerate}
      >
        {buttonText(store)}
        <strong>{emulator || usd === 0 ? "free" : `${estimated ? "≈ " : ""}${dollars(usd)}`}</strong>
      </GuardedButton>
    </div>
  );
}

/**
 * @param {number|null} left
 * @param {boolean} short
 */
function budgetText(left, short) {
  if (left === null) return "No budget is set";
  return short ? `Only ${dollars(left)} of the budget is left` : `${dollars(left)} of the budget is left`;
}

/** @param {FormStore} store */
function buttonText({ state, images }) {
  if (images.busy) return "Loading the image …";
  if (state.order === "asking") return "Sending …";
  return state.order === "sent" ? "Sent" : "Generate";
}

/** @param {{label: string, text: () => string}} props */
function CopyText({ label, text }) {
  const [outcome, setOutcome] = usePassing(() => 1600);
  const copy = () => {
    const asked = navigator.clipboard?.writeText(text()) ?? Promise.reject(new Error("no clipboard"));
    asked.then(
      () => setOutcome("Copied"),
      () => setOutcome("No clipboard here"),
    );
  };
  return (
    <button type="button" class="veo-link" aria-label={`Copy as ${label}`} onClick={copy}>
      {label}
      <span class="veo-copied" role="status">
        {outcome ? <Icon name={outcome === "Copied" ? "check" : "warning"} /> : null}
        <span class="veo-unseen">{outcome}</span>
      </span>
    </button>
  );
}
