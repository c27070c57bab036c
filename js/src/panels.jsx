/**
 * What of the form comes when it is first needed, and is drawn by the Preact of the form that asks for it: the builder, the
 * earlier prompts and the cast.
 */
import { BuilderPanel } from "./form/builder.jsx";
import { History } from "./form/history.jsx";
import { lend } from "./kernel/lent.js";
import { CastShelf } from "./ui/cast.jsx";

/** @param {Parameters<typeof lend>[0]} preact */
export default function panels(preact) {
  lend(preact);
  return [BuilderPanel, History, CastShelf];
}
