/**
 * The bar below the picture.
 *
 * @import { ComponentChildren } from "preact"
 * @import { Parts } from "./clip_stage.jsx"
 * @import { Clip } from "../kernel/types.js"
 */
import { canHear, frameAt, usePosition } from "./playback.js";
import { clockText } from "../kernel/time.js";
import { GrabMenu } from "./grabbing.jsx";
import { Icon, IconButton } from "../ui/icons.jsx";
import { MoreMenu } from "./more_menu.jsx";
import { Scrub } from "./scrub.jsx";

const RATES = [0.25, 0.5, 1, 1.5, 2];

/** @param {Parts} props */
export function Controls(props) {
  const { clip, video, playback, commands, joins } = props;
  return (
    <Rail
      line={<Scrub clip={clip} video={video} joins={joins} />}
      readout={[joins?.jumps, <Readout clip={clip} video={video} />]}
      playing={playback.playing}
      onToggle={commands.toggle}
      onStep={(amount) => commands.frame?.(amount)}
    >
      <GrabMenu grabbing={props.grabbing} ready={playback.loaded} />
      <Sound {...props} />
      <Speed {...props} />
      <Leaving {...props} />
      <MoreMenu {...props} />
    </Rail>
  );
}

/**
 * A time line, what moves along it, and the rest.
 *
 * @param {{line: ComponentChildren, readout: ComponentChildren, playing: boolean, what?: string, onToggle: () => void,
 *   onStep: (frames: number) => void, children: ComponentChildren, role?: "group", "aria-label"?: string}} props  what: plays,
 *   if it is not the one clip
 */
export function Rail({ line, readout, playing, what = "", onToggle, onStep, children, ...rest }) {
  return (
    <div {...rest} class="veo-rail">
      {line}
      <div class="veo-rail-row">
        <div class="veo-group">
          <IconButton icon={playing ? "pause" : "play"} label={`${playing ? "Pause" : "Play"}${what}`} keys="k" onClick={onToggle} />
          <IconButton icon="back" label="Previous frame" keys="," onClick={() => onStep(-1)} />
          <IconButton icon="forward" label="Next frame" keys="." onClick={() => onStep(1)} />
          {readout}
        </div>
        <div class="veo-group veo-group-end">{children}</div>
      </div>
    </div>
  );
}

/** @param {{clip: Clip, video: HTMLVideoElement|null}} props */
const Readout = ({ clip, video }) => <TimeReadout clip={clip} seconds={usePosition(video)} />;

/** @param {{clip: Pick<Clip, "seconds"|"fps">, seconds: number}} props */
export function TimeReadout({ clip, seconds }) {
  return (
    <span class="veo-readout">
      <span>
        {clockText(seconds)}
        <span class="veo-length"> / {clockText(clip.seconds)}</span>
      </span>
      <span class="veo-hint" title="Counted from 0">
        f<span class="veo-length">rame </span>
        {frameAt(seconds, clip)}
      </span>
    </span>
  );
}

/** @param {Pick<Parts, "choose"> & {clip: Pick<Clip, "has_audio">, choice: Pick<Parts["choice"], "muted"|"volume">, commands: Pick<Parts["commands"], "mute">}} props */
export function Sound({ clip, choice, choose, commands }) {
  const audible = clip.has_audio && canHear();
  const why = clip.has_audio ? "This viewer cannot play sound" : "This clip has no sound";
  const silent = choice.muted || choice.volume === 0 || !audible;
  const set = (/** @type {number} */ volume) => choose({ volume, muted: volume === 0 });
  return (
    <>
      <IconButton
        icon={silent ? "muted" : "sound"}
        label={!audible ? why : silent ? "Turn sound on" : "Mute"}
        keys={audible ? "m" : ""}
        disabled={!audible}
        onClick={commands.mute}
      />
      <input
        class="veo-volume"
        style={{ "--veo-at": `${(silent ? 0 : choice.volume) * 100}%` }}
        type="range"
        min={0}
        max={1}
        step={0.05}
        value={silent ? 0 : choice.volume}
        disabled={!audible}
        aria-label="Volume"
        title="Volume"
        onInput={(event) => set(Number(event.currentTarget.value))}
      />
    </>
  );
}

/** @param {{choice: {rate: number, loop: boolean}, choose: (change: {rate?: number, loop?: boolean}) => void}} props */
export function Speed({ choice, choose }) {
  return (
    <>
      <select
        class="veo-speed"
        aria-label="Speed"
        title="Speed"
        value={String(choice.rate)}
        onChange={(event) => choose({ rate: Number(event.currentTarget.value) })}
      >
        {RATES.map((rate) => (
          <option key={rate} value={String(rate)}>
            {rate}×
          </option>
        ))}
      </select>
      <IconButton icon="loop" class="veo-roomy" label="Loop" pressed={choice.loop} onClick={() => choose({ loop: !choice.loop })} />
    </>
  );
}

/** @param {Parts} props */
function Leaving({ clip, source, commands }) {
  return (
    <>
      <IconButton icon="full" label="Full screen" keys="f" onClick={() => commands.fullscreen?.(0)} />
      {source.url ? (
        <a class="veo-icon veo-roomy" href={source.url} download={clip.name} aria-label="Download" title={`Download ${clip.name}`}>
          <Icon name="download" />
        </a>
      ) : (
        <IconButton icon="download" class="veo-roomy" label="Download, once the clip is loaded" disabled />
      )}
    </>
  );
}
