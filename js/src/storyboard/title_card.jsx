/**
 * The card of a title: its words on its colour, and how long they are shown.
 *
 * @import { Placed } from "./shot.jsx"
 * @import { TitleCard as Card } from "./types.js"
 */
import { Refusal } from "../ui/refusal.jsx";
import { Seconds, TextBox } from "./fields.jsx";
import { cardOf, PartMenu } from "./shot.jsx";

/** @param {Placed & {card: Card}} props */
export function TitleCard({ card, ...placed }) {
  const { order, edit, dragging, fault, onDismiss } = placed;
  const name = "the title card";
  const say = (/** @type {Record<string, unknown>} */ said, /** @type {(ok: boolean) => void} */ done = () => {}) => edit(card.id, { edit: "set_card", part: card.id, ...said }, done);
  return (
    <li {...cardOf(placed, card.id, `Title card, ${card.text}, ${card.seconds} seconds`)}>
      <div class="veo-shot-still veo-title-still" style={{ background: card.background, color: card.ink }} {...dragging.handle(card.id, placed.place)}>
        <span>{card.text}</span>
      </div>
      <div class="veo-shot-words">
        <div class="veo-shot-row">
          <strong>Title card</strong>
          <PartMenu {...placed} id={card.id} name={name} />
        </div>
        <TextBox label={`Words of ${name}`} value={card.text} faulty={fault !== ""} save={(text, done) => say({ text }, done)} leave={() => order.focus(card.id)} />
        <Refusal refusal={fault} onDismiss={onDismiss} />
        <div class="veo-shot-cut">
          <Seconds label={`Seconds of ${name}`} name="Seconds" seconds={card.seconds} edit={(seconds, done) => say({ seconds }, done)} />
          <label class="veo-pair">
            <span>Colour</span>
            <input type="color" aria-label={`Colour of ${name}`} value={card.background} onChange={(event) => say({ background: event.currentTarget.value })} />
          </label>
        </div>
      </div>
    </li>
  );
}
