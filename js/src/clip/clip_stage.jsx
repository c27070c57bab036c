/**
 * The picture of a clip and what lies over it.
 *
 * @import { ComponentChildren } from "preact"
 * @import { Clip, Verb, Wire } from "../kernel/types.js"
 * @import { Grabbing } from "./grabbing.jsx"
 * @import { ClipSources, Source } from "../kernel/clip_sources.js"
 * @import { Choice, Commands } from "./player.jsx"
 * @import { usePlayback } from "./playback.js"
 * @import { Shots } from "./shots.jsx"
 */
import { useState } from "preact/hooks";
import { asksBy, clipKey } from "../kernel/clip_sources.js";
import { canHear, whyNot } from "./playback.js";
import { takePoster } from "./poster.js";
import { send } from "../kernel/protocol.js";
import { downloadText } from "../ui/words.js";
import { Bar } from "../ui/bar.jsx";
import { Button } from "../ui/button.jsx";
import { Icon } from "../ui/icons.jsx";
import { Stage } from "./stage.jsx";

/**
 * @typedef {object} Parts
 * @property {Wire} wire
 * @property {ClipSources} sources
 * @property {Clip} clip
 * @property {Source} source
 * @property {HTMLVideoElement|null} video
 * @property {ReturnType<typeof usePlayback>} playback
 * @property {Choice} choice
 * @property {(change: Partial<Choice>) => void} choose
 * @property {Commands} commands
 * @property {Grabbing} grabbing
 * @property {Shots|undefined} joins
 * @property {(verb: Verb) => void} begin  ask for what comes after the clip
 * @property {(text: string, what: string) => void} copy
 */

/**
 * @param {Wire} wire
 * @param {ClipSources} sources
 * @param {Clip} clip
 * @param {HTMLVideoElement} video
 */
async function decoded(wire, sources, clip, video) {
  const still = clip.poster ? null : await takePoster(video);
  if ((await sources.checkClip(clip, video)) && still && sources.claimPoster(clip)) send(wire, "poster", { sample: clip.sample }, [still]);
}

/** @param {Parts & {setVideo: (video: HTMLVideoElement|null) => void}} props */
export function ClipStage(props) {
  const { wire, sources, clip, source, choice, commands, setVideo } = props;
  const [broken, setBroken] = useState({ key: "", why: "" });
  const key = clipKey(clip);
  /** @type {(event: {currentTarget: HTMLVideoElement}) => void} */
  const fails = ({ currentTarget: video }) => {
    // A bucket's address may end while the clip is played: the next one goes on from there.
    video.dataset.at = String(video.paused ? 0 : video.currentTime);
    if (source.url && !sources.fallBack(clip, source.url)) setBroken({ key, why: whyNot(video, clip) });
  };
  /** @type {(event: {currentTarget: HTMLVideoElement}) => void} */
  const goesOn = ({ currentTarget: video }) => {
    if (!Number(video.dataset.at)) return;
    video.currentTime = Number(video.dataset.at);
    video.dataset.at = "";
    video.play().catch(() => {});
  };
  const frame = (
    <video
      key={key}
      ref={setVideo}
      class="veo-video"
      {...asksBy(source)}
      src={source.url || undefined}
      poster={clip.poster || undefined}
      playsInline
      muted={choice.muted}
      preload={clip.poster && source.via !== "kernel" ? "metadata" : "auto"}
      aria-label={`Clip ${clip.sample + 1}: ${clip.name}`}
      onClick={commands.toggle}
      onDblClick={() => commands.fullscreen?.(0)}
      onLoadedMetadata={goesOn}
      // Where only the sound can be decoded, WebKit plays that and calls it no error.
      onLoadedData={(event) => (event.currentTarget.videoWidth ? decoded(wire, sources, clip, event.currentTarget) : fails(event))}
      onError={fails}
    >
      {clip.captions ? (
        <track
          kind="captions"
          label={clip.captions_language || "Captions"}
          srclang={clip.captions_language || undefined}
          src={`data:text/vtt;charset=utf-8,${encodeURIComponent(clip.captions)}`}
        />
      ) : null}
    </video>
  );
  return (
    <Stage shape={clip} kind="clip" backdrop={clip.poster} frame={frame}>
      {broken.key === key ? <Undecodable clip={clip} why={broken.why} /> : <Overlay {...props} />}
    </Stage>
  );
}

/**
 * What is said in the place of a picture.
 *
 * @param {{title: string, message: string, children: ComponentChildren}} props
 */
function Blocked({ title, message, children }) {
  return (
    <div class="veo-over veo-blocked" role="alert">
      <div class="veo-title">{title}</div>
      <p class="veo-message">{message}</p>
      {children}
    </div>
  );
}

/** @param {{clip: Clip, why: string}} props */
export function Undecodable({ clip, why }) {
  return (
    <Blocked title="This browser cannot play the clip" message={`${why} The clip is saved, whole and checked; a video player opens it:`}>
      <code>{clip.path}</code>
    </Blocked>
  );
}

/** @param {Parts} props */
function Overlay({ sources, clip, source, playback, choice, choose, commands }) {
  if (source.phase === "failed" || source.silent) {
    return <Stuck source={source} onRetry={() => sources.retry(clip)} />;
  }
  const silentStart = playback.playing && choice.muted && clip.has_audio && canHear();
  return (
    <>
      {source.phase === "pulling" && <Arriving source={source} />}
      {playback.waiting && <div class="veo-over veo-spinner" aria-hidden="true" />}
      {playback.playing || choice.wanted ? null : (
        <Button class="veo-big-play" aria-label="Play" title="Play (k)" onClick={commands.toggle}>
          <Icon name="play" />
        </Button>
      )}
      {silentStart && (
        <Button class="veo-unmute" onClick={() => choose({ muted: false })}>
          <Icon name="muted" />
          Turn sound on
        </Button>
      )}
    </>
  );
}

/** @param {{source: Source}} props */
export function Arriving({ source }) {
  const share = source.total > 0 ? source.received / source.total : 0;
  return <Bar class="veo-arriving" share={share} label="Loading the clip" title={downloadText(source)} />;
}

/** @param {{source: Source, onRetry: () => void}} props */
export function Stuck({ source, onRetry }) {
  const failed = source.phase === "failed";
  return (
    <Blocked
      title={failed ? "The clip could not be loaded" : "The kernel has not answered yet"}
      message={failed ? source.message : "It may be busy with a cell. The clip appears when it answers."}
    >
      <Button onClick={onRetry}>
        <Icon name="again" />
        Ask again
      </Button>
    </Blocked>
  );
}
