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
  const [at, setAt] = useState(-1);
  const accepts = (/** @type {DragEvent} */ event) => dragged.current.id !== "" || (event.dataTransfer?.types.includes(JOB_TYPE) ?? false);
  const over = (/** @type {DragEvent} */ event, /** @type {number} */ place) => {
    if (!accepts(event)) return;
    claim(event);
    setAt(place);
  };
  const end = () => {
    dragged.current = { id: "", from: -1 };
    setAt(-1);
  };
  const drop = (/** @type {DragEvent} */ event) => {
    if (!accepts(event)) return;
    claim(event);
    const { id, from } = dragged.current;
    // Taken out of its place, those behind it are one place earlier.
    if (id && at >= 0) move(id, at > from ? at - 1 : at);
    else if (!id && at >= 0) take(event.dataTransfer?.getData(JOB_TYPE) ?? "", at);
    end();
  };
  return {
    over: at >= 0,
    list: {
      // Between two cards it is where it was beside one of them.
      onDragOver: (/** @type {DragEvent & {currentTarget: HTMLElement}} */ event) => over(event, at >= 0 ? at : event.currentTarget.childElementCount),
      onDragLeave: (/** @type {DragEvent & {currentTarget: HTMLElement}} */ event) => {
        if (!event.currentTarget.contains(/** @type {Node|null} */ (event.relatedTarget))) setAt(-1);
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
