/**
 * The clips of one job: picture, controls, a strip to choose from, and the details.
 *
 * @import { ComponentChildren } from "preact"
 * @import { Clip, Sequel, Settings, Verb, Wire } from "../kernel/types.js"
 * @import { Grabbing } from "./grabbing.jsx"
 * @import { ClipSources } from "../kernel/clip_sources.js"
 * @import { Shots } from "./shots.jsx"
 */
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { clipKey } from "../kernel/clip_sources.js";
import { toClipboard } from "../ui/clipboard.js";
import { claim } from "../kernel/events.js";
import { usePassing, useSeen, useSource, useTrait, useVisible } from "../kernel/hooks.js";
import { KEYS_TEXT, keyCommand } from "../kernel/keys.js";
import { unwatched, useSilent } from "../kernel/link.js";
import { canFloat, canHear, commandsFor, halt, usePlayback } from "./playback.js";
import { ClipStage } from "./clip_stage.jsx";
import { Controls } from "./controls.jsx";
import { Details } from "./details.jsx";
import { GrabWord, useGrabbing } from "./grabbing.jsx";
import { SequelForm, Sequels } from "./sequels.jsx";
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
 * @property {boolean} captions
 */

/** @type {Sequel[]} */
const NONE = [];

const prefersStill = () => globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;

/**
 * @param {Clip[]} clips
 * @param {boolean} autoStart
 * @returns {Choice}
 */
function firstChoice(clips, autoStart) {
  const start = autoStart && !prefersStill();
  return { sample: clips[0]?.sample ?? 0, wanted: start, loop: start, muted: start, volume: 1, rate: 1, captions: true };
}

/**
 * Keep the element as the viewer chose, also after the clip was changed under it.
 *
 * @param {HTMLVideoElement|null} video
 * @param {Choice} choice
 */
function useChoice(video, { loop, muted, volume, rate, captions }) {
  useEffect(() => {
    for (const track of video?.textTracks ?? []) track.mode = captions ? "showing" : "hidden";
  }, [video, captions]);
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
  useLayoutEffect(() => {
    if (seen) sources.open(clip);
  }, [seen, sources, clipKey(clip)]);
  useEffect(() => {
    if (!video || !seen || !choice.wanted || source.phase !== "ready") return;
    video.muted = choice.muted;
    video.play().catch(() => {});
  }, [video, seen, choice.wanted, source.phase, source.url]);
  return source;
}

/**
 * @param {{wire: Wire & {get: (name: any) => any}, sources: ClipSources, clips: Clip[], facts: Facts, autoStart: boolean,
 *   actions?: ComponentChildren, about?: (facts: Facts) => ComponentChildren,
 *   joinsIn?: (clip: Clip, video: HTMLVideoElement|null) => Shots|undefined}} props  joinsIn: where clips may be films
 */
export function Player({ wire, sources, clips: own, facts: common, autoStart, actions, about, joinsIn }) {
  /** @type {Sequel[]} */
  const told = useTrait(wire, "sequels") ?? NONE;
  const sequels = useSilent(wire) ? told.map(unwatched) : told;
  const clips = [...own, ...sequels.flatMap((sequel) => sequel.clips)];
  const [choice, setChoice] = useState(() => firstChoice(clips, autoStart));
  const [player, setPlayer] = useState(/** @type {HTMLElement|null} */ (null));
  const [video, setVideo] = useState(/** @type {HTMLVideoElement|null} */ (null));
  const [verb, setVerb] = useState(/** @type {Verb|null} */ (null));
  const choose = (/** @type {Partial<Choice>} */ change) => setChoice((before) => ({ ...before, ...change }));
  const clip = clips.find(({ sample }) => sample === choice.sample) ?? /** @type {Clip} */ (clips[0]);
  const source = useOpening(sources, clip, player, video, choice);
  const playback = usePlayback(video);
  useChoice(video, choice);
  const grabbing = useGrabbing(wire, clip, video);
  const commands = usePlayerCommands(video, clip, player, choice, choose, grabbing);
  usePause(video, player);
  const { copied, copy, say } = useCopying();
  const talking = {
    ...(canFloat() ? {} : { window: () => say("There is no picture in picture here; f fills the screen.") }),
    help: () => say(copied === KEYS_TEXT ? "" : KEYS_TEXT),
  };
  const joins = joinsIn?.(clip, video);
  const parts = { wire, sources, clip, source, video, playback, choice, choose, commands, grabbing, joins, begin: setVerb, copy };
  const facts = clip.facts ?? common;
  const price = verb && clip.offers?.[verb];
  const pick = (/** @type {number} */ sample) => choose({ sample, wanted: playback.playing });
  return (
    <>
      <section
        ref={setPlayer}
        class="veo-player"
        tabIndex={0}
        aria-label="Video player"
        aria-keyshortcuts="Space K J L ArrowLeft ArrowRight , . 0 1 2 3 4 5 6 7 8 9 Home End M F P G C ?"
        onKeyDown={(event) => joins?.pressed(event) || pressed(event, { ...commands, ...talking })}
      >
        <ClipStage {...parts} setVideo={setVideo} />
        <Controls {...parts} />
        <GrabWord grabbing={grabbing} />
        <div class={copied ? "veo-remark" : "veo-unseen"} role="status">
          {copied}
        </div>
        {video?.error ? null : <Remarks clip={clip} />}
      </section>
      {verb && price && <SequelForm key={verb} {...{ wire, clip, verb, price }} onClose={() => setVerb(null)} />}
      <Sequels sequels={sequels} onPick={pick} />
      {clips.length > 1 && <Strip clips={clips} current={clip} onPick={pick} />}
      {about?.(facts)}
      <Details clip={clip} facts={facts}>
        {actions}
      </Details>
    </>
  );
}

/**
 * A clip that was scrolled far away stops, unless it goes on in a window of its own.
 *
 * @param {HTMLVideoElement|null} video
 * @param {HTMLElement|null} player
 */
function usePause(video, player) {
  const near = useVisible(player);
  useEffect(() => {
    if (!near && video !== document.pictureInPictureElement) video?.pause();
  }, [near]);
}

/** @typedef {ReturnType<typeof usePlayerCommands>} Commands */

/** Copies a text and says so for a moment. */
function useCopying() {
  const [copied, setCopied] = usePassing((word) => (word === KEYS_TEXT ? 15_000 : 2400));
  const copy = async (/** @type {string} */ text, /** @type {string} */ what) => {
    setCopied((await toClipboard(text)) ? `${what} is on the clipboard.` : "The clipboard is not available here.");
  };
  return { copied, copy, say: setCopied };
}

/**
 * What buttons and keys do. Before the clip is there, play means: as soon as it is.
 *
 * @param {HTMLVideoElement|null} video
 * @param {Clip} clip
 * @param {HTMLElement|null} player
 * @param {Choice} choice
 * @param {(change: Partial<Choice>) => void} choose
 * @param {Grabbing} grabbing
 */
function usePlayerCommands(video, clip, player, choice, choose, grabbing) {
  const direct = video ? commandsFor(video, clip, player) : null;
  const toggle = () => {
    choose({ wanted: video?.paused ?? true });
    if (video?.currentSrc) direct?.toggle(0);
  };
  const mute = () => video && choose({ muted: !video.muted });
  const grab = () => {
    if (!video?.videoWidth) return;
    halt(video, clip);
    grabbing.setOpen(true);
  };
  const captions = () => choose({ captions: !choice.captions });
  return { ...direct, toggle, mute, grab, captions };
}

/**
 * @param {KeyboardEvent} event
 * @param {Commands & {help: () => void}} commands
 */
function pressed(event, commands) {
  const found = keyCommand(event);
  if (!found) return;
  const [name, amount] = found;
  claim(event);
  commands[name]?.(amount);
}

/** @param {{clip: Clip}} props */
function Remarks({ clip }) {
  return (
    <>
      {clip.captions_note ? <div class="veo-remark">{clip.captions_note}</div> : null}
      {clip.has_audio && !canHear() && <div class="veo-remark">This viewer cannot play sound. The file has it: {clip.path}</div>}
    </>
  );
}
