/**
 * One clip by itself, in the widget that plays clips.
 *
 * @import { Model, TakeClip } from "./types.js"
 */
import { useEffect, useRef } from "preact/hooks";
import { onEscape } from "../kernel/keys.js";
import { LentPlayer } from "../job/lent_player.jsx";
import { Icon } from "../ui/icons.jsx";

/** @param {{wire: Model, title: string, clip: TakeClip, onBack: () => void}} props */
export function Big({ wire, title, clip, onBack }) {
  const back = useRef(/** @type {HTMLButtonElement|null} */ (null));
  useEffect(() => back.current?.focus(), []);
  return (
    <article class="veo-card veo-board" aria-label={`A clip of ${title}`} onKeyDown={onEscape(onBack)}>
      <div class="veo-board-bar">
        <button ref={back} type="button" onClick={onBack}>
          <Icon name="grid" />
          Storyboard
        </button>
      </div>
      <LentPlayer wire={wire} clips={[clip]} />
    </article>
  );
}
