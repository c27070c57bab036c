/**
 * How far something is, as a bar.
 *
 * @param {{share: number, label: string, class?: string, title?: string, "aria-valuetext"?: string}} props  share: 0 to 1
 */
export function Bar({ share, label, class: kind = "veo-bar", ...rest }) {
  return (
    <div {...rest} class={kind} role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)}>
      <div style={{ width: `${(share * 100).toFixed(2)}%` }} />
    </div>
  );
}
