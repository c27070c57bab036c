import { Dismiss } from "./icons.jsx";

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
      <Dismiss onClick={onDismiss} />
    </div>
  );
}
