/**
 * Hides the plain-HTML output that the notebook keeps for readers without a kernel, while this view is alive.
 *
 * @param {{name: string}} props  its class; anything but the expected pattern is left out of the style
 */
export function SavedTwin({ name }) {
  if (!/^veo-saved-[A-Za-z0-9_-]+$/.test(name)) return null;
  return <style>{`.${name}{display:none}`}</style>;
}
