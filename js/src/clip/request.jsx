/**
 * What was asked for: prompt, model, settings, price.
 *
 * @import { Price, Settings } from "../kernel/types.js"
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { onResize } from "../kernel/events.js";
import { Button } from "../ui/button.jsx";

/** @param {{text: string}} props */
export function Prompt({ text }) {
  const paragraph = useRef(/** @type {HTMLParagraphElement|null} */ (null));
  const [open, setOpen] = useState(false);
  const [long, setLong] = useState(false);
  useEffect(() => {
    const element = paragraph.current;
    if (!element || open) return undefined;
    return onResize(element, () => setLong(element.scrollHeight > element.clientHeight + 1));
  }, [text, open]);
  return (
    <div class="veo-prompt">
      <p ref={paragraph} class={open ? "" : "veo-clamped"} dir="auto">
        {text}
      </p>
      {long || open && (
        <Button class="veo-link" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Show less" : "Show all"}
        </Button>
      )}
    </div>
  );
}

/** @param {{model: string, settings: Settings}} props */
export function Chips({ model, settings }) {
  return (
    <ul class="veo-chips" aria-label="Model and settings">
      {model ? <li class="veo-chip veo-chip-model">{model}</li> : null}
      {settings.map(([label, value]) => (
        <li key={label} class="veo-chip">
          <span>{label}</span> {value}
        </li>
      ))}
    </ul>
  );
}

/** @param {{price: Price}} props */
export function PriceTag({ price }) {
  return (
    <div class={price.usd === null ? "veo-price veo-price-unknown" : "veo-price"}>
      {price.note ? <span class="veo-hint">{price.note}</span> : null}
      <strong>{price.text}</strong>
    </div>
  );
}
