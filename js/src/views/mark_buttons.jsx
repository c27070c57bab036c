/**
 * Star and reject.
 *
 * @import { Mark } from "../lib/types.js"
 */
import { IconButton } from "./icons.jsx";

/** @param {{sample: number, title: string, marked: Mark, mark: (sample: number, mark: Mark) => void}} props */
export function MarkButtons({ sample, title, marked, mark }) {
  const set = (/** @type {Mark} */ wanted) => mark(sample, marked === wanted ? "" : wanted);
  return (
    <span class="veo-marks">
      <IconButton icon="star" label={`Star ${title}`} keys="s" pressed={marked === "star"} onClick={() => set("star")} />
      <IconButton icon="close" label={`Reject ${title}`} keys="x" pressed={marked === "reject"} onClick={() => set("reject")} />
    </span>
  );
}
