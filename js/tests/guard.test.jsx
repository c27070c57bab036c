import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { render } from "preact";
import { GuardedButton } from "../src/ui/guarded_button.jsx";

const pressed = vi.fn();
/** @type {HTMLElement} */
let root;

// One clock for all of them: the page remembers when the pointer did what.
beforeAll(() => void vi.useFakeTimers());
afterAll(() => void vi.useRealTimers());

beforeEach(async () => {
  await wait(5000);
  pressed.mockClear();
  root = document.body.appendChild(document.createElement("div"));
});

afterEach(() => {
  render(null, root);
  root.remove();
});

const at = (/** @type {Event} */ event) => {
  Object.defineProperty(event, "timeStamp", { value: performance.now() });
  return event;
};
const show = (offer = 0) => {
  render(
    <GuardedButton onPress={pressed} offer={offer}>
      Confirm
    </GuardedButton>,
    root,
  );
  return /** @type {HTMLButtonElement} */ (root.querySelector("button"));
};
const wait = (/** @type {number} */ ms) => vi.advanceTimersByTimeAsync(ms);
/** @type {{x: number, y: number}} */
let pointer = { x: 0, y: 0 };

/** @param {Element} target @param {string} name @param {number} [detail] @param {number} [movementX] */
function tell(target, name, detail = 0, movementX = 0) {
  const how = { bubbles: name !== "pointerenter", clientX: pointer.x, clientY: pointer.y, detail, button: 0, pointerType: "mouse" };
  const Kind = name === "click" ? MouseEvent : PointerEvent;
  target.dispatchEvent(at(Object.defineProperty(new Kind(name, how), "movementX", { value: movementX })));
}

/** @param {Element} target @param {number} x  what lies under the pointer there */
function moveTo(target, x) {
  const way = x - pointer.x;
  pointer = { x, y: 0 };
  tell(target, "pointerenter");
  tell(target, "pointermove", 0, way);
}

/** @param {Element} target @param {number} [detail] */
function click(target, detail = 1) {
  tell(target, "pointerdown");
  tell(target, "click", detail);
}

/** @param {Element} target @param {string} key @param {boolean} [repeat] */
function key(target, key, repeat = false) {
  const event = at(new KeyboardEvent("keydown", { key, repeat, bubbles: true, cancelable: true }));
  target.dispatchEvent(event);
  if (key === "Enter" && !event.defaultPrevented) tell(target, "click");
}

describe("a guarded button", () => {
  it("takes a click of a pointer that came to it", async () => {
    const button = show();
    await wait(700);
    moveTo(document.body, 0);
    await wait(300);
    moveTo(button, 200);
    click(button);
    expect(pressed).toHaveBeenCalledOnce();
  });

  it("waits again when somebody else has changed what it offers", async () => {
    const button = show(1);
    await wait(700);
    moveTo(document.body, 0);
    await wait(300);
    moveTo(button, 200);
    await wait(700);
    show(2);
    await wait(100);
    expect(button.getAttribute("aria-disabled")).toBe("true");
    click(button);
    await wait(700);
    expect(pressed).not.toHaveBeenCalled();
    expect(button.getAttribute("aria-disabled")).toBe("false");
    click(button);
    expect(pressed).toHaveBeenCalledOnce();
  });

  it.each([0, 120, 300, 480])("is deaf %i ms after it has come up, wherever the pointer comes from", async (ms) => {
    moveTo(document.body, 0);
    const button = show();
    await wait(ms);
    moveTo(button, 200);
    click(button);
    expect(pressed).not.toHaveBeenCalled();
    expect(button.getAttribute("aria-disabled")).toBe("true");
  });

  it("says when it listens", async () => {
    const button = show();
    await wait(1000);
    expect(button.getAttribute("aria-disabled")).toBe("false");
  });

  it("is deaf when it has just moved under a pointer that rests", async () => {
    const button = show();
    await wait(1000);
    moveTo(document.body, 200);
    await wait(1000);
    // The browser tells of the change as of a movement, which leads nowhere.
    moveTo(button, 200);
    await wait(120);
    click(button);
    expect(pressed).not.toHaveBeenCalled();
    await wait(600);
    click(button);
    expect(pressed).toHaveBeenCalledOnce();
  });

  it("is deaf to the second half of a double click, however late it comes", async () => {
    const button = show();
    await wait(1000);
    moveTo(document.body, 0);
    await wait(300);
    moveTo(button, 200);
    click(button);
    await wait(900);
    click(button, 2);
    expect(pressed).toHaveBeenCalledOnce();
  });

  it("is deaf to one press after the other at the same spot", async () => {
    const button = show();
    await wait(1000);
    moveTo(document.body, 0);
    await wait(300);
    moveTo(button, 200);
    for (let n = 0; n < 6; n++) {
      click(button);
      await wait(300);
    }
    expect(pressed).toHaveBeenCalledOnce();
  });

  it("is deaf to a click whose press began elsewhere", async () => {
    const button = show();
    await wait(1000);
    moveTo(button, 200);
    tell(button, "click", 1);
    expect(pressed).not.toHaveBeenCalled();
  });

  it("is deaf to a key that is held, or pressed as the focus arrives", async () => {
    const button = show();
    await wait(1000);
    key(document.body, "Enter");
    button.dispatchEvent(at(new FocusEvent("focus")));
    key(button, "Enter", true);
    key(button, "Enter");
    expect(pressed).not.toHaveBeenCalled();
    await wait(600);
    key(button, "Enter");
    key(button, "Enter");
    expect(pressed).toHaveBeenCalledOnce();
  });

  it("takes a key after Tab, and a click of a screen reader", async () => {
    const button = show();
    await wait(120);
    key(document.body, "Tab");
    button.dispatchEvent(at(new FocusEvent("focus")));
    key(button, "Enter");
    expect(pressed).toHaveBeenCalledOnce();
    button.click();
    expect(pressed).toHaveBeenCalledTimes(2);
  });
});
