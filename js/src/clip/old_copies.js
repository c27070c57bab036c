/**
 * What a notebook has saved of a job before it was taken up again. No kernel reaches the output of an earlier one, but the
 * page does: JupyterLab and Notebook hand the notebook out. Elsewhere the old output stays as it was.
 *
 * @import { Wire } from "../kernel/types.js"
 */

/** In the saved output of a job that had not ended, as in `saved.py`. */
const OPEN = "veo-open";

/** @param {{data?: Record<string, string|string[]>}} output */
const htmlOf = ({ data }) => [data?.["text/html"] ?? ""].flat().join("");

/**
 * Put the newest saved output of a job in the place of those in which it had not ended.
 *
 * @param {Wire} wire
 * @param {string} name  the class of its saved outputs
 * @returns {boolean} whether there is nothing left to do
 */
export function renewCopies(wire, name) {
  const cells = wire.widget_manager?.context?.model?.cells;
  // VS Code's manager has a notebook whose list of cells is none.
  const lists = [...(cells?.[Symbol.iterator] ? cells : [])].map(({ outputs }) => outputs).filter(Boolean);
  const found = lists.flatMap((outputs) => Array.from({ length: outputs.length }, (_, at) => ({ outputs, at, output: outputs.get(at).toJSON() })));
  const copies = found.filter(({ output }) => htmlOf(output).includes(`class="${name}"`));
  const old = copies.filter(({ output }) => htmlOf(output).includes(OPEN));
  const newest = copies.findLast((one) => !old.includes(one));
  if (newest) for (const { outputs, at } of old) outputs.set(at, newest.output);
  return old.length === 0 || newest !== undefined;
}
