/**
 * A button for what costs money, or confirms that it may.
 *
 * @import { ComponentChildren, Ref } from "preact"
 */
import { useLayoutEffect, useState } from "preact/hooks";
import { follow, Guard, SETTLE_MS } from "./guard.js";

/**
 * Whether the control has been on screen for long enough, with what it offers now.
 *
 * @param {Guard} guard
 * @param {unknown} offer
 */
function useSettled(guard, offer) {
  const [settled, setSettled] = useState(false);
  useLayoutEffect(() => {
    const leave = follow();
    guard.shown(Infinity);
    setSettled(false);
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    let timer;
    // Not before it is drawn, which a page in the background puts off.
    const drawn = requestAnimationFrame(() => {
      guard.shown(performance.now());
      timer = setTimeout(() => setSettled(true), SETTLE_MS);
    });
    return () => {
      leave();
      cancelAnimationFrame(drawn);
      clearTimeout(timer);
    };
  }, [guard, offer]);
  return settled;
}

/**
 * Deaf to presses that nobody meant: see `Guard`.
 *
 * @param {{children: ComponentChildren, onPress: () => void, class?: string, title?: string, disabled?: boolean,
 *   resting?: boolean, button?: Ref<HTMLButtonElement>, shortcuts?: string, offer?: unknown}} props  resting: there, but
 *   nothing can be sent now; it keeps the focus. offer: changes when somebody else has changed what a press would send
 */
export function GuardedButton({ children, onPress, disabled = false, resting = false, button, shortcuts, offer, ...rest }) {
  const [guard] = useState(() => new Guard());
  const settled = useSettled(guard, offer);
  const over = (/** @type {PointerEvent} */ event) => guard.over(event);
  return (
    <button
      {...rest}
      ref={button ?? null}
      type="button"
      disabled={disabled}
      aria-disabled={!settled || resting}
      aria-keyshortcuts={shortcuts}
      onPointerEnter={over}
      onPointerMove={over}
      onPointerLeave={() => guard.out()}
      onPointerDown={(event) => guard.press(event)}
      onFocus={(event) => guard.focus(event)}
      onKeyDown={(event) => guard.keydown(event)}
      onClick={(event) => {
        if (guard.admits(event)) onPress();
      }}
    >
      {children}
    </button>
  );
}
