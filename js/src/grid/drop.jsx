/**
 * Jobs that are dragged onto the grid.
 *
 * @import { Wire } from "../kernel/types.js"
 */
import { useEffect, useState } from "preact/hooks";
import { claim } from "../kernel/events.js";
import { JOB_TYPE, listen, send } from "../kernel/protocol.js";
import { Refusal } from "../ui/refusal.jsx";

/** @param {Wire} wire */
export function useDrop(wire) {
  const [over, setOver] = useState(false);
  const [refusal, setRefusal] = useState("");
  useEffect(() => listen(wire, "refused", ({ command, message }) => command === "add" && setRefusal(message)), [wire]);
  const handle = (/** @type {DragEvent} */ event) => {
    const given = event.dataTransfer;
    if (!given?.types.includes(JOB_TYPE)) return;
    claim(event);
    const dropped = event.type === "drop";
    setOver(!dropped);
    // A page may read what is dragged only once it is dropped.
    if (dropped) {
      setRefusal("");
      send(wire, "add", { job: given.getData(JOB_TYPE) });
    }
  };
  return {
    over: { class: `veo-card veo-grid ${over ? "veo-dropping" : ""}`, onDragOver: handle, onDrop: handle, onDragLeave: () => setOver(false) },
    why: <Refusal refusal={refusal} onDismiss={() => setRefusal("")} />,
  };
}
