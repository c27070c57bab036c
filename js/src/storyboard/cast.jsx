/**
 * The cast on the board: a face writes into the prompt in which the cursor was last.
 *
 * @import { Character, Field } from "../ui/cast.jsx"
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { onEvents, together } from "../kernel/events.js";
import { CastShelf } from "../ui/cast.jsx";

/** @type {Field} */
const NONE = { current: null };

/** @param {{cast: Character[]}} props */
export function BoardCast({ cast }) {
  const shelf = useRef(/** @type {HTMLDivElement|null} */ (null));
  const [box, setBox] = useState(NONE);
  const [label, setLabel] = useState("");
  const within = (/** @type {FocusEvent} */ { relatedTarget }) => shelf.current?.contains(/** @type {Node|null} */ (relatedTarget)) ?? false;
  // What is typed in a prompt is given to the film when the prompt is left.
  const give = () => box.current?.dispatchEvent(new FocusEvent("blur"));
  useEffect(() => {
    const board = shelf.current?.closest(".veo-board");
    if (!board) return undefined;
    const point = (/** @type {any} */ target) => target?.name === "prompt" && setBox((box) => (box.current === target ? box : { current: target }));
    // The cast may come while somebody writes already.
    const { activeElement } = /** @type {Document|ShadowRoot} */ (board.getRootNode());
    if (board.contains(activeElement)) point(activeElement);
    return together(
      onEvents(board, "focusin", ({ target }) => point(target)),
      // To go to a face is not to leave the prompt: a new shot would be added without the name.
      onEvents(board, "blur", (event) => event.target.name === "prompt" && within(event) && event.stopPropagation(), { capture: true }),
    );
  }, []);
  // After each drawing of the board: a shot may have been moved, or removed.
  useEffect(() => {
    if (box.current && !box.current.isConnected) setBox(NONE);
    setLabel(box.current?.getAttribute("aria-label")?.toLowerCase() ?? "");
  });
  return (
    <div ref={shelf} onFocusOut={(event) => event.relatedTarget === box.current || within(event) || give()}>
      <CastShelf cast={cast} remarks={[]} box={box} onName={() => box.current?.closest("[data-part]") && give()} />
      <p class="veo-hint">{label ? `A face writes its name into the ${label}.` : "Click into a prompt, then on a face to write its name there."}</p>
    </div>
  );
}
