/**
 * Search and filters.
 *
 * @import { Filters, Model } from "./types.js"
 */
import { useState } from "preact/hooks";
import { useTrait } from "../kernel/hooks.js";
import { Button } from "../ui/button.jsx";
import { Icon, IconButton } from "../ui/icons.jsx";
import { SearchField } from "./search_field.jsx";

/** @type {[string, string][]} */
const STATES = [
  ["", "Any state"],
  ["succeeded", "Done"],
  ["open", "In progress"],
  ["filtered", "Withheld"],
  ["failed", "Failed"],
  ["expired", "Expired"],
  ["unknown", "Not certain"],
];
/** @type {[string, string][]} */
const PRICES = [
  ["", "Any price"],
  ["free", "Free"],
  ["to1", "Up to $1"],
  ["to5", "$1 to $5"],
  ["more", "Over $5"],
];
/** @type {Partial<Filters>} */
const NONE = { state: "", model: "", day: "", since: "", price: "", notebook: "", starred: false, deleted: false };

const fileName = (/** @type {string} */ path) => path.split(/[\\/]/).pop() ?? path;

/** @param {{wire: Model, filters: Filters, change: (change: Partial<Filters>) => void, look: () => void}} props */
export function FilterBar({ wire, filters, change, look }) {
  /** @type {string[]} */
  const models = useTrait(wire, "models") ?? [];
  /** @type {string[]} */
  const notebooks = useTrait(wire, "notebooks") ?? [];
  const active = Object.keys(NONE).filter((name) => filters[/** @type {keyof Filters} */ (name)]).length;
  const [open, setOpen] = useState(active > 0);
  return (
    <div class="veo-lib-bar" role="search" aria-label="The library">
      <div class="veo-lib-find">
        <SearchField what="prompts" query={filters.query} change={change} />
        <Button aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name="parts" />
          Filters{active > 0 ? ` (${active})` : ""}
        </Button>
        <IconButton icon="star" label="Only starred" pressed={filters.starred} onClick={() => change({ starred: !filters.starred })} />
        <IconButton icon="again" label="Look again" onClick={look} />
      </div>
      {open && (
        <div class="veo-lib-filters">
          <Choice label="State" value={filters.state} choices={STATES} onPick={(state) => change({ state })} />
          <Choice label="Model" value={filters.model} choices={[["", "Any model"], ...named(models, filters.model)]} onPick={(model) => change({ model })} />
          <Choice label="Price" value={filters.price} choices={PRICES} onPick={(price) => change({ price })} />
          <Choice
            label="Notebook"
            value={filters.notebook}
            choices={[["", "Any notebook"], ...named(notebooks, filters.notebook)]}
            onPick={(notebook) => change({ notebook })}
          />
          <input type="date" aria-label="Day" value={filters.day} onChange={(event) => change({ day: event.currentTarget.value })} />
          {filters.since && (
            <Button onClick={() => change({ since: "" })} aria-label={`Since ${filters.since}: remove`}>
              since {filters.since.slice(0, 10)} <Icon name="close" />
            </Button>
          )}
          <Button class="veo-switch-button" aria-pressed={filters.deleted} onClick={() => change({ deleted: !filters.deleted })}>
            Deleted
          </Button>
          {active > 0 && (
            <Button class="veo-link" onClick={() => change(NONE)}>
              Clear filters
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

/**
 * @param {string[]} all
 * @param {string} given  by Python, which need not be among them
 * @returns {[string, string][]}
 */
const named = (all, given) => [...new Set([...all, ...(given ? [given] : [])])].map((one) => [one, fileName(one)]);

/** @param {{label: string, value: string, choices: [string, string][], onPick: (value: string) => void}} props */
function Choice({ label, value, choices, onPick }) {
  return (
    <select aria-label={label} value={value} onChange={(event) => onPick(event.currentTarget.value)}>
      {choices.map(([one, text]) => (
        <option key={one} value={one} selected={one === value}>
          {text}
        </option>
      ))}
    </select>
  );
}
