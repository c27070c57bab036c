/**
 * The panels of the form, whose code is asked of the kernel when the first is needed: most forms never open one.
 *
 * @import { FormStore } from "./store.js"
 * @import { Wire } from "../kernel/types.js"
 */
import { Fragment, h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { listen, send } from "../kernel/protocol.js";

/** Their places in the code that comes. */
export const BUILDER = 0;
export const EARLIER = 1;
export const CAST = 2;
export const NONE = -1;

/** @type {import("preact").ComponentType<any>[]} */
let loaded = [];

/** @param {{which: number, store: FormStore, wire: Wire} & Record<string, any>} props */
export function Panel(props) {
  const { which, store, wire } = props;
  const [, setReady] = useState(false);
  useEffect(() => {
    if (loaded[0]) return undefined;
    const stop = listen(wire, "panels", async ({ code }) => {
      const found = await store.program(code);
      // Two panels may have asked; what one of them shows stays.
      loaded = loaded[0] ? loaded : found({ Fragment, h, useEffect, useRef, useState });
      setReady(true);
    });
    send(wire, "panels");
    return stop;
  }, []);
  const Shown = loaded[which];
  return Shown ? <Shown {...props} /> : <div class={`veo-hint veo-panel-${which}`}>Loading …</div>;
}
