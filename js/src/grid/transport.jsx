/**
 * The time line of all clips at once.
 *
 * @import { LinkedPlayback } from "./linked.js"
 */
import { useSubject } from "../kernel/redraw.js";
import { Rail, Speed, TimeReadout } from "../clip/controls.jsx";
import { ScrubBar } from "../clip/scrub.jsx";

/** @param {{linked: LinkedPlayback}} props */
export function Transport({ linked }) {
  useSubject(linked);
  const seconds = Math.min(linked.position, linked.seconds);
  return (
    <Rail
      role="group"
      aria-label="All clips"
      line={<ScrubBar clip={linked} seconds={seconds} buffered={0} onSeek={(to) => linked.seek(to)} />}
      readout={<TimeReadout clip={linked} seconds={seconds} />}
      playing={linked.playing}
      what=" all"
      onToggle={() => linked.toggle()}
      onStep={(frames) => linked.step(frames)}
    >
      <Speed choice={linked} choose={(change) => linked.choose(change)} />
    </Rail>
  );
}
