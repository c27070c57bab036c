/**
 * The form's builder. Its code comes when it is first opened, and is drawn by the Preact of the form that opens it.
 */
import { BuilderPanel } from "./form/builder.jsx";
import { lend } from "./kernel/lent.js";

/** @param {Parameters<typeof lend>[0]} preact */
export default function builder(preact) {
  lend(preact);
  return BuilderPanel;
}
