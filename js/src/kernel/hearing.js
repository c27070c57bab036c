/**
 * What the kernel says to a widget that was long in loading. A model of anywidget (0.9.17 to 0.11) whose program was not
 * there within two seconds, as where a page has much to do, gives up on it: its views are drawn all the same, and every
 * message is dropped, those to come too.
 *
 * @import { Wire } from "./types.js"
 */
import { onModel } from "./events.js";

/** A trait of this page alone: what a view sets is never sent. */
const PROBE = "veo_probe";

/** @type {WeakSet<object>} */
const known = new WeakSet();

/**
 * Hear the kernel where anywidget has stopped to, and ask it for what was missed.
 *
 * @param {Wire} wire  of a view that is being drawn: by then it is known whether the program came in time
 */
export function hear(wire) {
  // The front end's own model is told to those that listen to its traits.
  const stop = onModel(wire, `change:${PROBE}`, mend);
  wire.set?.(PROBE, {});
  stop();
}

/** @param {any} model */
async function mend(model) {
  if (!model?.comm?.on_msg || known.has(model)) return;
  known.add(model);
  try {
    // It says nothing, and so is dropped or not without harm.
    await model._handle_comm_msg({ content: { data: {} } });
  } catch {
    const handle = handlerOfIpywidgets(model);
    model.comm.on_msg((/** @type {any} */ message) => handle.call(model, message));
    model.comm.send({ method: "request_state" });
  }
}

/** What handles a message where nothing is waited for. @param {any} model */
function handlerOfIpywidgets(model) {
  let handle;
  for (let one = model; one?._handle_comm_msg; one = Object.getPrototypeOf(one)) handle = one._handle_comm_msg;
  return handle;
}
