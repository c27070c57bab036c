/**
 * The time line of all clips at once.
 *
 * @import { Clip } from "../lib/types.js"
 * @import { LinkedPlayback } from "../lib/linked.js"
 */
import { useSubject } from "../lib/redraw.js";
import { Rail, Speed, TimeReadout } from "./controls.jsx";
import { ScrubBar } from "./scrub.jsx";

/** @param {{linked: LinkedPlayback, clips: Clip[]}} props */
export function Transport({ linked, clips }) {
  useSubject(linked);
  const whole = { seconds: Math.max(...clips.map(({ seconds }) => seconds)), fps: Math.max(...clips.map(({ fps }) => fps)) };
  const seconds = Math.min(linked.position, whole.seconds);
  return (
    <Rail
      role="group"
      aria-label="All clips"
      line={<ScrubBar clip={whole} seconds={seconds} buffered={0} onSeek={(to) => linked.seek(to)} />}
      readout={<TimeReadout clip={whole} seconds={seconds} />}
      playing={linked.playing}
      what=" all"
      onToggle={() => linked.toggle()}
      onStep={(frames) => linked.step(frames)}
    >
      <Speed choice={linked} choose={(change) => linked.choose(change)} />
    </Rail>
  );
}
