/**
 * The builder, whose code is asked of the kernel when it is first opened: most forms never need it.
 *
 * @import { FormStore } from "./store.js"
 * @import { Wire } from "../kernel/types.js"
 */
import { Fragment, h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { listen, send } from "../kernel/protocol.js";

/** @type {import("preact").ComponentType<any>|undefined} */
let loaded;

/** @param {{store: FormStore, wire: Wire, onClose: () => void}} props */
export function Builder({ store, wire, onClose }) {
  const [, setReady] = useState(Boolean(loaded));
  useEffect(() => {
    if (loaded) return undefined;
    const stop = listen(wire, "builder", async ({ code }) => {
      loaded = (await store.program(code))({ Fragment, h, useEffect, useRef, useState });
      setReady(true);
    });
    send(wire, "builder");
    return stop;
  }, []);
  const Panel = loaded;
  return Panel ? <Panel store={store} onClose={onClose} /> : <div class="veo-builder veo-hint">Loading …</div>;
}
