/**
 * What else can be done with a clip.
 *
 * @import { Verb } from "../kernel/types.js"
 * @import { Parts } from "./clip_stage.jsx"
 * @import { Item } from "../ui/menu.jsx"
 */
import { useState } from "preact/hooks";
import { canFloat } from "./playback.js";
import { Menu } from "../ui/menu.jsx";
import { VERB } from "./sequels.jsx";

/** @param {Parts} props */
export function MoreMenu(props) {
  const [open, setOpen] = useState(false);
  const items = [...making(props), ...taking(props), ...showing(props)];
  return <Menu icon="more" label="More" open={open} onOpen={setOpen} items={items} />;
}

/**
 * @param {Parts} props
 * @returns {Item[]} what costs money, with its price
 */
function making({ clip, begin }) {
  const verbs = /** @type {Verb[]} */ (["extend", "edit"]);
  return verbs.flatMap((verb) => {
    const price = clip.offers?.[verb];
    return price ? [{ icon: verb, label: `${VERB[verb].button} …`, hint: price.text, onPick: () => begin(verb) }] : [];
  });
}

/**
 * @param {Parts} props
 * @returns {Item[]}
 */
function taking({ clip, source, copy, grabbing }) {
  /** @type {Item[]} */
  const items = source.url ? [{ icon: "download", label: "Download", download: { href: source.url, name: clip.name } }] : [];
  items.push({ icon: "copy", label: "Copy path", onPick: () => copy(clip.path, "The path") });
  if (clip.code) {
    const { python, magic } = clip.code;
    items.push({ icon: "edit", label: "Use these settings again", onPick: grabbing.reuse });
    items.push({ icon: "code", label: "Copy settings as %%veo", onPick: () => copy(magic, "The cell") });
    items.push({ icon: "code", label: "Copy settings as Python", onPick: () => copy(python, "The call") });
  }
  return items;
}

/**
 * @param {Parts} props
 * @returns {Item[]}
 */
function showing({ clip, choice, choose, commands }) {
  /** @type {Item[]} */
  const items = [{ icon: "loop", label: "Loop", checked: choice.loop, onPick: () => choose({ loop: !choice.loop }) }];
  if (clip.captions) items.push({ icon: "captions", label: "Captions", hint: "c", checked: choice.captions, onPick: commands.captions });
  if (canFloat()) items.push({ icon: "float", label: "Picture in picture", hint: "p", onPick: () => commands.window?.(0) });
  return items;
}
