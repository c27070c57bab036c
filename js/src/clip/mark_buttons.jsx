/**
 * Star and reject.
 *
 * @import { Mark } from "../kernel/types.js"
 */
import { IconButton } from "../ui/icons.jsx";

/**
 * @param {{sample: number, title: string, marked: Mark, mark: (sample: number, mark: Mark) => void, shown?: boolean}} props
 *   their place is kept also where they are not shown
 */
export function MarkButtons({ sample, title, marked, mark, shown = true }) {
  const set = (/** @type {Mark} */ wanted) => mark(sample, marked === wanted ? "" : wanted);
  return (
    <span class={`veo-marks ${shown ? "" : "veo-marks-none"}`}>
      <IconButton icon="star" label={`Star ${title}`} keys="s" pressed={marked === "star"} onClick={() => set("star")} />
      <IconButton icon="close" label={`Reject ${title}`} keys="x" pressed={marked === "reject"} onClick={() => set("reject")} />
    </span>
  );
}
