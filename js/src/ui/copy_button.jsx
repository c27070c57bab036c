import { toClipboard } from "./clipboard.js";
import { usePassing } from "../kernel/hooks.js";
import { IconButton } from "./icons.jsx";

/**
 * Copies a text and says so for a moment.
 *
 * @param {{text: string, label: string}} props
 */
export function CopyButton({ text, label }) {
  const [outcome, setOutcome] = usePassing(() => 1600);
  const copy = async () => setOutcome((await toClipboard(text)) ? "Copied" : "The clipboard is not available here");
  return (
    <span class="veo-copy">
      <IconButton icon={outcome === "Copied" ? "check" : "copy"} label={outcome || label} onClick={copy} />
      <span class="veo-unseen" role="status">
        {outcome}
      </span>
    </span>
  );
}
