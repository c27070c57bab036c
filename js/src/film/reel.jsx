/**
 * Plays a film through without rendering it: its shots and title cards one after another, in hard cuts.
 *
 * @import { ClipSources } from "../kernel/clip_sources.js"
 * @import { KeyCommand } from "../kernel/keys.js"
 * @import { Part } from "./layout.js"
 */
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { Arriving, Stuck, Undecodable } from "../clip/clip_stage.jsx";
import { Rail, Sound, Speed, TimeReadout } from "../clip/controls.jsx";
import { toggleFullscreen, whyNot } from "../clip/playback.js";
import { ScrubBar } from "../clip/scrub.jsx";
import { shotsOf } from "../clip/shots.jsx";
import { Stage } from "../clip/stage.jsx";
import { clipKey } from "../kernel/clip_sources.js";
import { claim } from "../kernel/events.js";
import { usePassing, useSeen, useVisible } from "../kernel/hooks.js";
import { keyCommand } from "../kernel/keys.js";
import { useSubject } from "../kernel/redraw.js";
import { Icon, IconButton } from "../ui/icons.jsx";
import { ReelPlayback } from "./reel_playback.js";

const KEYS_TEXT = "k play · j l 1 s · , . frame · b n shot · 0–9 jump · m sound · f full screen";

/**
 * @param {{sources: ClipSources, parts: Part[], onPart?: (key: string) => void, starts?: boolean}} props  sources: which no
 *   player of a clip uses too, as clips that are over are let go of; onPart: called with the key of the part that is shown
 *   now; starts: it plays once it is seen
 */
export function Reel(props) {
  return props.parts.length > 0 ? <Film {...props} /> : <div class="veo-empty">There is no shot to play.</div>;
}

/** @param {Parameters<typeof Reel>[0]} props */
function Film({ sources, parts, onPart, starts = false }) {
  const [reel] = useState(() => new ReelPlayback(sources, parts));
  const [videos] = useState(() => /** @type {HTMLVideoElement[]} */ ([]));
  const [player, setPlayer] = useState(/** @type {HTMLElement|null} */ (null));
  const [said, say] = usePassing(() => 15_000);
  useSubject(reel);
  const seen = useShowing(reel, parts, videos, player);
  useEffect(() => {
    if (seen && starts) reel.play();
  }, [seen]);
  useEffect(() => onPart?.(reel.part.key), [reel.part.key]);
  const commands = commandsOf(reel, player, () => say(said ? "" : KEYS_TEXT));
  const shots = shotsOf(reel.shots, reel, () => reel.position, (to) => reel.seek(to));
  const shape = parts.find(({ clip }) => clip)?.clip ?? { width: 16, height: 9 };
  const clips = parts.flatMap(({ clip }) => clip ?? []);
  return (
    <section
      ref={setPlayer}
      class="veo-player veo-reel"
      tabIndex={0}
      aria-label="Film"
      aria-keyshortcuts="Space K J L ArrowLeft ArrowRight , . B N 0 1 2 3 4 5 6 7 8 9 Home End M F ?"
      onKeyDown={(event) => shots.pressed(event) || pressed(event, commands)}
    >
      <Stage
        shape={shape}
        kind="clip"
        frame={
          <>
            {[0, 1].map((n) => (
              <video
                key={n}
                ref={(video) => void (video && (videos[n] = video))}
                class={reel.front && reel.front.video === videos[n] ? "veo-video" : "veo-video veo-behind"}
                playsInline
                preload="auto"
                aria-hidden={reel.front?.video !== videos[n]}
                aria-label={reel.part.label}
                onClick={commands.toggle}
                onDblClick={commands.fullscreen}
              />
            ))}
            <InPlace reel={reel} />
          </>
        }
      >
        <Over reel={reel} sources={sources} />
      </Stage>
      <Rail
        line={<ScrubBar clip={reel} seconds={reel.position} buffered={0} onSeek={(to) => reel.seek(to)} joins={shots} />}
        readout={[shots.jumps, <TimeReadout clip={reel} seconds={reel.position} />]}
        playing={reel.playing}
        onToggle={commands.toggle}
        onStep={commands.frame}
      >
        <Sound clip={{ has_audio: clips.some((clip) => clip.has_audio) }} choice={reel.choice} choose={(change) => reel.choose(change)} commands={commands} />
        <Speed choice={reel.choice} choose={(change) => reel.choose(change)} />
        <IconButton icon="full" label="Full screen" keys="f" onClick={commands.fullscreen} />
      </Rail>
      <div class={said ? "veo-remark" : "veo-unseen"} role="status">
        {/* Nobody is talked over. */}
        {said || (reel.playing ? "" : reel.part.label)}
      </div>
    </section>
  );
}

/**
 * Open the film once it is on screen, keep to its parts, and stop it out of sight.
 *
 * @param {ReelPlayback} reel
 * @param {Part[]} parts
 * @param {HTMLVideoElement[]} videos
 * @param {HTMLElement|null} player
 */
function useShowing(reel, parts, videos, player) {
  const seen = useSeen(player);
  const near = useVisible(player);
  const parted = JSON.stringify(parts.map(({ clip, ...part }) => [part, clip && clipKey(clip)]));
  useLayoutEffect(() => reel.lay(parts), [reel, parted]);
  useLayoutEffect(() => {
    if (seen) reel.open(videos);
  }, [reel, seen]);
  useEffect(() => {
    if (!near) reel.pause();
  }, [reel, near]);
  useLayoutEffect(() => () => reel.dispose(), [reel]);
  return seen;
}

/**
 * @param {ReelPlayback} reel
 * @param {HTMLElement|null} player
 * @param {() => void} help
 * @returns {Record<"toggle"|"mute"|"fullscreen"|"help", () => void> & Record<"skip"|"share"|"frame", (amount: number) => void>}
 */
function commandsOf(reel, player, help) {
  return {
    toggle: () => reel.toggle(),
    mute: () => reel.choose({ muted: !reel.choice.muted }),
    fullscreen: () => player && toggleFullscreen(player),
    skip: (amount) => reel.seek(reel.position + amount),
    share: (amount) => reel.seek(amount * reel.seconds),
    frame: (amount) => reel.step(amount),
    help,
  };
}

/**
 * @param {KeyboardEvent} event
 * @param {Partial<Record<KeyCommand, (amount: number) => void>>} commands
 */
function pressed(event, commands) {
  const [name, amount] = keyCommand(event) ?? ["", 0];
  const command = name && commands[name];
  if (!command) return;
  claim(event);
  command(amount);
}

/** What is seen where no clip is. @param {{reel: ReelPlayback}} props */
function InPlace({ reel: { front, part } }) {
  const { clip, card } = part;
  if (card) return <Card {...card} />;
  return clip?.poster && !front ? <img class="veo-video" src={clip.poster} alt="" /> : null;
}

/** What lies over the picture. @param {{reel: ReelPlayback, sources: ClipSources}} props */
function Over({ reel, sources }) {
  const { clip, card, label } = reel.part;
  if (reel.stuck?.clip) return <Trouble seat={reel.stuck} sources={sources} />;
  const source = clip && sources.get(clip);
  return (
    <>
      {card || clip ? null : (
        <div class="veo-over">
          <div class="veo-title">{label}</div>
          <p class="veo-hint">There is no clip yet.</p>
        </div>
      )}
      {source?.phase === "pulling" && <Arriving source={source} />}
      {reel.waiting && <div class="veo-over veo-spinner" aria-hidden="true" />}
      {reel.playing ? null : (
        <button type="button" class={clip ? "veo-big-play" : "veo-big-play veo-low"} aria-label="Play" title="Play (k)" onClick={() => reel.play()}>
          <Icon name="play" />
        </button>
      )}
    </>
  );
}

/** @param {{seat: import("./seat.js").Seat, sources: ClipSources}} props */
function Trouble({ seat: { clip, source, video }, sources }) {
  if (!clip || !source) return null;
  const isHere = source.phase !== "failed" && !source.silent;
  return isHere ? <Undecodable clip={clip} why={whyNot(video, clip)} /> : <Stuck source={source} onRetry={() => sources.retry(clip)} />;
}

/**
 * Words as large as they are in the film, or nearly.
 *
 * @param {{text: string, background: string, ink: string}} props
 */
function Card({ text, background, ink }) {
  const size = Math.min(11, 100 / Math.sqrt(text.length), 64 / text.split("\n").length);
  return (
    <div class="veo-title-card" style={{ background, color: ink }}>
      <p style={{ fontSize: `${size}cqmin` }}>{text}</p>
    </div>
  );
}
