/**
 * The prompt: grows with its text, counts, shows the notebook's variables, and knows what was asked for before.
 *
 * @import { FormStore } from "./store.js"
 * @import { Wire } from "../kernel/types.js"
 */
import { useRef } from "preact/hooks";
import { useTrait } from "../kernel/hooks.js";
import { useGrowth } from "../ui/growth.js";
import { usePageId } from "../ui/page_id.js";
import { CAST, Panel } from "./panel.jsx";
import { tokensIn } from "./tokens.js";

/** @param {{store: FormStore, wire: Wire & {get: (name: any) => any}, fault: string, children?: import("preact").ComponentChildren}} props */
export function PromptBox({ store, wire, fault, children }) {
  const box = useRef(/** @type {HTMLTextAreaElement|null} */ (null));
  const id = usePageId();
  const text = store.state.values.prompt ?? "";
  useGrowth(box, text);
  const cast = useTrait(wire, "cast") ?? [];
  const remarks = useTrait(wire, "remarks") ?? [];
  return (
    <div class={`veo-ask-for ${fault ? "veo-faulty" : ""}`} data-parameter="prompt">
      <label class="veo-unseen" for={id}>
        Prompt
      </label>
      <textarea
        id={id}
        ref={box}
        rows={3}
        dir="auto"
        placeholder="Describe the clip: who, where, what happens, how it looks and sounds"
        aria-describedby={`${id}-r`}
        aria-invalid={Boolean(fault)}
        value={text}
        onInput={(event) => store.say({ prompt: event.currentTarget.value })}
      />
      {cast.length > 0 && <Panel which={CAST} {...{ store, wire, cast, remarks, box }} />}
      <div class="veo-ask-for-foot" id={`${id}-r`}>
        <Variables text={text} values={useTrait(wire, "variables") ?? {}} />
        {fault ? <span class="veo-field-fault">{fault}</span> : null}
        <span class="veo-ask-for-end">
          <Count text={text} limit={store.model.prompt_tokens} />
          {children}
        </span>
      </div>
    </div>
  );
}

/** @param {{text: string, limit: number|null}} props */
function Count({ text, limit }) {
  const count = tokensIn(text);
  if (count === 0) return <span class="veo-count" />;
  const over = limit !== null && count > limit;
  const of = limit === null ? "" : ` of ${limit.toLocaleString("en")}`;
  const title = "Estimated length of the prompt in tokens; the service does its own count";
  return (
    <span class={`veo-count ${over ? "veo-field-fault" : "veo-hint"}`} title={title}>
      {over ? "Too long? " : ""}about {count.toLocaleString("en")}
      {of} tokens
    </span>
  );
}

/** @param {{text: string, values: Record<string, string|null>}} props */
function Variables({ text, values }) {
  const shown = Object.entries(values).filter(([name]) => text.includes(`{${name}}`));
  if (shown.length === 0) return null;
  return (
    <ul class="veo-variables" aria-label="The notebook's variables in the prompt">
      {shown.map(([name, value]) => (
        <li key={name} class={`veo-chip ${value === null ? "veo-field-fault" : ""}`} title={value ?? ""}>
          <code>{`{${name}}`}</code> {value === null ? "is not defined" : value}
        </li>
      ))}
    </ul>
  );
}
