/**
 * A `<video>` as state: what it is doing, where it is, and what can be asked of it.
 *
 * @import { Clip } from "../kernel/types.js"
 * @import { KeyCommand } from "../kernel/keys.js"
 */
import { useEffect, useState } from "preact/hooks";
import { clamp } from "../ui/clamp.js";
import { onEvents } from "../kernel/events.js";
import { useRedraw } from "../kernel/redraw.js";

const EVENTS = "play pause ended waiting playing seeking seeked progress volumechange loadeddata error";

/**
 * What the element is doing now; the view is drawn again with each change except the passing of time.
 *
 * @param {HTMLVideoElement|null} video
 */
export function usePlayback(video) {
  const redraw = useRedraw();
  useEffect(() => {
    if (!video) return undefined;
    redraw();
    return onEvents(video, EVENTS, redraw);
  }, [video]);
  const playing = video !== null && !video.paused && !video.ended && !video.error;
  return { playing, waiting: playing && video.readyState < 3, loaded: (video?.videoWidth ?? 0) > 0 };
}

/**
 * The time that is written on the frame each element shows, where the browser tells; the element's clock runs ahead.
 *
 * @type {WeakMap<HTMLVideoElement, number>}
 */
const shown = new WeakMap();

/** @param {HTMLVideoElement} video  during a seek where it will be: keys come faster than frames */
export const timeShown = (video) => (video.seeking ? undefined : shown.get(video)) ?? video.currentTime;

/**
 * The number of the frame on screen.
 *
 * @param {HTMLVideoElement} video
 * @param {Clip} clip
 */
export const frameShown = (video, clip) => frameAt(timeShown(video), clip);

/**
 * Stop on the frame that shows. Firefox goes on by a frame or two when it is paused and does not tell of them; a seek to
 * where it is said to be brings picture and number together, and is done where no frame is told of even if the clock is there.
 *
 * @param {HTMLVideoElement} video
 * @param {Clip} clip
 */
export function halt(video, clip) {
  video.pause();
  const to = timeOf(frameShown(video, clip), clip);
  if (!video.requestVideoFrameCallback || Math.abs(video.currentTime - to) > 0.001) video.currentTime = to;
}

/**
 * Tell where the element is, in seconds, at every frame it shows (where the browser tells) and after every seek.
 *
 * @param {HTMLVideoElement} video
 * @param {(seconds: number) => void} tell
 * @returns {() => void} ends it
 */
export function onPosition(video, tell) {
  const read = (/** @type {Event|undefined} */ event) => {
    if (event?.type === "seeking") shown.delete(video);
    tell(timeShown(video));
  };
  const end = onEvents(video, "timeupdate seeking seeked loadedmetadata", read);
  let handle = 0;
  /** @type {(now?: number, about?: VideoFrameCallbackMetadata) => void} */
  const frame = (_now, about) => {
    if (about && !video.seeking) shown.set(video, about.mediaTime);
    read(undefined);
    handle = video.requestVideoFrameCallback(frame);
  };
  if ("requestVideoFrameCallback" in video) frame();
  else tell(0);
  return () => {
    end();
    video.cancelVideoFrameCallback?.(handle);
  };
}

/**
 * Where the element is; see `onPosition`.
 *
 * @param {HTMLVideoElement|null} video
 */
export function usePosition(video) {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => (video ? onPosition(video, setSeconds) : undefined), [video]);
  return seconds;
}

/** @param {number} frame @param {Pick<Clip, "fps"|"seconds">} clip  that may be too short to have it */
const within = (frame, { seconds, fps }) => clamp(frame, 0, Math.max(0, Math.round(seconds * fps) - 1));

/**
 * The number of the frame that shows at a time, counted from 0. The small addition outlives rounding in the file.
 *
 * @param {number} seconds
 * @param {Pick<Clip, "fps"|"seconds">} clip
 */
export function frameAt(seconds, clip) {
  return within(Math.floor(seconds * clip.fps + 0.01), clip);
}

/**
 * The middle of a frame, so that a seek lands in it whichever way the browser rounds.
 *
 * @param {number} frame
 * @param {Pick<Clip, "fps"|"seconds">} clip
 */
export function timeOf(frame, clip) {
  return (within(frame, clip) + 0.5) / clip.fps;
}

/**
 * The commands of keys and buttons on one element.
 *
 * @param {HTMLVideoElement} video
 * @param {Clip} clip
 * @param {HTMLElement|null} player  what goes full screen
 * @returns {Record<Exclude<KeyCommand, "grab"|"captions"|"help">, (amount: number) => void>}
 */
export function commandsFor(video, clip, player) {
  const length = Number.isFinite(video.duration) ? video.duration : clip.seconds;
  const seek = (/** @type {number} */ to) => (video.currentTime = clamp(to, 0, length));
  return {
    toggle: () => void (video.paused ? video.play().catch(() => {}) : halt(video, clip)),
    mute: () => void (video.muted = !video.muted),
    fullscreen: () => player && toggleFullscreen(player),
    window: () => toggleWindow(video),
    skip: (amount) => void seek(video.currentTime + amount),
    share: (amount) => void seek(amount * length),
    frame: (amount) => {
      video.pause();
      seek(timeOf(frameShown(video, clip) + amount, clip));
    },
  };
}

/** @param {HTMLElement} player */
export function toggleFullscreen(player) {
  const asked = player.matches(":fullscreen") ? document.exitFullscreen() : player.requestFullscreen();
  asked.catch(() => {});
}

/** @param {HTMLVideoElement} video  into a small window over all others, or back */
function toggleWindow(video) {
  const inside = document.pictureInPictureElement === video;
  const asked = inside ? document.exitPictureInPicture() : video.requestPictureInPicture?.();
  asked?.catch(() => {});
}

/** Whether this viewer can show a clip in a small window of its own. */
export const canFloat = () => document.pictureInPictureEnabled === true;

/**
 * Why an element could not play a clip.
 *
 * @param {HTMLVideoElement} video
 * @param {Pick<Clip, "mime">} clip
 */
export function whyNot(video, clip) {
  const decodes = video.canPlayType('video/mp4; codecs="avc1.640028"') !== "";
  if (clip.mime === "video/mp4" && !decodes) return "This viewer has no decoder for H.264 video.";
  return video.error?.code === 3 ? "Its pictures could not be decoded here." : "Files of this kind do not play here.";
}

/** Whether this viewer can play AAC; webviews of editors often cannot. */
export function canHear() {
  return document.createElement("audio").canPlayType('audio/mp4; codecs="mp4a.40.2"') !== "";
}
