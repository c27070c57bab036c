/** @import { Wire } from "../kernel/types.js" */
import { useEffect, useState } from "preact/hooks";
import { together } from "../kernel/events.js";
import { usePassing } from "../kernel/hooks.js";
import { listen } from "../kernel/protocol.js";

const STAYS_MS = 8000;

/**
 * What the kernel says.
 *
 * @param {Wire} wire
 * @param {string[]} [elsewhere]  commands whose buttons say themselves why they were refused
 */
export function useWords(wire, elsewhere = []) {
  const [refusal, setRefusal] = useState("");
  const [word, say] = usePassing(() => STAYS_MS);
  useEffect(() => together(listen(wire, "refused", ({ command, message }) => elsewhere.includes(command) || setRefusal(message)), listen(wire, "told", ({ message }) => say(message))), [wire]);
  return { refusal, forget: () => setRefusal(""), word, say };
}
