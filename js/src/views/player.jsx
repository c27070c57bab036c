/**
 * The clips of one job: picture, controls, a strip to choose from, and the details.
 *
 * @import { ComponentChildren } from "preact"
 * @import { Clip, Settings, Wire } from "../lib/types.js"
 * @import { ClipSources } from "../lib/clip_sources.js"
 */
import { useEffect, useState } from "preact/hooks";
import { clipKey } from "../lib/clip_sources.js";
import { useSeen, useSource } from "../lib/hooks.js";
import { keyCommand } from "../lib/keys.js";
import { canHear, commandsFor, usePlayback } from "../lib/playback.js";
import { ClipStage } from "./clip_stage.jsx";
import { Controls } from "./controls.jsx";
import { Details } from "./details.jsx";
import { Strip } from "./strip.jsx";

/** @typedef {{prompt: string, model: string, settings: Settings, price?: string}} Facts */

/**
 * What the viewer chose and what outlives a change of clip.
 *
 * @typedef {object} Choice
 * @property {number} sample
 * @property {boolean} wanted  play as soon as the clip can
 * @property {boolean} loop
 * @property {boolean} muted
 * @property {number} volume
 * @property {number} rate
 */

const prefersStill = () => globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;

/**
 * @param {Clip[]} clips
 * @param {boolean} autoStart
 * @returns {Choice}
 */
function firstChoice(clips, autoStart) {
  const start = autoStart && !prefersStill();
  return { sample: clips[0]?.sample ?? 0, wanted: start, loop: start, muted: start, volume: 1, rate: 1 };
}

/**
 * Keep the element as the viewer chose, also after the clip was changed under it.
 *
 * @param {HTMLVideoElement|null} video
 * @param {Choice} choice
 */
function useChoice(video, { loop, muted, volume, rate }) {
  useEffect(() => {
    if (video) Object.assign(video, { loop, muted, volume, playbackRate: rate, defaultPlaybackRate: rate });
  }, [video, loop, muted, volume, rate]);
}

/**
 * Opens the clip once it is on screen, and starts it once it is open if that is wanted.
 *
 * @param {ClipSources} sources
 * @param {Clip} clip
 * @param {HTMLElement|null} player
 * @param {HTMLVideoElement|null} video
 * @param {Choice} choice
 */
function useOpening(sources, clip, player, video, choice) {
  const source = useSource(sources, clip);
  const seen = useSeen(player);
  useEffect(() => {
    if (seen) void sources.open(clip);
  }, [seen, sources, clipKey(clip)]);
  useEffect(() => {
    if (!video || !seen || !choice.wanted || source.phase !== "ready") return;
    video.muted = choice.muted;
    video.play().catch(() => {});
  }, [video, seen, choice.wanted, source.phase, source.url]);
  return source;
}

/**
 * @param {{wire: Wire, sources: ClipSources, clips: Clip[], facts: Facts, autoStart: boolean,
 *   actions?: ComponentChildren, children?: ComponentChildren}} props
 */
export function Player({ wire, sources, clips, facts, autoStart, actions, children }) {
  const [choice, setChoice] = useState(() => firstChoice(clips, autoStart));
  const [player, setPlayer] = useState(/** @type {HTMLElement|null} */ (null));
  const [video, setVideo] = useState(/** @type {HTMLVideoElement|null} */ (null));
  const choose = (/** @type {Partial<Choice>} */ change) => setChoice((before) => ({ ...before, ...change }));
  const clip = clips.find(({ sample }) => sample === choice.sample) ?? /** @type {Clip} */ (clips[0]);
  const source = useOpening(sources, clip, player, video, choice);
  const playback = usePlayback(video);
  useChoice(video, choice);
  const commands = usePlayerCommands(video, clip, player, choose);
  const parts = { wire, sources, clip, source, video, playback, choice, choose, commands };
  return (
    <>
      <section
        ref={setPlayer}
        class="veo-player"
        tabIndex={0}
        aria-label="Video player"
        aria-keyshortcuts="Space K J L , . M F"
        onKeyDown={(event) => pressed(event, commands)}
      >
        <ClipStage {...parts} setVideo={setVideo} />
        <Controls {...parts} />
        <Remarks clip={clip} />
      </section>
      {clips.length > 1 ? (
        <Strip clips={clips} current={clip} onPick={(sample) => choose({ sample, wanted: playback.playing })} />
      ) : null}
      {children}
      <Details clip={clip} facts={facts}>
        {actions}
      </Details>
    </>
  );
}

/** @typedef {ReturnType<typeof usePlayerCommands>} Commands */

/**
 * What buttons and keys do. Before the clip is there, play means: as soon as it is.
 *
 * @param {HTMLVideoElement|null} video
 * @param {Clip} clip
 * @param {HTMLElement|null} player
 * @param {(change: Partial<Choice>) => void} choose
 */
function usePlayerCommands(video, clip, player, choose) {
  const direct = video ? commandsFor(video, clip, player) : null;
  const toggle = () => {
    choose({ wanted: video?.paused ?? true });
    if (video?.currentSrc) direct?.toggle(0);
  };
  const mute = () => video && choose({ muted: !video.muted });
  return { ...direct, toggle, mute };
}

/**
 * @param {KeyboardEvent} event
 * @param {Commands} commands
 */
function pressed(event, commands) {
  const found = keyCommand(event);
  if (!found) return;
  const [name, amount] = found;
  event.preventDefault();
  event.stopPropagation();
  commands[name]?.(amount);
}

/** @param {{clip: Clip}} props */
function Remarks({ clip }) {
  if (!clip.has_audio || canHear()) return null;
  return <div class="veo-remark">This viewer cannot play sound. The file has it: {clip.path}</div>;
}
