/**
 * One row opened: its clip with everything that a player has, or why there is none, and the whole prompt.
 *
 * @import { Model, OpenRow, Row } from "./types.js"
 */
import { useEffect, useRef } from "preact/hooks";
import { Chips } from "../clip/request.jsx";
import { LentPlayer } from "../job/lent_player.jsx";
import { onEscape } from "../kernel/keys.js";
import { IconButton } from "../ui/icons.jsx";
import { standingText } from "./row.jsx";

/** @param {{wire: Model, opened: OpenRow, star: (row: Row) => void, close: () => void}} props */
export function Opened({ wire, opened, star, close }) {
  const { label, job, starred, clips, prompt, model, settings, names, values, error } = opened;
  const panel = useRef(/** @type {HTMLElement|null} */ (null));
  useEffect(() => {
    // Where another view has opened it, the keyboard stays where it is.
    if (!panel.current?.parentElement?.contains(document.activeElement)) return;
    panel.current.focus({ preventScroll: true });
    panel.current.scrollIntoView?.({ block: "nearest" });
  }, []);
  return (
    <section ref={panel} class="veo-batch-open" aria-label={label} tabIndex={-1} onKeyDown={onEscape(close)}>
      <div class="veo-batch-bar">
        <strong>Row {opened.row + 1}</strong>
        <span class="veo-hint">{values.map((value, n) => `${names[n]} ${value}`).join(" · ")}</span>
        {job && <IconButton icon="star" label={`Star ${label}`} keys="s" pressed={starred} onClick={() => star(opened)} />}
        <IconButton icon="close" label="Close" keys="Esc" onClick={close} />
      </div>
      {clips.length > 0 ? (
        <LentPlayer wire={wire} clips={clips} />
      ) : (
        <>
          <div class="veo-body veo-batch-reason">
            <strong>{error?.title || standingText(opened)}</strong>
            {[error?.message, error?.remedy, error?.charged].map((text) => text && <p key={text}>{text}</p>)}
          </div>
          <div class="veo-body">
            <p class="veo-batch-whole" dir="auto">
              {prompt}
            </p>
            <Chips model={model} settings={settings} />
          </div>
        </>
      )}
    </section>
  );
}
