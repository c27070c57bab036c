import { IconButton } from "./icons.jsx";

/**
 * Why the kernel has not done what was asked, until it is put away.
 *
 * @param {{refusal: string, onDismiss: () => void}} props
 */
export function Refusal({ refusal, onDismiss }) {
  if (!refusal) return null;
  return (
    <div class="veo-remark veo-remark-bad" role="alert">
      <span>{refusal}</span>
      <IconButton icon="close" label="Dismiss" onClick={onDismiss} />
    </div>
  );
}
