/** The cast of the storyboard, which comes if there is one and is drawn by the Preact of the board that asks for it. */
import { lend } from "./kernel/lent.js";
import { BoardCast } from "./storyboard/cast.jsx";

/** @param {Parameters<typeof lend>[0]} preact */
export default function cast(preact) {
  lend(preact);
  return BoardCast;
}
