/**
 * Everything known about a clip, folded away.
 *
 * @import { ComponentChildren } from "preact"
 * @import { Clip } from "../kernel/types.js"
 * @import { Facts } from "./player.jsx"
 */
import { useState } from "preact/hooks";
import { sizeText } from "../ui/words.js";
import { Button } from "../ui/button.jsx";
import { CopyButton } from "../ui/copy_button.jsx";
import { Icon } from "../ui/icons.jsx";

/**
 * @param {Clip} clip
 * @param {Facts} facts
 * @returns {[string, string][]}
 */
function rows(clip, facts) {
  return [
    ["Prompt", facts.prompt],
    ["Model", facts.model],
    ...facts.settings,
    ["Price", facts.price ?? ""],
    ["File", fileText(clip)],
    ["SHA-256", clip.sha256 && `${clip.sha256.slice(0, 12)}…`],
    ...(clip.credentials ?? []),
  ];
}

/** @param {Clip} clip */
function fileText({ width, height, fps, seconds, has_audio, bytes }) {
  const sound = has_audio ? "with sound" : "without sound";
  return `${width} × ${height} at ${fps} frames per second, ${seconds} s ${sound}, ${sizeText(bytes)}`;
}

/** @param {{clip: Clip, facts: Facts, children?: ComponentChildren}} props */
export function Details({ clip, facts, children }) {
  const [open, setOpen] = useState(false);
  return (
    <div class="veo-details">
      <div class="veo-details-bar">
        <Button class="veo-fold" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name="chevron" />
          Details
        </Button>
        {children}
      </div>
      {open && (
        <dl>
          <dt>Path</dt>
          <dd>
            <code>{clip.path}</code>
            <CopyButton text={clip.path} label="Copy path" />
          </dd>
          {rows(clip, facts).map(([label, value]) =>
            value ? (
              <div key={label} class="veo-row">
                <dt>{label}</dt>
                <dd>{value}</dd>
              </div>
            ) : null,
          )}
        </dl>
      )}
    </div>
  );
}
