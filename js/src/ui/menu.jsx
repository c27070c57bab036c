/**
 * A button with a small menu over everything else, worked by keys as by pointer.
 *
 * @import { IconName } from "./icons.jsx"
 */
import { useEffect, useRef } from "preact/hooks";
import { useAnchored } from "./anchored.js";
import { Button } from "./button.jsx";
import { Icon, IconButton } from "./icons.jsx";

/**
 * @typedef {object} Item
 * @property {string} label
 * @property {IconName} icon
 * @property {string} [hint]  on the right: a key, or a price
 * @property {boolean} [checked]  makes it a switch
 * @property {() => void} [onPick]
 * @property {{href: string, name: string}} [download]  makes it a link
 */

const MARGIN = 4;

/**
 * Put the menu above its button, or below where there is more room, and inside the window.
 *
 * @param {HTMLElement} menu
 * @param {Element} button
 */
function place(menu, button) {
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const above = at.top - height - MARGIN;
  const top = above >= MARGIN ? above : Math.min(at.bottom + MARGIN, window.innerHeight - height - MARGIN);
  const room = window.innerWidth - width - MARGIN;
  const left = at.left <= room ? at.left : Math.min(at.right - width, room);
  Object.assign(menu.style, { top: `${Math.max(MARGIN, top)}px`, left: `${Math.max(MARGIN, left)}px` });
}

/**
 * @param {{icon: IconName, label: string, keys?: string, open: boolean, onOpen: (open: boolean) => void, items: Item[],
 *   class?: string, disabled?: boolean}} props
 */
export function Menu({ icon, label, keys = "", open, onOpen, items, class: extra = "", disabled = false }) {
  const frame = useRef(/** @type {HTMLSpanElement|null} */ (null));
  const opener = () => /** @type {HTMLElement|null} */ (frame.current?.querySelector(".veo-icon") ?? null);
  const close = (/** @type {boolean} */ back) => {
    onOpen(false);
    if (back) opener()?.focus();
  };
  return (
    <span ref={frame} class={`veo-menu-frame ${extra}`}>
      <IconButton
        icon={icon}
        label={label}
        keys={keys}
        menu={open}
        disabled={disabled}
        onClick={() => (open ? close(true) : onOpen(true))}
      />
      {open && <Items label={label} items={items} opener={opener} close={close} />}
    </span>
  );
}

/**
 * @param {{label: string, items: Item[], opener: () => Element|null, close: (back: boolean) => void}} props
 */
function Items({ label, items, opener, close }) {
  const menu = useRef(/** @type {HTMLDivElement|null} */ (null));
  const button = opener();
  const put = () => menu.current && button && place(menu.current, button);
  useEffect(() => {
    menu.current?.showPopover?.();
    put();
    /** @type {HTMLElement|null|undefined} */ (menu.current?.querySelector("[role^=menuitem]"))?.focus({ preventScroll: true });
  }, []);
  useAnchored(button, put, () => close(false));
  return (
    <div
      ref={menu}
      class="veo-menu"
      role="menu"
      aria-label={label}
      popover="manual"
      onKeyDown={(event) => step(event, close)}
      onFocusOut={(event) => {
        const next = /** @type {Node|null} */ (event.relatedTarget);
        if (!event.currentTarget.contains(next) && !opener()?.contains(next)) close(false);
      }}
    >
      {items.map((item) => (
        <Entry key={item.label} item={item} close={close} />
      ))}
    </div>
  );
}

/** @param {{item: Item, close: (back: boolean) => void}} props */
function Entry({ item, close }) {
  const inside = (
    <>
      <Icon name={item.checked ? "check" : item.icon} />
      <span>{item.label}</span>
      {item.hint ? <span class="veo-hint">{item.hint}</span> : null}
    </>
  );
  if (item.download) {
    return (
      <a class="veo-item" role="menuitem" tabIndex={-1} href={item.download.href} download={item.download.name} onClick={() => close(true)}>
        {inside}
      </a>
    );
  }
  const pick = () => {
    close(true);
    item.onPick?.();
  };
  const kind = item.checked === undefined ? { role: /** @type {const} */ ("menuitem") } : { role: /** @type {const} */ ("menuitemcheckbox"), "aria-checked": item.checked };
  return (
    <Button class="veo-item" tabIndex={-1} {...kind} onClick={pick}>
      {inside}
    </Button>
  );
}

/**
 * @param {KeyboardEvent & {currentTarget: HTMLElement}} event
 * @param {(back: boolean) => void} close
 */
function step(event, close) {
  const all = /** @type {HTMLElement[]} */ ([...event.currentTarget.querySelectorAll(".veo-item")]);
  const at = all.indexOf(/** @type {HTMLElement} */ (event.target));
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
  if (to !== undefined) all[to % all.length]?.focus();
  else if (event.key === "Escape" || event.key === "Tab") close(event.key === "Escape");
  else if (/^[1-9]$/.test(event.key)) all[Number(event.key) - 1]?.click();
  // Keys of the menu are neither the player's nor the notebook's.
  event.stopPropagation();
  if (to !== undefined || event.key === "Escape") event.preventDefault();
}
