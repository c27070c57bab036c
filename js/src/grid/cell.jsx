/**
 * One place of the grid: a clip, one that is being made, one that was not made, or a draft.
 *
 * @import { Cell, GridClip, Mark, Progress } from "../kernel/types.js"
 * @import { ClipSources } from "../kernel/clip_sources.js"
 * @import { LinkedPlayback } from "./linked.js"
 * @import { Seats } from "./seats.js"
 */
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { asksBy, clipKey, empty } from "../kernel/clip_sources.js";
import { useSource, useVisible } from "../kernel/hooks.js";
import { cellWords } from "./order.js";
import { whyNot } from "../clip/playback.js";
import { position } from "../clip/progress.js";
import { clockText } from "../kernel/time.js";
import { isLive, problemTitle, stateText } from "../ui/words.js";
import { Bar } from "../ui/bar.jsx";
import { Icon, IconButton } from "../ui/icons.jsx";
import { MarkButtons } from "../clip/mark_buttons.jsx";
import { useElapsed } from "../clip/sequels.jsx";
import { Stage } from "../clip/stage.jsx";

/**
 * @param {{sources: ClipSources, linked: LinkedPlayback, seats: Seats, cell: Cell, clip: GridClip|undefined, title: string,
 *   marked: Mark, mark: (sample: number, mark: Mark) => void, muted: boolean, inOrder: boolean, onFocus: () => void,
 *   open: (sample: number) => void, hear: (sample: number) => void}} props
 */
export function GridCell({ sources, linked, seats, cell, clip, title, marked, mark, muted, inOrder, onFocus, open, hear }) {
  const [element, setElement] = useState(/** @type {HTMLElement|null} */ (null));
  const near = useVisible(element) && element;
  useEffect(() => (near ? seats.ask(near) : undefined), [near]);
  const { sample } = cell;
  return (
    <li
      ref={setElement}
      class={`veo-cell veo-cell-${marked}`}
      data-sample={sample}
      tabIndex={inOrder ? 0 : -1}
      aria-label={cellWords(cell, title, marked, clip !== undefined)}
      aria-keyshortcuts="S X Enter M Space K J L , . ArrowLeft ArrowRight ArrowUp ArrowDown Home End ?"
      onFocus={onFocus}
      onPointerEnter={seats.settle}
    >
      {clip ? (
        <Picture {...{ sources, linked, clip, muted, open, hear, title }} visible={seats.taken.includes(element)} />
      ) : (
        <Empty cell={cell} />
      )}
      <div class="veo-caption">
        <span class="veo-caption-title" title={title} dir="auto">
          {cell.made_from === null ? null : <Icon name="sparkle" />}
          {title}
        </span>
        <MarkButtons {...{ sample, title, marked, mark }} shown={clip !== undefined} />
      </div>
    </li>
  );
}

/**
 * @param {{sources: ClipSources, linked: LinkedPlayback, clip: GridClip, muted: boolean, visible: boolean, title: string,
 *   open: (sample: number) => void, hear: (sample: number) => void}} props
 */
function Picture({ sources, linked, clip, muted, visible, title, open, hear }) {
  const source = useSource(sources, clip);
  const [video, setVideo] = useState(/** @type {HTMLVideoElement|null} */ (null));
  const [broken, setBroken] = useState("");
  useEffect(() => (visible ? sources.hold(clip) : undefined), [sources, clipKey(clip), visible]);
  // An element that has left the page would go on to hold a decoder until it is collected.
  useLayoutEffect(() => () => video && empty(video), [video]);
  useEffect(() => (video && source.url ? linked.join(video, clip) : undefined), [linked, video, source.url]);
  const frame = (
    <>
      {clip.poster ? <img class="veo-video" src={clip.poster} alt="" /> : null}
      {visible && (
        <video
          ref={setVideo}
          class="veo-video"
          {...asksBy(source)}
          src={source.url || undefined}
          playsInline
          muted={muted}
          preload="auto"
          aria-label={clip.name}
          onClick={() => linked.toggle()}
          onDblClick={() => open(clip.sample)}
          onLoadedData={({ currentTarget: one }) => sources.checkClip(clip, one)}
          onError={({ currentTarget: one }) => source.url && !sources.fallBack(clip, source.url) && setBroken(`This browser cannot play it. ${whyNot(one, clip)}`)}
        />
      )}
    </>
  );
  const why = source.phase === "failed" ? source.message : broken;
  return (
    <Stage shape={clip} kind="clip" backdrop={clip.poster} frame={frame}>
      {why ? <div class="veo-over veo-cell-why">{why}</div> : null}
      <span class="veo-cell-tools">
        {clip.has_audio && (
          <IconButton icon={muted ? "muted" : "sound"} label={`${muted ? "Hear" : "Mute"} ${title}`} keys="m" onClick={() => hear(clip.sample)} />
        )}
        <IconButton icon="full" label={`Open ${title}`} keys="Enter" onClick={() => open(clip.sample)} />
      </span>
    </Stage>
  );
}

/** @param {{cell: Cell}} props */
function Empty({ cell }) {
  const { job, planned } = cell;
  if (job && isLive(job)) return <Making job={job} cell={cell} />;
  if (job) {
    const lost = job.state === "succeeded";
    return (
      <Stage shape={cell} kind={job.state}>
        <div class="veo-over veo-cell-why" title={job.error?.remedy ?? ""}>
          <strong>{lost ? "This clip was not delivered" : (job.error?.title ?? problemTitle(job.state))}</strong>
          {job.error && <span>{job.error.message}</span>}
        </div>
      </Stage>
    );
  }
  return (
    <Stage shape={cell} kind="planned">
      <div class="veo-over veo-hint">{planned?.text ?? ""}</div>
    </Stage>
  );
}

/** @param {{job: Progress, cell: Cell}} props */
function Making({ job, cell }) {
  const elapsed = useElapsed(job);
  return (
    <Stage shape={cell} kind={job.watching ? "waiting" : "resting"}>
      <div class="veo-over veo-status">
        <div class="veo-state">{stateText(job)}</div>
        <div class="veo-hint">{clockText(elapsed)}</div>
      </div>
      <Bar share={position(job, elapsed)} label="Estimated progress" />
    </Stage>
  );
}
