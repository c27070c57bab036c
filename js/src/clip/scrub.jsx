/**
 * The time line: what has played, what is loaded, and a native slider over both.
 *
 * @import { Clip } from "../kernel/types.js"
 * @import { Shots } from "./shots.jsx"
 */
import { useState } from "preact/hooks";
import { clamp } from "../ui/clamp.js";
import { frameAt, timeOf, usePosition } from "./playback.js";
import { clockText, spokenTime } from "../kernel/time.js";

/**
 * How far the element has loaded from where it is, in seconds.
 *
 * @param {HTMLVideoElement|null} video
 */
function bufferedTo(video) {
  if (!video?.buffered) return 0;
  const { buffered, currentTime } = video;
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= currentTime && currentTime <= buffered.end(i)) return buffered.end(i);
  }
  return 0;
}

/** @param {{clip: Clip, video: HTMLVideoElement|null, joins: Shots|undefined}} props */
export function Scrub({ clip, video, joins }) {
  const seek = (/** @type {number} */ to) => {
    if (video) video.currentTime = timeOf(frameAt(to, clip), clip);
  };
  return <ScrubBar clip={clip} seconds={usePosition(video)} buffered={bufferedTo(video)} onSeek={seek} joins={joins} />;
}

/**
 * @param {{clip: Pick<Clip, "seconds"|"fps">, seconds: number, buffered: number, onSeek: (seconds: number) => void, joins?: Shots|undefined}} props
 */
export function ScrubBar({ clip, seconds, buffered, onSeek, joins }) {
  const [pointed, setPointed] = useState(/** @type {number|null} */ (null));
  const point = (/** @type {PointerEvent & {currentTarget: HTMLElement}} */ event) => {
    const box = event.currentTarget.getBoundingClientRect();
    setPointed(clamp((event.clientX - box.left) / box.width, 0, 1) * clip.seconds);
  };
  const along = (/** @type {number} */ to) => `${(clamp(to / clip.seconds, 0, 1) * 100).toFixed(2)}%`;
  return (
    <div class="veo-scrub" onPointerMove={point} onPointerLeave={() => setPointed(null)}>
      <div class="veo-track">
        <div class="veo-buffered" style={{ width: along(buffered) }} />
        <div class="veo-played" style={{ width: along(seconds) }} />
      </div>
      {joins?.ticks(seconds)}
      <input
        type="range"
        min={0}
        max={clip.seconds}
        step={1 / clip.fps}
        value={seconds}
        aria-label="Position"
        aria-valuetext={`${spokenTime(seconds)} of ${spokenTime(clip.seconds)}, frame ${frameAt(seconds, clip)}${joins?.told(seconds) ?? ""}`}
        onInput={(event) => onSeek(Number(event.currentTarget.value))}
      />
      {pointed === null ? null : (
        <div class="veo-bubble" style={{ "--veo-at": along(pointed) }} aria-hidden="true">
          {clockText(pointed)} · {frameAt(pointed, clip)}
          {joins?.told(pointed)}
        </div>
      )}
    </div>
  );
}
