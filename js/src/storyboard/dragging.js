/** Cards that are dragged to another place, and jobs that are dropped between them. */
import { useRef, useState } from "preact/hooks";
import { claim } from "../kernel/events.js";
import { JOB_TYPE } from "../kernel/protocol.js";

const PART_TYPE = "veo/part";

/**
 * @param {(id: string, to: number) => void} move
 * @param {(job: string, place: number) => void} take
 */
export function useDragging(move, take) {
  // Of a part that is dragged within this board; one of another board is none of it.
  const dragged = useRef({ id: "", from: -1 });
  const [at, show] = useState(-1);
  // What is drawn is a moment late, and a quick hand drops before it.
  const aimed = useRef(-1);
  const aim = (/** @type {number} */ place) => {
    aimed.current = place;
    show(place);
  };
  const accepts = (/** @type {DragEvent} */ event) => dragged.current.id !== "" || (event.dataTransfer?.types.includes(JOB_TYPE) ?? false);
  const over = (/** @type {DragEvent} */ event, /** @type {number} */ place) => {
    if (!accepts(event)) return;
    claim(event);
    aim(place);
  };
  const end = () => {
    dragged.current = { id: "", from: -1 };
    aim(-1);
  };
  const drop = (/** @type {DragEvent} */ event) => {
    if (!accepts(event)) return;
    claim(event);
    const { id, from } = dragged.current;
    const to = aimed.current;
    // Taken out of its place, those behind it are one place earlier.
    if (id && to >= 0) move(id, to > from ? to - 1 : to);
    else if (!id && to >= 0) take(event.dataTransfer?.getData(JOB_TYPE) ?? "", to);
    end();
  };
  return {
    over: at >= 0,
    list: {
      // Between two cards it is where it was beside one of them.
      onDragOver: (/** @type {DragEvent & {currentTarget: HTMLElement}} */ event) => over(event, aimed.current >= 0 ? aimed.current : event.currentTarget.childElementCount),
      onDragLeave: (/** @type {DragEvent & {currentTarget: HTMLElement}} */ event) => {
        if (!event.currentTarget.contains(/** @type {Node|null} */ (event.relatedTarget))) aim(-1);
      },
      onDrop: drop,
    },
    /** @param {number} place */
    card: (place) => ({
      "data-drop": at === place ? "before" : at === place + 1 ? "after" : undefined,
      onDragOver: (/** @type {DragEvent & {currentTarget: HTMLElement}} */ event) => {
        const { left, width } = event.currentTarget.getBoundingClientRect();
        over(event, event.clientX < left + width / 2 ? place : place + 1);
      },
    }),
    /** @param {string} id @param {number} from */
    handle: (id, from) => ({
      draggable: true,
      onDragStart: (/** @type {DragEvent} */ event) => {
        event.stopPropagation();
        dragged.current = { id, from };
        event.dataTransfer?.setData(PART_TYPE, id);
      },
      onDragEnd: end,
    }),
  };
}

/** @typedef {ReturnType<typeof useDragging>} Dragging */
