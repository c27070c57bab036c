/**
 * The time line of all clips at once.
 *
 * @import { Clip } from "../lib/types.js"
 * @import { LinkedPlayback } from "../lib/linked.js"
 */
import { useSubject } from "../lib/redraw.js";
import { Speed, TimeReadout } from "./controls.jsx";
import { IconButton } from "./icons.jsx";
import { ScrubBar } from "./scrub.jsx";

/** @param {{linked: LinkedPlayback, clips: Clip[]}} props */
export function Transport({ linked, clips }) {
  useSubject(linked);
  const whole = { seconds: Math.max(...clips.map(({ seconds }) => seconds)), fps: Math.max(...clips.map(({ fps }) => fps)) };
  const seconds = Math.min(linked.position, whole.seconds);
  /** @param {{rate?: number, loop?: boolean}} change */
  const choose = ({ rate, loop }) => {
    if (rate !== undefined) linked.setRate(rate);
    if (loop !== undefined) linked.setLoop(loop);
  };
  return (
    <div class="veo-rail" role="group" aria-label="All clips">
      <ScrubBar clip={whole} seconds={seconds} buffered={0} onSeek={(to) => linked.seek(to)} />
      <div class="veo-rail-row">
        <div class="veo-group">
          <IconButton icon={linked.playing ? "pause" : "play"} label={linked.playing ? "Pause all" : "Play all"} keys="k" onClick={() => linked.toggle()} />
          <IconButton icon="back" label="Previous frame" keys="," onClick={() => linked.step(-1)} />
          <IconButton icon="forward" label="Next frame" keys="." onClick={() => linked.step(1)} />
          <TimeReadout clip={whole} seconds={seconds} />
        </div>
        <div class="veo-group veo-group-end">
          <Speed choice={linked} choose={choose} />
        </div>
      </div>
    </div>
  );
}
