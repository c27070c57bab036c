/**
 * Clips side by side, with one time line for all of them.
 *
 * @import { Cell, Column, GridClip, Mark, Total, Wire } from "../kernel/types.js"
 * @import { ClipSources } from "../kernel/clip_sources.js"
 * @import { LinkedPlayback } from "./linked.js"
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { useMarks, useTrait } from "../kernel/hooks.js";
import { unwatched, useSilent } from "../kernel/link.js";
import { ordered, titles } from "./order.js";
import { useSeats } from "./seats.js";
import { useDrop } from "./drop.jsx";
import { GridCell } from "./cell.jsx";
import { Drafts, Render, Sort } from "./bars.jsx";
import { gridKey } from "./keys.js";
import { MarkButtons } from "../clip/mark_buttons.jsx";
import { Button } from "../ui/button.jsx";
import { Icon } from "../ui/icons.jsx";
import { Player } from "../clip/player.jsx";
import { GridTakes, takesOf } from "../job/takes.jsx";
import { Transport } from "./transport.jsx";

/** @typedef {Wire & {get: (name: any) => any}} Model */

/** @param {{wire: Model, sources: ClipSources, linked: LinkedPlayback}} props */
export function GridCard({ wire, sources, linked }) {
  /** @type {Cell[]} */
  const told = useTrait(wire, "cells") ?? [];
  const silent = useSilent(wire);
  const all = silent ? told.map((cell) => ({ ...cell, job: unwatched(cell.job) })) : told;
  /** @type {Record<string, GridClip>} */
  const clips = useTrait(wire, "clips") ?? {};
  /** @type {Column[]} */
  const columns = useTrait(wire, "columns") ?? [];
  /** @type {Total|null} */
  const total = useTrait(wire, "total") ?? null;
  const { marks, mark } = useMarks(wire);
  const [by, setBy] = useState("");
  const [opened, setOpened] = useState(/** @type {number|null} */ (null));
  const [help, setHelp] = useState(false);
  const [heard, setHeard] = useState(/** @type {number|null} */ (null));
  const [current, setCurrent] = useState(0);
  const card = useReturn(opened, current);
  const seats = useSeats();
  const { over, why } = useDrop(wire);
  const { take, pick } = useTake(all);
  const cells = all.filter((cell) => (cell.take ?? 0) === take);
  const there = cells.flatMap(({ sample }) => clips[sample] ?? []);
  linked.measure(there);
  if (cells.length === 0) return <article class="veo-card veo-empty">Nothing to compare yet.</article>;
  const names = titles(cells, columns);
  const shown = ordered(cells, by, marks);
  const big = opened === null ? undefined : clips[opened];
  const open = (/** @type {number} */ sample) => {
    linked.pause();
    setCurrent(sample);
    setOpened(sample);
  };
  const hear = (/** @type {number} */ sample) => setHeard(heard === sample ? null : sample);
  const commands = { linked, mark, open, hear, marks, clips, help: () => setHelp(!help) };
  if (big) {
    return <Big {...{ wire, sources, mark }} clip={big} title={names.get(big.sample) ?? ""} marked={marks[big.sample] ?? ""} onBack={() => setOpened(null)} />;
  }
  return (
    <article ref={card} aria-label={`${cells.length} clips side by side`} onKeyDown={(event) => gridKey(event, commands)} {...over}>
      {why}
      {total && <Drafts wire={wire} total={total} />}
      <ul class={`veo-cells ${arrangement(cells)}`}>
        {shown.map((cell) => (
          <GridCell
            key={cell.sample}
            {...{ sources, linked, seats, cell, open, hear }}
            clip={clips[cell.sample]}
            title={names.get(cell.sample) ?? ""}
            marked={marks[cell.sample] ?? ""}
            mark={mark}
            muted={heard !== cell.sample}
            inOrder={current === cell.sample || (shown[0] === cell && !shown.some(({ sample }) => sample === current))}
            onFocus={() => {
              setCurrent(cell.sample);
              seats.settle();
            }}
          />
        ))}
      </ul>
      <GridTakes cells={all} clips={clips} shown={take} onPick={pick} />
      <div class="veo-grid-bar">
        {there.length > 0 && <Transport linked={linked} />}
        <div class="veo-grid-foot">
          <Sort columns={columns} by={by} onSort={setBy} />
          <Render wire={wire} cells={all} clips={clips} marks={marks} help={help} />
        </div>
      </div>
    </article>
  );
}

/**
 * The take that is shown: the newest, until another is picked, and again once there is a newer one.
 *
 * @param {Cell[]} cells
 */
function useTake(cells) {
  const newest = takesOf(cells).at(-1) ?? cells[0]?.take ?? 0;
  const [picked, setPicked] = useState({ newest, take: newest });
  return { take: picked.newest === newest ? picked.take : newest, pick: (/** @type {number} */ take) => setPicked({ newest, take }) };
}

/**
 * Back from one clip, the keyboard is where it was.
 *
 * @param {number|null} opened
 * @param {number} current
 */
function useReturn(opened, current) {
  const card = useRef(/** @type {HTMLElement|null} */ (null));
  const was = useRef(opened);
  useEffect(() => {
    if (was.current !== null && opened === null) {
      /** @type {HTMLElement|null|undefined} */ (card.current?.querySelector(`[data-sample="${current}"]`))?.focus();
    }
    was.current = opened;
  }, [opened]);
  return card;
}

/** @param {Cell[]} cells  two and four stand in two columns, as large as may be; clips that are higher than wide are narrow */
function arrangement(cells) {
  const tall = cells.filter(({ width, height }) => height > width).length * 2 > cells.length;
  if (tall) return "veo-cells-tall";
  return cells.length === 2 || cells.length === 4 ? "veo-cells-paired" : "";
}

/**
 * One clip of the grid by itself, with everything that a player has.
 *
 * @param {{wire: Model, sources: ClipSources, clip: GridClip, title: string, marked: Mark,
 *   mark: (sample: number, mark: Mark) => void, onBack: () => void}} props
 */
function Big({ wire, sources, clip, title, marked, mark, onBack }) {
  const back = useRef(/** @type {HTMLButtonElement|null} */ (null));
  useEffect(() => back.current?.focus(), []);
  return (
    <article
      class="veo-card veo-big"
      aria-label={title}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented) onBack();
      }}
    >
      <div class="veo-big-bar">
        <Button ref={back} onClick={onBack}>
          <Icon name="grid" />
          All clips
        </Button>
        <strong>{title}</strong>
        <MarkButtons {...{ marked, mark, title }} sample={clip.sample} />
      </div>
      <Player wire={wire} sources={sources} clips={[clip]} facts={clip.facts} autoStart={false} />
    </article>
  );
}
