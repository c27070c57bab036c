/**
 * A batch as a table: how far it is, what can be sent and at what price, its rows, and one of them opened.
 *
 * @import { Filters, Model, OpenRow, Row, Standing } from "./types.js"
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { useTrait } from "../kernel/hooks.js";
import { send } from "../kernel/protocol.js";
import { useFinds } from "../library/finds.js";
import { useWords } from "../library/words.js";
import { Refusal } from "../ui/refusal.jsx";
import { Head } from "./head.jsx";
import { Opened } from "./opened.jsx";
import { Search } from "./search.jsx";
import { useStills } from "./stills.js";
import { Table } from "./table.jsx";

const PAYING = ["run", "render", "sequel"];
/** @type {Filters} */
const ALL = { query: "", kind: "", starred: false, by: "", down: false };

/** @param {{wire: Model}} props */
export function BatchCard({ wire }) {
  /** @type {Standing} */
  const standing = useTrait(wire, "standing");
  /** @type {OpenRow} */
  const opened = useTrait(wire, "opened") ?? {};
  const [filters, setFilters] = useState(ALL);
  /** @type {import("../library/finds.js").Found<Row>} */
  const finds = useFinds(wire, filters);
  const stills = useStills(wire, finds.request);
  const { refusal, forget, word } = useWords(wire, PAYING);
  const kept = useRef({ top: 0, index: 0 });
  const card = useRef(/** @type {HTMLElement|null} */ (null));
  const tell = (/** @type {Parameters<typeof send>[1]} */ kind, /** @type {Record<string, unknown>} */ payload = {}) => {
    forget();
    send(wire, kind, payload);
  };
  const open = (/** @type {Row} */ { row }) => tell("row", { row, on: 1 });
  const star = (/** @type {Row} */ { job, starred }) => job && tell("star", { job, on: starred ? 0 : 1 });
  const change = (/** @type {Partial<Filters>} */ changes) => {
    kept.current = { top: 0, index: 0 };
    setFilters((before) => ({ ...before, ...changes }));
  };
  useReturn(card, opened.label);
  const { query, kind, starred } = filters;
  return (
    <article ref={card} class="veo-card veo-batch" aria-label={`Batch ${standing.name}`}>
      <Head {...{ wire, standing, tell }} />
      <Refusal refusal={refusal} onDismiss={forget} />
      <Search {...{ standing, filters, change }} />
      <Table
        // What was scrolled to and focused is of other rows.
        key={JSON.stringify(filters)}
        {...{ finds, stills, standing, filters, change, kept, open, star }}
        search={() => /** @type {HTMLElement|null|undefined} */ (card.current?.querySelector("input[type=search]"))?.focus()}
        opened={opened.row}
      />
      <p class={finds.count === 0 ? "veo-empty" : "veo-unseen"} role="status">
        {finds.count === 0 ? "No row fits." : query || kind || starred ? `${finds.count} rows` : ""}
      </p>
      {opened.label && <Opened key={opened.label} {...{ wire, opened, star }} close={() => tell("row", { row: 0, on: 0 })} />}
      <div class={word ? "veo-remark" : "veo-unseen"} role="status">
        {word}
      </div>
      <p class="veo-batch-foot veo-hint veo-keys">Enter opens a row · S stars it · / searches</p>
    </article>
  );
}

/**
 * Once a row is closed, the keyboard is on it again.
 *
 * @param {{current: HTMLElement|null}} card
 * @param {string|undefined} label  of the row that is open
 */
function useReturn(card, label) {
  const was = useRef(label);
  useEffect(() => {
    if (was.current && !label) /** @type {HTMLElement|null|undefined} */ (card.current?.querySelector(`[data-row="${was.current}"]`))?.focus();
    was.current = label;
  }, [label]);
}
