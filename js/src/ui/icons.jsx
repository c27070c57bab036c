/** Line drawings on a 24-unit grid, in the colour of the text. */
const PATHS = {
  play: "M8 5.5v13l10.5-6.5z",
  pause: "M8 5.5v13M16 5.5v13",
  back: "M17 6v12l-8-6zM6.5 6v12",
  forward: "M7 6v12l8-6zM17.5 6v12",
  before: "M12.5 6.5v11L6 12zM20 6.5v11L13.5 12zM3.5 6v12",
  after: "M11.5 6.5v11l6.5-5.5zM4 6.5v11l6.5-5.5zM20.5 6v12",
  sound: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.5 4.5 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
  muted: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5",
  loop: "M4 11V9.5A3.5 3.5 0 0 1 7.5 6H20M17 3l3 3-3 3M20 13v1.5a3.5 3.5 0 0 1-3.5 3.5H4M7 21l-3-3 3-3",
  full: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  camera: "M4 8.5h3.5l1.5-2.5h6l1.5 2.5H20v10.5H4zM12 10.2a3.3 3.3 0 1 1 0 6.6 3.3 3.3 0 0 1 0-6.6z",
  more: "M5.5 12h.1M12 12h.1M18.5 12h.1",
  float: "M4 5.5h16v6M4 5.5v13h7M13.5 14.5H20v4h-6.5z",
  captions: "M4 5.5h16v13H4zM7 12h3M7 15.3h6M13 12h4M16 15.3h1",
  code: "M8.5 7L4 12l4.5 5M15.5 7l4.5 5-4.5 5",
  extend: "M4 6.5h8v11H4zM15 12h6M18 9v6",
  edit: "M5 19l1-4L16 5l3 3L9 18zM14 7l3 3",
  first: "M5 5v14M9 7h11v10H9z",
  last: "M19 5v14M4 7h11v10H4z",
  image: "M4 5.5h16v13H4zM4 16l5-5 4 4 2.5-2.5L20 17M15.5 9.2v.1",
  star: "M12 4l2.4 5 5.6.7-4.1 3.8 1.1 5.5-5-2.8-5 2.8 1.1-5.5L4 9.7 9.6 9z",
  grid: "M4 4.5h7v6.5H4zM13 4.5h7v6.5h-7zM4 13h7v6.5H4zM13 13h7v6.5h-7z",
  sparkle: "M12 4l1.8 5.2L19 11l-5.2 1.8L12 18l-1.8-5.2L5 11l5.2-1.8z",
  download: "M12 4v11M7.5 10.5L12 15l4.5-4.5M5 20h14",
  copy: "M9 9h10v11H9zM5 15V4h10",
  check: "M5 12.5l4.5 4.5L19 7.5",
  close: "M6 6l12 12M18 6L6 18",
  again: "M19.5 12a7.5 7.5 0 1 1-2.2-5.3M20 3.5v4h-4",
  revert: "M8.5 5L4.5 9l4 4M4.5 9H14a5 5 0 0 1 0 10h-4",
  chevron: "M6 9.5l6 6 6-6",
  plus: "M12 5v14M5 12h14",
  dice: "M4 4h16v16H4zM8.2 8.2h.1M15.8 8.2h.1M12 12h.1M8.2 15.8h.1M15.8 15.8h.1",
  parts: "M4 6h7M15 6h5M4 12h4M12 12h8M4 18h9M17 18h3",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  unlock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 6.8-1.2",
  search: "M11 5a6 6 0 1 1 0 12 6 6 0 0 1 0-12zM15.5 15.5L20 20",
  warning: "M12 7.5v5.5M12 16.5v.1M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18z",
  shield: "M12 3l7.5 3v5.5c0 4.5-3 7.8-7.5 9.5-4.5-1.7-7.5-5-7.5-9.5V6zM8.5 12h7",
  question: "M9.2 9.2a2.8 2.8 0 1 1 4.2 2.5c-.9.5-1.4 1.1-1.4 2.1M12 17v.1M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18z",
  clock: "M12 7v5l3.5 2M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18z",
};

/** @typedef {keyof typeof PATHS} IconName */

/** @param {{name: IconName}} props */
export function Icon({ name }) {
  return (
    <svg class={`veo-svg veo-svg-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** Puts a remark away. @param {{onClick: () => void}} props */
export const Dismiss = ({ onClick }) => <IconButton icon="close" label="Dismiss" onClick={onClick} />;

/**
 * A button that is only a picture; its label is also its tooltip.
 *
 * @param {{icon: IconName, label: string, keys?: string, onClick?: () => void, pressed?: boolean, menu?: boolean,
 *   disabled?: boolean, class?: string}} props
 */
export function IconButton({ icon, label, keys, onClick, pressed, menu, disabled = false, class: extra = "" }) {
  return (
    <button
      type="button"
      class={`veo-icon ${extra}`}
      aria-label={label}
      aria-pressed={pressed}
      aria-haspopup={menu === undefined ? undefined : "menu"}
      aria-expanded={menu}
      title={keys ? `${label} (${keys})` : label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
